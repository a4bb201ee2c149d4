"""JPEG compression (Image Shortcut Squeezing, Liu et al., ICML 2023)."""

from dataclasses import dataclass

import torch
from torch import Tensor
from torchvision.transforms.v2.functional import jpeg

from mtlue.evaluation.countermeasures.base import Countermeasure


@dataclass(frozen=True)
class Jpeg(Countermeasure):
    """Write and read every image as JPEG.

    Args:
        quality: 1..100; the paper's is 10.
    """

    quality: int = 10

    def prepare(self, images: Tensor) -> Tensor:
        return torch.stack([jpeg(image, self.quality) for image in images])
