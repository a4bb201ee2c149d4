"""A perturbation found at the working size, brought to an image's own size."""

import torch
import torch.nn.functional as F
from torch import Tensor

from mtlue.data.files.images import Box

ROUNDS = 5
"""Corrections of the enlarged perturbation; measured in benchmarks/native.py."""


def enlarge(delta: Tensor, size: tuple[int, int], box: Box, epsilon: float) -> Tensor:
    """Bring a perturbation to the size of the image that it was found for.

    Inside ``box`` it is what becomes ``delta`` again, as nearly as the epsilon-ball allows, when the image is brought
    back to the working size (plain enlarging would lose its fine detail there). Outside it goes on mirrored, so that
    the whole image is covered.

    Args:
        delta: [C, h, w], float, within ``epsilon``.
        size: (H, W) of the image.
        box: the part of the image that the working image shows: (left, top, right, bottom) in pixels.
        epsilon: bound, 0..1.

    Returns:
        [C, H, W], float, within ``epsilon``.
    """
    left, top, right, bottom = box
    inner = (max(round(bottom - top), 1), max(round(right - left), 1))
    if inner == tuple(delta.shape[-2:]) == tuple(size):
        return delta
    large = _refined(delta, inner, epsilon)
    rows = _mirrored(size[0], round(top), inner[0], delta.device)
    columns = _mirrored(size[1], round(left), inner[1], delta.device)
    return large[:, rows][:, :, columns]


def _refined(delta: Tensor, size: tuple[int, int], epsilon: float) -> Tensor:
    """Iterative back-projection: add what is still missing after shrinking, and stay within epsilon."""
    target = delta[None]
    small = target.shape[-2:]
    large = F.interpolate(target, size, mode="bilinear", align_corners=False)
    for _ in range(ROUNDS):
        missing = target - F.interpolate(large, small, mode="bilinear", align_corners=False, antialias=True)
        step = F.interpolate(missing, size, mode="bilinear", align_corners=False)
        large = (large + 2 * step).clamp(-epsilon, epsilon)
    return large[0]


def _mirrored(length: int, start: int, inner: int, device: torch.device) -> Tensor:
    """For each of ``length`` places its place in 0..inner-1, which begins at ``start`` and is mirrored at its ends."""
    place = (torch.arange(length, device=device) - start) % (2 * inner)
    return torch.where(place < inner, place, 2 * inner - 1 - place)
