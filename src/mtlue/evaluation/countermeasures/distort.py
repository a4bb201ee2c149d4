"""The strong augmentation of orthogonal projection's public code (Sandoval-Segura et al., NeurIPS 2023)."""

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
class DistortSettings(Settings):
    """How much at most; the defaults are the code's.

    Args:
        degrees: of rotation and of shear, 0 to 90, in either direction.
        zoom: by which an image grows or shrinks, a share of 0 to 0.9.
        colours: by which brightness, contrast and saturation change, a share of 0 to 1.
    """

    degrees: float = 10.0
    zoom: float = 0.2
    colours: float = 0.2

    def __post_init__(self) -> None:
        check_least(self, degrees=0, zoom=0, colours=0)
        check_most(self, degrees=90, zoom=0.9, colours=1)


class Distort(Countermeasure):
    """Rotate, shear, zoom and recolour each image at random. Crops and mirroring are the learner's pipeline's.

    Where a task has labels per pixel, only colours change.
    """

    Settings = DistortSettings
    settings: DistortSettings
    needs: ClassVar[Needs] = "compute"
    reference: ClassVar[str] = "Sandoval-Segura et al., NeurIPS 2023"

    def disturb(self, model: MultiTaskModel, batch: Batch, generator: Generator) -> Tensor:
        from torchvision.transforms import v2

        chosen = self.settings
        transforms: list[v2.Transform] = [v2.ColorJitter(chosen.colours, chosen.colours, chosen.colours)]
        if not labels_pixels(model.tasks):
            zoom = (1 - chosen.zoom, 1 + chosen.zoom)
            transforms.insert(0, v2.RandomAffine(chosen.degrees, scale=zoom, shear=chosen.degrees))
        return each_image(v2.Compose(transforms), batch.images, generator)
