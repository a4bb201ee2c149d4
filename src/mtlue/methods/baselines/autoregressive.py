"""AR, autoregressive perturbations (Sandoval-Segura et al., NeurIPS 2022): class patterns that filters generate."""

from typing import ClassVar

import torch
from torch import Generator, Tensor

from mtlue.errors import InputError
from mtlue.methods.baselines.classwise import ClassWise
from mtlue.seeds import stream as random_stream

WINDOW = 3
NEIGHBOURS = WINDOW * WINDOW - 1
"""A pixel is a fixed linear combination of the eight that stand before it in its 3x3 window."""
RMS = 3.0
"""Root mean square of a pattern, as a share of epsilon, before it is cut at epsilon: most values reach it.

The original's L2 norm of 1 on 32x32x3 values is 0.58 of epsilon = 8/255, and misleads the small learners little.
"""
_TRIED = 64
"""Filters that are drawn at once."""
_ROUNDS = 50
_TEST_SIDE = 48
LEAST_ENERGY = 0.1
"""Mean square, as a share of epsilon squared, that each half of a pattern has where it is larger than was tested."""
_STEADY = (0.2, 5.0)
"""Share of its first rows' energy that a usable process has in its last rows: it neither dies away nor explodes."""


class Autoregressive(ClassWise):
    """Each class and channel is an autoregressive process of its own.

    The original starts a process anew for each image; here every image of a class gets the same realisation.
    """

    stream: ClassVar[str] = "autoregressive"

    def patterns(self, classes: int, shape: tuple[int, int, int], seed: int) -> Tensor:
        channels, height, width = shape
        return even_patterns(classes * channels, height, width, random_stream(seed)).reshape(classes, *shape)


def even_patterns(count: int, height: int, width: int, generator: Generator) -> Tensor:
    """Patterns [count, height, width] in -1..1, none of which leaves half of an image almost unchanged.

    Raises:
        InputError: no such process was drawn, which images of ordinary sizes never see.
    """
    patterns = _patterns(count, height, width, generator)
    for _ in range(_ROUNDS):
        uneven = (~_is_even(patterns)).nonzero().flatten()
        if not len(uneven):
            return patterns
        patterns[uneven] = _patterns(len(uneven), height, width, generator)
    raise InputError(f"no autoregressive process stays of one size over {height}x{width} pixels: use smaller images")


def _patterns(count: int, height: int, width: int, generator: Generator) -> Tensor:
    values = unroll(steady_filters(count, generator), height, width, generator)
    scaled = values * (RMS / values.square().mean(dim=(1, 2), keepdim=True).sqrt().clamp_min(1e-12))
    return scaled.clamp(-1, 1)


def _is_even(patterns: Tensor) -> Tensor:
    """[S] bool: which patterns are finite, with enough energy in the upper, lower, left and right half each.

    What :func:`steady_filters` accepts may still grow slowly, which shows over more pixels than it looks at.
    """
    height, width = patterns.shape[1:]
    if max(height, width) <= _TEST_SIDE:
        return torch.ones(len(patterns), dtype=torch.bool)
    energy, rows, columns = patterns.square(), height // 2, width // 2
    halves = (energy[:, : height - rows], energy[:, rows:], energy[:, :, : width - columns], energy[:, :, columns:])
    least = torch.stack([half.mean(dim=(1, 2)) for half in halves]).amin(0)
    return least >= LEAST_ENERGY  # false where it is no number


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
    """``count`` filters [count, 8] of sum 1 whose processes stay of one size, drawn at random."""
    found: list[Tensor] = []
    for _ in range(_ROUNDS):
        drawn = torch.randn(_TRIED, NEIGHBOURS, generator=generator)
        drawn = drawn / drawn.sum(1, keepdim=True)
        field = unroll(drawn, _TEST_SIDE, _TEST_SIDE, generator)
        energy = field[:, -8:].std(dim=(1, 2)) / field[:, :8].std(dim=(1, 2))
        found += drawn[(energy > _STEADY[0]) & (energy < _STEADY[1])]
        if len(found) >= count:
            break
    return torch.stack(found[:count])
