"""Bilateral filter (Tomasi and Manduchi, ICCV 1998)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, ClassVar

from mtlue.bounds import LEVELS
from mtlue.errors import check_least, check_most
from mtlue.evaluation.countermeasures.base import Countermeasure
from mtlue.evaluation.countermeasures.windows import WindowSettings

if TYPE_CHECKING:
    from torch import Tensor

    from mtlue.data import Batch


@dataclass(frozen=True)
class BilateralSettings(WindowSettings):
    """The filter. AdverseCleaner, which takes protections off pictures, has a space and a colour of 8 and 64 passes.

    Args:
        size: side of the window in pixels, odd, 3 to 31.
        space: standard deviation of distances, in pixels.
        colour: standard deviation of colours, in levels of 1/255.
        passes: how often it is applied.
    """

    size: int = 5
    space: float = 2.0
    colour: float = 25.0
    passes: int = 1

    def __post_init__(self) -> None:
        super().__post_init__()
        check_least(self, space=0.01, colour=0.01, passes=1)
        check_most(self, space=1000, colour=LEVELS, passes=1000)

    def offsets(self) -> Iterator[tuple[int, int]]:
        """Rows and columns from the middle of the window."""
        steps = range(-(self.size // 2), self.size // 2 + 1)
        return product(steps, steps)


class Bilateral(Countermeasure):
    """Average every pixel with those around it that have a similar colour: edges stay, fine patterns go.

    A neighbour's weight is exp(-d^2 / (2 space^2) - c^2 / (2 colour^2)), for a distance of d pixels and a Euclidean
    difference of colour of c levels. The border is repeated outwards.
    """

    Settings = BilateralSettings
    settings: BilateralSettings
    reference: ClassVar[str] = "Tomasi and Manduchi, ICCV 1998"

    def prepare(self, batch: Batch) -> Tensor:
        from mtlue.evaluation.countermeasures.pixels import as_pixels

        levels = batch.images.float()
        for _ in range(self.settings.passes):
            levels = self._filtered(levels)
        return as_pixels(levels)

    def _filtered(self, levels: Tensor) -> Tensor:
        import torch
        from torch.nn.functional import pad

        reach = self.settings.size // 2
        wider = pad(levels, [reach] * 4, mode="replicate")
        height, width = levels.shape[2:]
        total, weights = torch.zeros_like(levels), torch.zeros_like(levels[:, :1])
        for row, column in self.settings.offsets():
            moved = wider[:, :, reach + row : reach + row + height, reach + column : reach + column + width]
            near = (row**2 + column**2) / (2 * self.settings.space**2)
            weight = (-(moved - levels).square().sum(1, keepdim=True) / (2 * self.settings.colour**2) - near).exp()
            total += weight * moved
            weights += weight
        return total / weights
