"""From feature maps to a prediction per pixel: a decoder and head for small images, DeepLab's head for others."""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torchvision.models.segmentation.deeplabv3 import DeepLabHead

RATES = (12, 24, 36)
"""Dilations of DeepLab's ASPP at stride 8 (Chen et al., 2017)."""


def _conv_bn_relu(width: int, next_width: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(width, next_width, 3, padding=1, bias=False), nn.BatchNorm2d(next_width), nn.ReLU(inplace=True)
    )


class UNetDecoder(nn.Module):
    """Maps of falling size -> maps of the first one's size (Ronneberger et al., 2015; with one convolution per scale).

    Args:
        encoder: channels of the maps that come in, the largest maps first.
        decoder: channels of the maps that go out at each of their scales but the last.
    """

    def __init__(self, encoder: Sequence[int], decoder: Sequence[int]) -> None:
        super().__init__()
        below = (*decoder[1:], encoder[-1])
        self.scales = nn.ModuleList(
            _conv_bn_relu(skip + deeper, width) for skip, deeper, width in zip(encoder, below, decoder, strict=False)
        )

    def forward(self, maps: Sequence[Tensor]) -> Tensor:
        deeper = maps[-1]
        for scale, skip in zip(reversed(self.scales), reversed(maps[:-1]), strict=True):
            # nearest: without a sum over neighbours, whose order differs from run to run on a GPU
            deeper = scale(torch.cat([skip, F.interpolate(deeper, skip.shape[-2:])], dim=1))
        return deeper


class HalfSizeHead(nn.Module):
    """Maps of half an image's size -> [B, channels, h, w].

    The last convolution gives the four pixels under each place (Shi et al., 2016), so that edges are as sharp as the
    labels', at the cost of a head at half size.
    """

    def __init__(self, width: int, channels: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(_conv_bn_relu(width, width), nn.Conv2d(width, 4 * channels, 1), nn.PixelShuffle(2))

    def forward(self, maps: Tensor, size: tuple[int, int]) -> Tensor:
        pixels: Tensor = self.layers(maps)
        return pixels[..., : size[0], : size[1]]


class ASPPHead(nn.Module):
    """torchvision's DeepLab head, enlarged bilinearly: maps of any size -> [B, channels, h, w].

    Args:
        width: channels of the maps.
        channels: of the prediction.
        maps_size: (h, w) of the maps. On maps with a side below 36 the dilations shrink with it: at their full length
            they would reach past the border from everywhere.
    """

    def __init__(self, width: int, channels: int, maps_size: tuple[int, int]) -> None:
        super().__init__()
        scale = min(1.0, min(maps_size) / RATES[-1])
        self.layers = DeepLabHead(width, channels, tuple(max(1, round(rate * scale)) for rate in RATES))

    def forward(self, maps: Tensor, size: tuple[int, int]) -> Tensor:
        return F.interpolate(self.layers(maps), size, mode="bilinear", align_corners=False)
