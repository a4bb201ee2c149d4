"""Gaussian blur, which takes fine patterns away."""

import math

from torch import Generator, Tensor
from torchvision.transforms.v2.functional import gaussian_blur

from mtlue.methods.transformations.base import Transformation, uniform
from mtlue.methods.transformations.settings import BlurSettings

_LEAST = 0.05
"""Below it, in pixels, a blur changes no level."""
_REACH = 3
"""Standard deviations on each side of the kernel's middle."""


class Blur(Transformation):
    """A blur of 0 to ``sigma`` pixels."""

    Settings = BlurSettings
    settings: BlurSettings

    def __call__(self, images: Tensor, generator: Generator) -> Tensor:
        return blurred(images, uniform(0, self.settings.sigma, generator))


def blurred(images: Tensor, sigma: float) -> Tensor:
    """Images blurred by a Gaussian kernel, reflected at their border.

    Args:
        images: float or uint8 [B, C, H, W].
        sigma: standard deviation in pixels.

    Returns:
        The same shape and dtype; uint8 is rounded to the nearest level.
    """
    if sigma < _LEAST:
        return images
    reach = min(math.ceil(_REACH * sigma), min(images.shape[2:]) - 1)  # what the border's reflection allows
    softened: Tensor = gaussian_blur(images, [2 * reach + 1] * 2, [sigma] * 2)
    return softened
