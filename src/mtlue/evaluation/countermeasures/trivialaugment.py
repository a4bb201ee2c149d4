"""TrivialAugment, wide (Müller and Hutter, ICCV 2021)."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from mtlue.evaluation.countermeasures.base import Countermeasure, Needs
from mtlue.evaluation.countermeasures.library_draws import each_image
from mtlue.evaluation.countermeasures.photometric import fitting

if TYPE_CHECKING:
    from torch import Generator, Tensor

    from mtlue.data import Batch
    from mtlue.models import MultiTaskModel


class TrivialAugment(Countermeasure):
    """One random operation of a random strength on every image, from torchvision's wide ranges.

    Where a task has labels per pixel, only operations that move no pixel are drawn.
    """

    needs: ClassVar[Needs] = "compute"
    reference: ClassVar[str] = "Müller and Hutter, ICCV 2021"

    def disturb(self, model: MultiTaskModel, batch: Batch, generator: Generator) -> Tensor:
        from torchvision.transforms import v2

        return each_image(fitting(v2.TrivialAugmentWide, model.tasks)(), batch.images, generator)
