"""Fractal noise ("plasma"): what :mod:`kornia` makes with the diamond-square algorithm, without the dependency."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Generator, Tensor


def plasma(shape: tuple[int, int, int, int], roughness: Tensor, generator: Generator) -> Tensor:
    """Fractal noise by midpoint displacement: grids of 2, 3, 5, 9, ... points per side, drawn from -1..1, are
    interpolated bilinearly and added, each ``roughness`` times as strong as the coarser one before it.

    Args:
        shape: (B, C, h, w); every image and channel gets noise of its own.
        roughness: [B], 0..1.
        generator: all randomness comes from it; on the device of the result.

    Returns:
        float [B, C, h, w], from 0 to 1 in each image and channel.
    """
    import torch
    from torch.nn.functional import interpolate

    total, scale = torch.zeros(shape, device=generator.device), torch.ones(shape[0], 1, 1, 1, device=generator.device)
    for points in _points(max(shape[2:])):
        drawn = torch.rand((*shape[:2], points, points), generator=generator, device=generator.device) * 2 - 1
        total += scale * interpolate(drawn, shape[2:], mode="bilinear", align_corners=True)
        scale = scale * roughness[:, None, None, None]
    low, high = total.amin((2, 3), keepdim=True), total.amax((2, 3), keepdim=True)
    return (total - low) / (high - low).clamp(min=1e-6)


def _points(side: int) -> list[int]:
    """Points per side of each grid: up to about as many as an image has pixels.

    >>> _points(32)
    [2, 3, 5, 9, 17, 33]
    """
    points = [2]
    while points[-1] < side:
        points.append(2 * points[-1] - 1)
    return points
