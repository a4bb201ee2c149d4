"""LSP, linearly separable perturbations (Yu et al., KDD 2022): class patterns of flat squares."""

import math
from typing import ClassVar

import torch
from torch import Generator, Tensor

from mtlue.methods.baselines.classwise import ClassWise
from mtlue.methods.baselines.settings import LspSettings
from mtlue.seeds import stream as random_stream


class LinearlySeparable(ClassWise):
    """Each class is a corner of a hypercube: a sign for each square and channel, drawn at random, no two alike.

    The original draws a point for each image around its class's corner; here every image of a class gets the corner
    itself. Where squares give too few corners for the classes, they are halved.
    """

    Settings = LspSettings
    settings: LspSettings
    stream: ClassVar[str] = "linearly separable"

    def patterns(self, classes: int, shape: tuple[int, int, int], seed: int) -> Tensor:
        channels, height, width = shape
        side = self.settings.square
        while _corners(shape, side) < 4 * classes and side > 1:
            side //= 2
        generator = random_stream(seed)
        grid = (channels, math.ceil(height / side), math.ceil(width / side))
        signs = _distinct_signs(classes, math.prod(grid), generator).reshape(classes, *grid)
        large = signs.repeat_interleave(side, 2).repeat_interleave(side, 3)
        return large[:, :, :height, :width]


class LinearlySeparablePatches(LinearlySeparable):
    """LSP, a cell of the image for each task."""

    form = "patch"


class LinearlySeparableAverage(LinearlySeparable):
    """LSP, the mean of the tasks' patterns."""

    form = "average"


def _corners(shape: tuple[int, int, int], side: int) -> float:
    channels, height, width = shape
    bits = channels * math.ceil(height / side) * math.ceil(width / side)
    return math.inf if bits > 60 else 2.0**bits


def _distinct_signs(count: int, length: int, generator: Generator) -> Tensor:
    """``count`` different rows of ``length`` signs; rows repeat only where there are fewer corners than rows."""
    rows: list[Tensor] = []
    for _ in range(100 * count):
        if len(rows) == count:
            break
        row = torch.randint(2, (length,), generator=generator).float() * 2 - 1
        if not any(torch.equal(row, other) for other in rows):
            rows.append(row)
    return torch.stack([rows[i % len(rows)] for i in range(count)])
