"""Greyscale (Image Shortcut Squeezing, Liu et al., ICML 2023)."""

from torch import Tensor
from torchvision.transforms.v2.functional import rgb_to_grayscale

from mtlue.evaluation.countermeasures.base import Countermeasure


class Greyscale(Countermeasure):
    """Give all three channels the image's luminance; grey images stay as they are."""

    def prepare(self, images: Tensor) -> Tensor:
        if images.shape[1] == 1:
            return images
        grey: Tensor = rgb_to_grayscale(images, num_output_channels=3)
        return grey
