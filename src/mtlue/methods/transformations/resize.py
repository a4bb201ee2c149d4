"""Shrinking and enlarging again, which takes fine patterns away as thumbnails do."""

from torch import Generator, Tensor
from torch.nn.functional import interpolate

from mtlue.methods.transformations.base import Transformation, uniform
from mtlue.methods.transformations.settings import ResizeSettings


class Resize(Transformation):
    """Bilinear, to between ``scale`` and 1 of each side and back."""

    Settings = ResizeSettings
    settings: ResizeSettings

    def __call__(self, images: Tensor, generator: Generator) -> Tensor:
        return there_and_back(images, uniform(self.settings.scale, 1, generator))


def there_and_back(images: Tensor, scale: float) -> Tensor:
    """Images shrunk and enlarged to their size again, bilinear and antialiased.

    Args:
        images: float or uint8 [B, C, H, W].
        scale: share of each side, above 0 and at most 1; at least one pixel is left.

    Returns:
        The same shape and dtype.
    """
    height, width = images.shape[2:]
    smaller = (max(1, round(scale * height)), max(1, round(scale * width)))
    if smaller == (height, width):
        return images
    small = interpolate(images, smaller, mode="bilinear", antialias=True)
    return interpolate(small, (height, width), mode="bilinear", antialias=True)
