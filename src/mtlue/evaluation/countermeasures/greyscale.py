"""Greyscale (Image Shortcut Squeezing, Liu et al., ICML 2023)."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from mtlue.evaluation.countermeasures.base import Countermeasure

if TYPE_CHECKING:
    from torch import Tensor

    from mtlue.data import Batch


class Greyscale(Countermeasure):
    """Give all three channels the image's luminance; grey images stay as they are."""

    reference: ClassVar[str] = "Liu et al., ICML 2023"

    def prepare(self, batch: Batch) -> Tensor:
        from torchvision.transforms.v2.functional import rgb_to_grayscale

        if batch.images.shape[1] == 1:
            return batch.images
        grey: Tensor = rgb_to_grayscale(batch.images, num_output_channels=3)
        return grey
