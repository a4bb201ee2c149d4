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
        height, width = images.shape[2:]
        scale = uniform(self.settings.scale, 1, generator)
        smaller = (max(1, round(scale * height)), max(1, round(scale * width)))
        if smaller == (height, width):
            return images
        small = interpolate(images, smaller, mode="bilinear", antialias=True)
        return interpolate(small, (height, width), mode="bilinear", antialias=True)
