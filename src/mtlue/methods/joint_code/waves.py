"""Patterns of pure high frequency: square waves down times square waves across, in a colour."""

import itertools
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

PERIOD = 4
"""Every pattern repeats after this many pixels, down and across."""
WAVES = ((1.0, 1.0, 1.0, 1.0), (1.0, 1.0, -1.0, -1.0), (1.0, -1.0, 1.0, -1.0))
"""Of frequency 0, 1/4 and 1/2. No shift and no mirror turns one into another."""


def gratings(waves: Sequence[int]) -> Tensor:
    """Every pair of those numbers of :data:`WAVES` but the constant: [N, 4, 4] of -1 and 1, finest first."""
    pairs = sorted(itertools.product(waves, repeat=2), key=sum, reverse=True)
    table = torch.tensor(WAVES)
    return torch.stack([torch.outer(table[down], table[across]) for down, across in pairs if down or across])


def in_colours(patterns: Tensor, colours: Sequence[Sequence[float]]) -> Tensor:
    """Each pattern [N, 4, 4] in each colour [C]: [N * colours, C, 4, 4]."""
    return torch.einsum("nhw,kc->nkchw", patterns, torch.tensor(colours)).flatten(0, 1)


def energy(images: Tensor, patterns: Tensor) -> Tensor:
    """Mean square of what 4x4 windows of images [N, C, H, W] hold of each pattern [M, C, 4, 4]: [M]."""
    return F.conv2d(images, patterns.to(images)).square().mean((0, 2, 3))


def paint(places: Tensor, patterns: Tensor) -> Tensor:
    """Every pixel in the pattern whose number it has.

    Args:
        places: number of a pattern, int64 [B, H, W].
        patterns: [M, C, 4, 4].

    Returns:
        [B, C, H, W].
    """
    rows, columns = (torch.arange(side, device=places.device) % PERIOD for side in places.shape[1:])
    pixels = places * PERIOD**2 + rows[:, None] * PERIOD + columns
    table = patterns.to(places.device).flatten(2).transpose(1, 2).flatten(0, 1)
    return F.embedding(pixels, table).permute(0, 3, 1, 2)


def turns(spacing: Tensor, length: int, start: int) -> Tensor:
    """A sign for each of ``length`` pixels that changes after every ``spacing`` of them; never where that is 0.

    Args:
        spacing: int64 [B].
        start: pixels that lie before the first.

    Returns:
        [B, length] of -1 and 1.
    """
    places = torch.arange(start, start + length, device=spacing.device)
    flipped = places // spacing.clamp(min=1)[:, None] % 2
    return torch.where(spacing[:, None] > 0, 1.0 - 2.0 * flipped, 1.0)
