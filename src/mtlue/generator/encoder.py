"""Encoders: an image to feature maps z at the decoder's grid, a fraction of its size (sides round up)."""

from timm.models.resnet import BasicBlock
from torch import Tensor, nn


class PublishedEncoder(nn.Module):
    """ResNet-18's 3x3 stride-1 stem through its second stage: 128 channels at half size.

    Source: method.md, "Generator".
    """

    channels = 128

    def __init__(self, in_channels: int) -> None:
        super().__init__()
        self.stem = nn.Sequential(
            nn.Conv2d(in_channels, 64, 3, 1, 1, bias=False), nn.BatchNorm2d(64), nn.ReLU(inplace=True)
        )
        shortcut = nn.Sequential(nn.Conv2d(64, 128, 1, 2, bias=False), nn.BatchNorm2d(128))
        self.stages = nn.Sequential(
            BasicBlock(64, 64),
            BasicBlock(64, 64),
            BasicBlock(64, 128, stride=2, downsample=shortcut),
            BasicBlock(128, 128),
        )

    def forward(self, images: Tensor) -> Tensor:
        """[B, C, H, W] in 0..1 -> [B, 128, ceil(H/2), ceil(W/2)]."""
        maps: Tensor = self.stages(self.stem(images))
        return maps


class LightEncoder(nn.Module):
    """Two convolutions, the first at half size, the second at a quarter: 32 channels (method.md, "Cost")."""

    channels = 32

    def __init__(self, in_channels: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(in_channels, 16, 3, 2, 1, bias=False),
            nn.BatchNorm2d(16),
            nn.ReLU(inplace=True),
            nn.Conv2d(16, self.channels, 3, 2, 1),
        )

    def forward(self, images: Tensor) -> Tensor:
        """[B, C, H, W] in 0..1 -> [B, 32, ceil(H/4), ceil(W/4)]."""
        maps: Tensor = self.layers(images)
        return maps
