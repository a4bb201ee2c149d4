"""Patterns of pure high frequency: square waves down times square waves across, in a colour."""

import itertools
import math
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor


def square_wave(period: int, length: int) -> Tensor:
    """1 for half of a period, then -1 for the other half, and so on: [length]. A period of 0 is 1 everywhere."""
    return 1.0 - 2.0 * (torch.arange(length) * 2 // period % 2) if period else torch.ones(length)


def gratings(periods: Sequence[int], tile: int | None = None) -> Tensor:
    """Every wave down times every wave across, or times none, finest first.

    No shift and no mirror turns one into another, nor into its negative.

    Args:
        periods: of the waves, in pixels, even and different.
        tile: side of a pattern, a multiple of all periods; the least one by default.

    Returns:
        [N, tile, tile] of -1 and 1.
    """
    tile = tile or math.lcm(*periods)
    table = [square_wave(period, tile) for period in (0, *sorted(periods, reverse=True))]
    pairs = sorted(itertools.product(range(len(table)), repeat=2), key=sum, reverse=True)
    return torch.stack([torch.outer(table[down], table[across]) for down, across in pairs if down or across])


def chessboard(period: int, tile: int) -> Tensor:
    """The wave of one period down times itself across, [tile, tile]."""
    return torch.outer(square_wave(period, tile), square_wave(period, tile))


def in_colours(patterns: Tensor, colours: Sequence[Sequence[float]]) -> Tensor:
    """Each pattern [N, h, w] in each colour [C]: [N * colours, C, h, w]."""
    return torch.einsum("nhw,kc->nkchw", patterns, torch.tensor(colours)).flatten(0, 1)


def energy(images: Tensor, patterns: Tensor) -> Tensor:
    """Mean square of what windows of images [N, C, H, W] hold of each pattern [M, C, h, w]: [M].

    Images that are smaller than a pattern are compared with the part of it that they have room for.
    """
    height, width = (min(sides) for sides in zip(images.shape[2:], patterns.shape[2:], strict=True))
    window = patterns[..., :height, :width].to(images)
    return F.conv2d(images, window).square().mean((0, 2, 3))


def paint(places: Tensor, patterns: Tensor) -> Tensor:
    """Every pixel in the pattern whose number it has.

    Args:
        places: number of a pattern, int64 [B, H, W].
        patterns: [M, C, h, w].

    Returns:
        [B, C, H, W].
    """
    height, width = patterns.shape[2:]
    rows, columns = (
        torch.arange(length, device=places.device) % side
        for length, side in zip(places.shape[1:], (height, width), strict=True)
    )
    pixels = (places * height + rows[:, None]) * width + columns
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
