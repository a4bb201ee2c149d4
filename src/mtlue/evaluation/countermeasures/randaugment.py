"""RandAugment (Cubuk et al., NeurIPS 2020)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from mtlue.errors import check_least, check_most
from mtlue.evaluation.countermeasures.base import Countermeasure, Needs
from mtlue.evaluation.countermeasures.library_draws import each_image
from mtlue.evaluation.countermeasures.photometric import fitting
from mtlue.registry import Settings

if TYPE_CHECKING:
    from torch import Generator, Tensor

    from mtlue.data import Batch
    from mtlue.models import MultiTaskModel

BINS = 31
"""Strengths that torchvision knows."""


@dataclass(frozen=True)
class RandAugmentSettings(Settings):
    """How much is changed; the defaults are torchvision's.

    Args:
        operations: for each image, drawn with replacement, 1 to 16.
        magnitude: of all of them, 0 to 30.
    """

    operations: int = 2
    magnitude: int = 9

    def __post_init__(self) -> None:
        check_least(self, operations=1, magnitude=0)
        check_most(self, operations=16, magnitude=BINS - 1)


class RandAugment(Countermeasure):
    """A few random operations of one strength on every image: geometry, colours, tone curves, sharpness.

    Where a task has labels per pixel, only operations that move no pixel are drawn.
    """

    Settings = RandAugmentSettings
    settings: RandAugmentSettings
    needs: ClassVar[Needs] = "compute"
    reference: ClassVar[str] = "Cubuk et al., NeurIPS 2020"

    def disturb(self, model: MultiTaskModel, batch: Batch, generator: Generator) -> Tensor:
        from torchvision.transforms import v2

        chosen = self.settings
        transform = fitting(v2.RandAugment, model.tasks)(chosen.operations, chosen.magnitude, num_magnitude_bins=BINS)
        return each_image(transform, batch.images, generator)
