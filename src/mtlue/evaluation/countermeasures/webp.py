"""Lossy WebP compression."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mtlue.errors import InputError
from mtlue.evaluation.countermeasures.base import Countermeasure
from mtlue.registry import Settings

if TYPE_CHECKING:
    from torch import Tensor

    from mtlue.data import Batch


@dataclass(frozen=True)
class WebpSettings(Settings):
    """How images are compressed.

    Args:
        quality: 0..100 of libwebp's lossy encoder.
    """

    quality: int = 10

    def __post_init__(self) -> None:
        if not 0 <= self.quality <= 100:
            raise InputError(f"quality {self.quality}: give 0 to 100")


class Webp(Countermeasure):
    """Write and read every image as lossy WebP."""

    Settings = WebpSettings
    settings: WebpSettings

    def prepare(self, batch: Batch) -> Tensor:
        from mtlue.evaluation.countermeasures.codec import recompressed

        return recompressed(batch.images, "WEBP", self.settings.quality)
