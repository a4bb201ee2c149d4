"""Augmentation as strong as contrastive learning's (Wang et al., NeurIPS 2024: AUE and AAP)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from mtlue.errors import check_least, check_most
from mtlue.evaluation.countermeasures.base import Countermeasure, Needs
from mtlue.evaluation.countermeasures.library_draws import each_image
from mtlue.evaluation.countermeasures.photometric import labels_pixels
from mtlue.registry import Settings

if TYPE_CHECKING:
    from torch import Generator, Tensor

    from mtlue.data import Batch
    from mtlue.models import MultiTaskModel


@dataclass(frozen=True)
class ContrastiveSettings(Settings):
    """How strong it is.

    Args:
        strength: s, 0 to 1: crops of at least 1 - 0.9 s of the area, jitter of 0.4 s (hue: 0.1 s) with probability
            0.8 s, grey with probability 0.2 s.
        flip: mirror half of the images left to right, as the paper does; false leaves mirroring to the learner's
            pipeline, as it ruins tasks in which left is not right (digits).
    """

    strength: float = 1.0
    flip: bool = False

    def __post_init__(self) -> None:
        check_least(self, strength=0)
        check_most(self, strength=1)


class Contrastive(Countermeasure):
    """Random resized crops, colour jitter and grey, each image by itself.

    Where a task has labels per pixel, nothing is cropped or mirrored.
    """

    Settings = ContrastiveSettings
    settings: ContrastiveSettings
    needs: ClassVar[Needs] = "compute"
    reference: ClassVar[str] = "Wang et al., NeurIPS 2024"

    def disturb(self, model: MultiTaskModel, batch: Batch, generator: Generator) -> Tensor:
        from torchvision.transforms import v2

        from mtlue.networks.contrast import colours_of, crop_of

        height, width = batch.images.shape[2:]
        geometry: list[v2.Transform] = []
        if not labels_pixels(model.tasks):
            geometry.append(crop_of((height, width), self.settings.strength))
            if self.settings.flip:
                geometry.append(v2.RandomHorizontalFlip())
        return each_image(v2.Compose([*geometry, *colours_of(self.settings.strength)]), batch.images, generator)
