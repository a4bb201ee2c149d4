"""Gaussian noise."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from mtlue.bounds import LEVELS
from mtlue.errors import check_least, check_most
from mtlue.evaluation.countermeasures.drawn import Drawn
from mtlue.registry import Settings

if TYPE_CHECKING:
    from torch import Generator, Tensor


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


class GaussianNoise(Drawn):
    """Add noise to every value, independent of all others and drawn anew at each step; once for a test image."""

    Settings = GaussianNoiseSettings
    settings: GaussianNoiseSettings
    reference: ClassVar[str] = "MI-UE, ICLR 2026"

    def drawn(self, views: Tensor, generator: Generator) -> Tensor:
        import torch

        noise = torch.randn(views.shape, generator=generator, device=generator.device)
        return views + self.settings.sigma / LEVELS * noise
