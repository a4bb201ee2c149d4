"""Gaussian blur."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from mtlue.errors import check_least, check_most
from mtlue.evaluation.countermeasures.base import Countermeasure
from mtlue.methods.transformations.settings import MOST_SIGMA
from mtlue.registry import Settings

if TYPE_CHECKING:
    from torch import Tensor

    from mtlue.data import Batch


@dataclass(frozen=True)
class BlurSettings(Settings):
    """How far images are blurred.

    Args:
        sigma: standard deviation in pixels, 0 to 64.
    """

    sigma: float = 1.0

    def __post_init__(self) -> None:
        check_least(self, sigma=0)
        check_most(self, sigma=MOST_SIGMA)


class Blur(Countermeasure):
    """Blur every image with a Gaussian kernel, the image reflected at its border.

    The "Gaussian" column of APBench's tables has a standard deviation of 0.1 pixels, which changes no level.
    """

    Settings = BlurSettings
    settings: BlurSettings
    reference: ClassVar[str] = "APBench, Qin et al., TMLR 2024"

    def prepare(self, batch: Batch) -> Tensor:
        from mtlue.methods.transformations.blur import blurred

        return blurred(batch.images, self.settings.sigma)
