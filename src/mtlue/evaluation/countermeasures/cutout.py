"""Cutout (DeVries and Taylor, 2017)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from mtlue.errors import InputError, param
from mtlue.evaluation.countermeasures.base import Countermeasure, Needs
from mtlue.registry import Settings

if TYPE_CHECKING:
    from torch import Generator, Tensor

    from mtlue.data import Batch
    from mtlue.models import MultiTaskModel


@dataclass(frozen=True)
class CutoutSettings(Settings):
    """What is erased.

    Args:
        side: of the square, as a share of the image's shorter side, above 0 and at most 1; the paper's is 0.5 (16 of
            32 pixels).
    """

    side: float = 0.5

    def __post_init__(self) -> None:
        if not 0 < self.side <= 1:
            raise InputError(f"{param('side')} {self.side:g}: give more than 0 and at most 1")


class Cutout(Countermeasure):
    """Erase a square at a random place in every image, which the edges may cut off.

    It gets the value that the model's scaling of its input turns into 0. Labels stay as they are, those of erased
    pixels too.
    """

    Settings = CutoutSettings
    settings: CutoutSettings
    needs: ClassVar[Needs] = "compute"
    reference: ClassVar[str] = "DeVries and Taylor, 2017"

    def disturb(self, model: MultiTaskModel, batch: Batch, generator: Generator) -> Tensor:
        import torch

        height, width = batch.images.shape[2:]
        side = max(1, round(self.settings.side * min(height, width)))
        rows, columns = (_within(length, side, len(batch), generator) for length in (height, width))
        erased = rows[:, None, :, None] & columns[:, None, None, :]
        return torch.where(erased, model.mean, batch.images)


def _within(length: int, side: int, count: int, generator: Generator) -> Tensor:
    """Which of ``length`` places lie within a stretch of ``side`` around a random place, [count, length]."""
    import torch

    centre = torch.randint(length, (count, 1), generator=generator, device=generator.device)
    places = torch.arange(length, device=generator.device) - centre + side // 2
    return (places >= 0) & (places < side)
