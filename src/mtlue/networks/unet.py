"""A small residual U-Net (Ronneberger et al., MICCAI 2015): an image and what to add to it, at the same size."""

from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

DEPTH = 4
"""Sizes: the whole image, a half, a quarter and an eighth of its sides."""


class ResidualUNet(nn.Module):
    """Images float 0..1 [B, C, H, W] of any size -> what to add to them, [B, C, H, W]; zero before its training.

    Args:
        channels: 1 or 3.
        width: channels of the maps of the whole size; each half has twice as many. With 16 there are 0.5 million
            parameters.
    """

    def __init__(self, channels: int, width: int = 16) -> None:
        super().__init__()
        widths = [width * 2**level for level in range(DEPTH)]
        self._multiple = 2 ** (DEPTH - 1)
        self.down = nn.ModuleList(map(_block, (channels, *widths[:-1]), widths))
        self.up = nn.ModuleList(_block(low + high, high) for high, low in pairwise(widths))
        self.last = nn.Conv2d(widths[0], channels, 1)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):  # without normalisation PyTorch's own start lets little pass
                nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
        nn.init.zeros_(self.last.weight)
        nn.init.zeros_(self.last.bias)  # type: ignore[arg-type]  # it has one

    def forward(self, images: Tensor) -> Tensor:
        height, width = images.shape[-2:]
        maps = self._descended(_padded(images - 0.5, self._multiple))
        features = maps.pop()
        for block in reversed(self.up):
            same = maps.pop()
            features = block(torch.cat([F.interpolate(features, same.shape[-2:]), same], 1))
        added: Tensor = self.last(features)[..., :height, :width]
        return added

    def _descended(self, images: Tensor) -> list[Tensor]:
        """What each size's block gives, the whole size first."""
        maps = [self.down[0](images)]
        for block in self.down[1:]:
            maps.append(block(F.max_pool2d(maps[-1], 2)))
        return maps


def _block(before: int, after: int) -> nn.Sequential:
    return nn.Sequential(
        *(nn.Conv2d(before, after, 3, padding=1), nn.ReLU(inplace=True)),
        *(nn.Conv2d(after, after, 3, padding=1), nn.ReLU(inplace=True)),
    )


def _padded(images: Tensor, multiple: int) -> Tensor:
    """Images whose sides are multiples of a number: the last row and column are repeated."""
    height, width = images.shape[-2:]
    return F.pad(images, (0, -width % multiple, 0, -height % multiple), mode="replicate")
