"""Gaussian noise."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from mtlue.bounds import LEVELS
from mtlue.errors import check_least, check_most
from mtlue.evaluation.countermeasures.base import Countermeasure
from mtlue.registry import Settings

if TYPE_CHECKING:
    from torch import Tensor

    from mtlue.data import Batch


@dataclass(frozen=True)
class GaussianNoiseSettings(Settings):
    """How strong the noise is.

    Args:
        sigma: standard deviation, in levels of 1/255.
    """

    sigma: float = 8.0

    def __post_init__(self) -> None:
        check_least(self, sigma=0)
        check_most(self, sigma=LEVELS)


class GaussianNoise(Countermeasure):
    """Add noise to every value, independent of all others; an image's noise is drawn once, by its id."""

    Settings = GaussianNoiseSettings
    settings: GaussianNoiseSettings
    reference: ClassVar[str] = "MI-UE, ICLR 2026"

    def prepare(self, batch: Batch) -> Tensor:
        import torch

        from mtlue.evaluation.countermeasures.draws import image_generator
        from mtlue.evaluation.countermeasures.pixels import as_pixels

        drawn = [torch.randn(batch.images.shape[1:], generator=image_generator(id_, "noise")) for id_ in batch.ids]
        return as_pixels(batch.images + self.settings.sigma * torch.stack(drawn))
