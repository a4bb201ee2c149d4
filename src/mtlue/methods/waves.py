"""Patterns of pure high frequency: square waves down times square waves across, in a colour."""

import itertools
import math
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

PERIOD = 16
"""Every wave repeats after so many pixels: frequencies are multiples of 1/16."""
HIGHEST = PERIOD // 2
"""A pixel on, a pixel off."""


def wave(frequency: int) -> Tensor:
    """A square wave of ``frequency`` / 16, one period: [16] of -1 and 1. A mirrored or shifted one is of the same."""
    places = torch.arange(PERIOD) + 0.25  # where no cosine is 0
    cosine = torch.cos(2 * math.pi * frequency * places / PERIOD)
    return torch.where(cosine > 0, 1.0, -1.0)


def grating(down: int, across: int) -> Tensor:
    """[16, 16] of -1 and 1, of two frequencies; the pixels of a row have the same phase, as those of a column."""
    return torch.outer(wave(down), wave(across))


def gratings(frequencies: Sequence[int]) -> Tensor:
    """Every pair of frequencies but (0, 0): [N, 16, 16]."""
    return torch.stack([grating(*pair) for pair in itertools.product(frequencies, repeat=2) if any(pair)])


def coloured(patterns: Tensor, colours: Sequence[Sequence[float]]) -> Tensor:
    """Each pattern [N, 16, 16] in each colour [C]: [N * colours, C, 16, 16] of -1, 0 and 1."""
    return torch.einsum("nhw,kc->nkchw", patterns, torch.tensor(colours)).flatten(0, 1)


def shifted(patterns: Tensor, seed: int) -> Tensor:
    """Each pattern [N, C, 16, 16] from a place of its own on."""
    draw = torch.Generator().manual_seed(seed)
    places = torch.randint(PERIOD, (len(patterns), 2), generator=draw).tolist()
    return torch.stack([its.roll(place, (-2, -1)) for its, place in zip(patterns, places, strict=True)])


def energy(images: Tensor, patterns: Tensor) -> Tensor:
    """Mean square of what squares of images [N, C, H, W] hold of each pattern [M, C, 16, 16]: [M]."""
    pad = [max(0, PERIOD - side) for side in images.shape[-2:]]
    padded = F.pad(images, (0, pad[1], 0, pad[0]))
    return F.conv2d(padded, patterns.to(images), stride=PERIOD // 2).square().mean((0, 2, 3))


def painted(places: Tensor, patterns: Tensor, size: tuple[int, int]) -> Tensor:
    """Every pixel in the pattern that is named for it.

    Args:
        places: number of a pattern, int64 [B, H, W] or [B, 1, 1].
        patterns: [M, C, 16, 16].
        size: (H, W).

    Returns:
        [B, C, H, W].
    """
    rows, columns = (torch.arange(side, device=places.device) % PERIOD for side in size)
    pixels = places * PERIOD**2 + rows[:, None] * PERIOD + columns
    table = patterns.to(places.device).flatten(2).transpose(1, 2).flatten(0, 1)
    return F.embedding(pixels, table).permute(0, 3, 1, 2)
