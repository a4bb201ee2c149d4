"""Bit-depth reduction (Image Shortcut Squeezing, Liu et al., ICML 2023)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from mtlue.errors import InputError
from mtlue.evaluation.countermeasures.base import Countermeasure
from mtlue.registry import Settings

if TYPE_CHECKING:
    from torch import Tensor

    from mtlue.data import Batch


@dataclass(frozen=True)
class BitDepthSettings(Settings):
    """How much of a value is kept.

    Args:
        bits: the highest bits that are kept, 1..8; the paper's is 2.
    """

    bits: int = 2

    def __post_init__(self) -> None:
        if not 1 <= self.bits <= 8:
            raise InputError(f"bits {self.bits}: give 1 to 8")


class BitDepth(Countermeasure):
    """Keep the highest bits of every value."""

    Settings = BitDepthSettings
    settings: BitDepthSettings
    reference: ClassVar[str] = "Liu et al., ICML 2023"

    def prepare(self, batch: Batch) -> Tensor:
        from torchvision.transforms.v2.functional import posterize

        kept: Tensor = posterize(batch.images, self.settings.bits)
        return kept
