"""JPEG compression (Image Shortcut Squeezing, Liu et al., ICML 2023)."""

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
class JpegSettings(Settings):
    """How images are compressed.

    Args:
        quality: 1..100; the paper's is 10.
    """

    quality: int = 10

    def __post_init__(self) -> None:
        if not 1 <= self.quality <= 100:
            raise InputError(f"quality {self.quality}: give 1 to 100")


class Jpeg(Countermeasure):
    """Write and read every image as JPEG."""

    Settings = JpegSettings
    settings: JpegSettings
    reference: ClassVar[str] = "Liu et al., ICML 2023"

    def prepare(self, batch: Batch) -> Tensor:
        from mtlue.evaluation.countermeasures.codec import recompressed

        return recompressed(batch.images, "JPEG", self.settings.quality)
