"""AR, autoregressive perturbations (Sandoval-Segura et al., NeurIPS 2022): class patterns that filters generate."""

from typing import ClassVar

import torch
from torch import Generator, Tensor

from mtlue.errors import InputError
from mtlue.methods.baselines.classwise import ClassWise
from mtlue.methods.baselines.settings import AutoregressiveSettings
from mtlue.seeds import stream as random_stream

WINDOW = 3
NEIGHBOURS = WINDOW * WINDOW - 1
"""A pixel is a fixed linear combination of the eight that precede it in its 3x3 window."""
_TRIED = 64
"""Filters that are drawn at once."""
_ROUNDS = 50
_TEST_SIDE = 48
LEAST_ENERGY = 0.1
"""Mean square of each half of a pattern that is larger than was tested, as a share of epsilon squared; less for a scale
below 1."""
_STEADY = (0.2, 5.0)
"""Share of its first rows' energy that a usable process has in its last rows: it neither dies away nor explodes."""


class Autoregressive(ClassWise):
    """Each class and channel is an autoregressive process of its own.

    The original starts a new realisation of the process for each image; here every image of a class gets the same one.
    """

    Settings = AutoregressiveSettings
    settings: AutoregressiveSettings
    stream: ClassVar[str] = "autoregressive"

    def patterns(self, classes: int, shape: tuple[int, int, int], seed: int) -> Tensor:
        channels, height, width = shape
        drawn = even_patterns(classes * channels, height, width, self.settings.scale, random_stream(seed))
        return drawn.reshape(classes, *shape)


class AutoregressivePatches(Autoregressive):
    """AR, a cell of the image for each task."""

    form = "patch"


class AutoregressiveAverage(Autoregressive):
    """AR, the mean of the tasks' patterns."""

    form = "average"


def even_patterns(count: int, height: int, width: int, scale: float, generator: Generator) -> Tensor:
    """Patterns [count, height, width] in -1..1, none of which leaves half of an image almost unchanged.

    Args:
        count: patterns.
        height, width: of each, in pixels.
        scale: root mean square of a pattern before it is cut at 1.
        generator: of all that is random.

    Raises:
        InputError: no such process was drawn, which does not happen for images of ordinary sizes.
    """
    patterns = _patterns(count, height, width, scale, generator)
    for _ in range(_ROUNDS):
        uneven = (~_is_even(patterns, LEAST_ENERGY * min(1.0, scale**2))).nonzero().flatten()
        if not len(uneven):
            return patterns
        patterns[uneven] = _patterns(len(uneven), height, width, scale, generator)
    raise InputError(f"no autoregressive process keeps its magnitude over {height}x{width} pixels: use smaller images")


def _patterns(count: int, height: int, width: int, scale: float, generator: Generator) -> Tensor:
    values = unroll(steady_filters(count, generator), height, width, generator)
    scaled = values * (scale / values.square().mean(dim=(1, 2), keepdim=True).sqrt().clamp_min(1e-12))
    return scaled.clamp(-1, 1)


def _is_even(patterns: Tensor, least: float) -> Tensor:
    """[S] bool: which patterns are finite, with a mean square of ``least`` in the upper, lower, left and right half.

    What :func:`steady_filters` accepts may still grow slowly, which shows over more pixels than it looks at.
    """
    height, width = patterns.shape[1:]
    if max(height, width) <= _TEST_SIDE:
        return torch.ones(len(patterns), dtype=torch.bool)
    energy, rows, columns = patterns.square(), height // 2, width // 2
    halves = (energy[:, : height - rows], energy[:, rows:], energy[:, :, : width - columns], energy[:, :, columns:])
    lowest = torch.stack([half.mean(dim=(1, 2)) for half in halves]).amin(0)
    return lowest >= least  # false for NaN


def unroll(filters: Tensor, height: int, width: int, generator: Generator) -> Tensor:
    """Run processes over an image from a normal start in the first two rows and columns.

    Args:
        filters: coefficients [S, 8], in reading order of the window without its last place.

    Returns:
        [S, height, width]: the start is cut off.
    """
    start = WINDOW - 1
    field = torch.randn(len(filters), height + start, width + start, generator=generator)
    down, right = (torch.arange(NEIGHBOURS) // WINDOW), (torch.arange(NEIGHBOURS) % WINDOW)
    for diagonal in range(height + width - 1):  # its pixels depend on those of earlier ones alone
        rows = torch.arange(max(0, diagonal - width + 1), min(diagonal, height - 1) + 1)
        columns = diagonal - rows
        windows = field[:, rows[:, None] + down, columns[:, None] + right]
        field[:, rows + start, columns + start] = (windows * filters[:, None]).sum(2)
    return field[:, start:, start:]


def steady_filters(count: int, generator: Generator) -> Tensor:
    """``count`` filters [count, 8] of sum 1 whose processes keep their magnitude, drawn at random."""
    steady: list[Tensor] = []
    while len(steady) < count:
        drawn = torch.randn(_TRIED, NEIGHBOURS, generator=generator)
        drawn = drawn / drawn.sum(1, keepdim=True)
        field = unroll(drawn, _TEST_SIDE, _TEST_SIDE, generator)
        energy = field[:, -8:].std(dim=(1, 2)) / field[:, :8].std(dim=(1, 2))
        steady += drawn[(energy > _STEADY[0]) & (energy < _STEADY[1])]
    return torch.stack(steady[:count])
