"""Grey copies, which take away what is colour alone."""

from torch import Generator, Tensor
from torchvision.transforms.v2.functional import rgb_to_grayscale

from mtlue.methods.transformations.base import Transformation


class Grey(Transformation):
    """Luminance (ITU-R BT.601) in each of three channels; images of another number of channels stay."""

    def __call__(self, images: Tensor, generator: Generator) -> Tensor:
        if images.shape[1] != 3:
            return images
        grey: Tensor = rgb_to_grayscale(images, num_output_channels=3)
        return grey
