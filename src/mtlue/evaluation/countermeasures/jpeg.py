"""JPEG compression (Image Shortcut Squeezing, Liu et al., ICML 2023)."""

import io
from dataclasses import dataclass

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from mtlue.evaluation.countermeasures.base import Countermeasure


@dataclass(frozen=True)
class Jpeg(Countermeasure):
    """Write and read every image as JPEG.

    Args:
        quality: 1..100; the paper's is 10.
    """

    quality: int = 10

    def prepare(self, images: Tensor) -> Tensor:
        return torch.stack([self._compressed(image) for image in images])

    def _compressed(self, image: Tensor) -> Tensor:
        pixels = image.permute(1, 2, 0).numpy()
        buffer = io.BytesIO()
        Image.fromarray(pixels[:, :, 0] if pixels.shape[2] == 1 else pixels).save(buffer, "JPEG", quality=self.quality)
        decoded = np.array(Image.open(buffer)).reshape(pixels.shape)
        return torch.from_numpy(decoded).permute(2, 0, 1)
