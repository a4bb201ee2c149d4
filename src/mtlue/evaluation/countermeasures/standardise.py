"""Standardisation of each image's channels (DUNE, ICML 2026)."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from mtlue.bounds import LEVELS
from mtlue.evaluation.countermeasures.base import Countermeasure

if TYPE_CHECKING:
    from torch import Tensor

    from mtlue.data import Batch

_FLAT = 1e-6
"""A spread, in levels, below which there is nothing to stretch."""


class Standardise(Countermeasure):
    """Give the channels of every image one mean and one standard deviation, and stretch the image to 0..255."""

    reference: ClassVar[str] = "DUNE, ICML 2026"

    def prepare(self, batch: Batch) -> Tensor:
        from mtlue.evaluation.countermeasures.pixels import as_pixels

        levels = batch.images.double()
        standard = levels if levels.shape[1] == 1 else _standardised(levels)
        lowest, highest = standard.amin((1, 2, 3), keepdim=True), standard.amax((1, 2, 3), keepdim=True)
        return as_pixels((standard - lowest) / (highest - lowest).clamp(min=_FLAT) * LEVELS)


def _standardised(levels: Tensor) -> Tensor:
    """Mean 0 and standard deviation 1 in each channel that is not flat.

    Of one channel the stretch undoes both, but for what is rounded, which in PyTorch differs between one grey image and
    several.
    """
    spread = levels.std((2, 3), correction=0, keepdim=True)
    return (levels - levels.mean((2, 3), keepdim=True)) / spread.masked_fill(spread < _FLAT, 1)
