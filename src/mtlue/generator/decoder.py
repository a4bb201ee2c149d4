"""Decoders: image features and label maps at a fraction of the size to an unbounded perturbation at full size."""

import torch
from torch import Tensor, nn

from mtlue.generator.config import DEFAULTS


class PublishedDecoder(nn.Module):
    """Four transposed convolutions over the concatenation [z, e^1, ..., e^K] (method.md, "Generator").

    Args:
        image_channels: channels of z; 0 for the ablation without the image.
        label_channels: channels of all image-level tasks' maps together; 0 without any.
        dense_channels: channels of all dense tasks' embeddings together; 0 without any.
        out_channels: channels of the image.
    """

    def __init__(self, image_channels: int, label_channels: int, dense_channels: int, out_channels: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.ConvTranspose2d(image_channels + label_channels + dense_channels, 64, 4, 2, 1),
            nn.ConvTranspose2d(64, 64, 3, 1, 1),
            nn.InstanceNorm2d(64),
            nn.ReLU(inplace=True),
            nn.ConvTranspose2d(64, 32, 3, 1, 1),
            nn.InstanceNorm2d(32),
            nn.ReLU(inplace=True),
            nn.ConvTranspose2d(32, out_channels, 3, 1, 1),
        )

    def forward(self, features: Tensor | None, maps: Tensor | None, dense: Tensor | None) -> Tensor:
        """Decode.

        Args:
            features: z, [B, image_channels, h, w]; None in the ablation.
            maps: of an image's classes, [B, label_channels, h, w]; None without image-level tasks.
            dense: embeddings of dense labels, [B, dense_channels, h, w]; None without dense tasks.

        Returns:
            [B, out_channels, 2h, 2w].
        """
        outputs: Tensor = self.layers(torch.cat([part for part in (features, maps, dense) if part is not None], dim=1))
        return outputs


class LightDecoder(nn.Module):
    """Works at a quarter of each side and ends in a pixel shuffle; takes the *sum* of an image's class maps.

    The first layer is linear in [z, e^1, ..., e^K] with one convolution for the maps of all tasks, so it may as well
    follow the sum e^1 + ... + e^K: its cost does not depend on the number of tasks (method.md, "Cost").

    Besides the layers, a linear path leads from the labels straight to the pixels: a class's own pattern is then the
    same in every image, whatever the other labels are; ``linear`` False leaves it out.
    """

    REDUCTION = DEFAULTS["light"].reduction
    WIDTH = 48
    IMAGE_SHARE = 0.1
    """Scale of the image's part in the first layer: small, so that the images of a class get similar patterns. Without
    the image tasks are protected less (``docs/results``)."""

    def __init__(
        self, image_channels: int, label_channels: int, dense_channels: int, out_channels: int, linear: bool = True
    ) -> None:
        super().__init__()
        width, pixels = self.WIDTH, self.REDUCTION**2 * out_channels
        self.from_image = _convolution(image_channels, width, bias=True) if image_channels else None
        self.from_labels = _convolution(label_channels, width) if label_channels else None
        self.from_dense = _convolution(dense_channels, width) if dense_channels else None
        self.labels_to_pixels = _convolution(label_channels, pixels) if label_channels and linear else None
        self.dense_to_pixels = _convolution(dense_channels, pixels) if dense_channels and linear else None
        self.layers = nn.Sequential(
            nn.InstanceNorm2d(width),
            nn.ReLU(inplace=True),
            _convolution(width, width, bias=True),
            nn.InstanceNorm2d(width),
            nn.ReLU(inplace=True),
            _convolution(width, pixels, bias=True),
        )
        self.shuffle = nn.PixelShuffle(self.REDUCTION)

    def forward(self, features: Tensor | None, maps: Tensor | None, dense: Tensor | None) -> Tensor:
        """As :meth:`PublishedDecoder.forward`; ``maps`` are summed over tasks."""
        hidden = _applied(self.from_labels, maps) + _applied(self.from_dense, dense)
        if self.from_image is not None and features is not None:
            hidden = hidden + self.IMAGE_SHARE * self.from_image(features)
        straight = _applied(self.labels_to_pixels, maps) + _applied(self.dense_to_pixels, dense)
        pixels: Tensor = self.shuffle(self.layers(hidden) + straight)
        return pixels


def _convolution(width: int, next_width: int, bias: bool = False) -> nn.Conv2d:
    return nn.Conv2d(width, next_width, 3, 1, 1, bias=bias)


def _applied(layer: nn.Module | None, maps: Tensor | None) -> Tensor | float:
    """What a layer makes of maps [B, channels, h, w]; 0 where there is no layer, or there are none."""
    if layer is None or maps is None:
        return 0.0
    applied: Tensor = layer(maps)
    return applied
