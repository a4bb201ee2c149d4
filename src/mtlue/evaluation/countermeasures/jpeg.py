"""JPEG compression (Image Shortcut Squeezing, Liu et al., ICML 2023)."""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING

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

    def prepare(self, batch: Batch) -> Tensor:
        import torch

        return torch.stack([self._compressed(image) for image in batch.images])

    def _compressed(self, image: Tensor) -> Tensor:
        # Pillow: torchvision's own codec gives the same bytes and is faster, but is deprecated since 0.29
        import numpy as np
        import torch
        from PIL import Image

        pixels, buffer = image.permute(1, 2, 0).numpy(), BytesIO()
        picture = Image.fromarray(pixels[:, :, 0] if pixels.shape[2] == 1 else pixels)
        picture.save(buffer, "JPEG", quality=self.settings.quality)
        decoded = np.array(Image.open(buffer)).reshape(pixels.shape)
        return torch.from_numpy(decoded).permute(2, 0, 1)
