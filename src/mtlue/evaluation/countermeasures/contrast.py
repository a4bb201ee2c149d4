"""Contrast, as photo editors have it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mtlue.errors import check_least, check_most
from mtlue.evaluation.countermeasures.base import Countermeasure
from mtlue.registry import Settings

if TYPE_CHECKING:
    from torch import Tensor

    from mtlue.data import Batch


@dataclass(frozen=True)
class ContrastSettings(Settings):
    """The curve.

    Args:
        factor: of distances to the image's mean luminance, 0 to 255.
    """

    factor: float = 2.0

    def __post_init__(self) -> None:
        check_least(self, factor=0)
        check_most(self, factor=255)


class Contrast(Countermeasure):
    """Multiply the distance of every value to its image's mean luminance; what leaves 0..255 is clipped."""

    Settings = ContrastSettings
    settings: ContrastSettings

    def prepare(self, batch: Batch) -> Tensor:
        from torchvision.transforms.v2.functional import adjust_contrast

        curved: Tensor = adjust_contrast(batch.images, self.settings.factor)
        return curved
