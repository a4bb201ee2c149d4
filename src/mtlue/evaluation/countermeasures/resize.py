"""Shrinking and enlarging again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mtlue.errors import check_least, check_most
from mtlue.evaluation.countermeasures.base import Countermeasure
from mtlue.methods.transformations.settings import LEAST_SCALE
from mtlue.registry import Settings

if TYPE_CHECKING:
    from torch import Tensor

    from mtlue.data import Batch


@dataclass(frozen=True)
class ResizeSettings(Settings):
    """How small images become.

    Args:
        scale: share of each side, 0.1 to 1.
    """

    scale: float = 0.5

    def __post_init__(self) -> None:
        check_least(self, scale=LEAST_SCALE)
        check_most(self, scale=1)


class Resize(Countermeasure):
    """Shrink every image and enlarge it to its size again, bilinear and antialiased, as thumbnails do."""

    Settings = ResizeSettings
    settings: ResizeSettings

    def prepare(self, batch: Batch) -> Tensor:
        from mtlue.methods.transformations.resize import there_and_back

        return there_and_back(batch.images, self.settings.scale)
