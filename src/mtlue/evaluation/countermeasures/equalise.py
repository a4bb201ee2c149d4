"""Histogram equalisation of each channel (DUNE, ICML 2026)."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from mtlue.evaluation.countermeasures.base import Countermeasure

if TYPE_CHECKING:
    from torch import Tensor

    from mtlue.data import Batch


class Equalise(Countermeasure):
    """Spread the levels of every image's channels evenly over 0..255."""

    reference: ClassVar[str] = "DUNE, ICML 2026"

    def prepare(self, batch: Batch) -> Tensor:
        from torchvision.transforms.v2.functional import equalize

        equalised: Tensor = equalize(batch.images)
        return equalised
