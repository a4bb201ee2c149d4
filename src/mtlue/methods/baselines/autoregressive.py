"""AR, autoregressive perturbations (Sandoval-Segura et al., NeurIPS 2022): class patterns that filters generate."""

from typing import ClassVar

import torch
from torch import Generator, Tensor

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
_STEADY = (0.2, 5.0)
"""Share of its first rows' energy that a usable process has in its last rows: it neither dies away nor explodes."""


class Autoregressive(ClassWise):
    """Each class and channel is an autoregressive process of its own.

    The original starts a process anew for each image; here every image of a class gets the same realisation.
    """

    stream: ClassVar[str] = "autoregressive"

    def patterns(self, classes: int, shape: tuple[int, int, int], seed: int) -> Tensor:
        channels, height, width = shape
        generator = random_stream(seed)
        filters = steady_filters(classes * channels, generator)
        values = unroll(filters, height, width, generator)
        scaled = values * (RMS / values.square().mean(dim=(1, 2), keepdim=True).sqrt().clamp_min(1e-12))
        return scaled.reshape(classes, channels, height, width).clamp(-1, 1)


def unroll(filters: Tensor, height: int, width: int, generator: Generator) -> Tensor:
    """Run processes over an image from a normal start in the first two rows and columns.

    Args:
        filters: coefficients [S, 8], in reading order of the window without its last place.

    Returns:
        [S, height, width]: the start is cut off.
    """
    start = WINDOW - 1
    field = torch.randn(len(filters), height + start, width + start, generator=generator)
    for row in range(start, height + start):
        for column in range(start, width + start):
            window = field[:, row - start : row + 1, column - start : column + 1].flatten(1)
            field[:, row, column] = (window[:, :NEIGHBOURS] * filters).sum(1)
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
