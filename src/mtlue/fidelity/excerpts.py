"""What of a large image is measured, so that photos of any size take no more time and memory than smaller ones."""

import math

import torch
from torch import Tensor

LARGEST = 512 * 512
"""Pixels up to which an image is measured whole."""
TILE = 128
"""Side of the tiles of larger ones: so large that few windows of SSIM cross from one tile into the next."""


def excerpt(image: Tensor) -> Tensor:
    """The image, or evenly spaced tiles of a large one, put together.

    Args:
        image: [C, H, W].

    Returns:
        [C, h, w], of hardly more than :data:`LARGEST` pixels.
    """
    sides = image.shape[1:]
    if math.prod(sides) <= LARGEST:
        return image
    short, long = sorted((1, 2), key=lambda axis: image.shape[axis])
    part = image.index_select(short, _bands(min(sides), math.isqrt(LARGEST * min(sides) // max(sides))))
    return part.index_select(long, _bands(max(sides), LARGEST // part.shape[short]))


def _bands(side: int, kept: int) -> Tensor:
    """Positions along a side: evenly spaced bands, as many as fit into ``kept`` positions, one at least."""
    width = min(TILE, side)
    count = max(1, min(kept, side) // width)
    gap = (side - count * width) / (count + 1)
    starts = (torch.arange(1, count + 1) * gap + torch.arange(count) * width).long()
    return (starts[:, None] + torch.arange(width)).flatten()
