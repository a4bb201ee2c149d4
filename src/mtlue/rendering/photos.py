"""Textures out of the real photos that scikit-learn ships, from fine to coarse, so that far surfaces do not flicker."""

from dataclasses import dataclass
from functools import cache

import torch
import torch.nn.functional as F
from sklearn.datasets import load_sample_images
from torch import Tensor

_LEVELS = 4
_SURROUND = 25
"""Side in texels of the neighbourhood whose mean and contrast are taken out of a photo."""


@dataclass(frozen=True)
class Textures:
    """What photos show beyond their large areas of one colour: about -2..2, with mean 0 and contrast 1 everywhere.

    Attributes:
        texels: of all photos at all levels, one after another, [T, 3].
        start: first texel of each photo and level, [photos, levels].
        size: (H, W) of each level; half of the one before.
    """

    texels: Tensor
    start: Tensor
    size: Tensor

    def look_up(self, photo: Tensor, place: Tensor, footprint: Tensor) -> Tensor:
        """Texels at a place of a photo, at the level whose texels are about as large as a pixel.

        Args:
            photo: which photo, any shape [...].
            place: [2, ...], in texels of the finest level; the photo goes on mirrored beyond its edges.
            footprint: texels of the finest level that a pixel covers, [...].

        Returns:
            [3, ...].
        """
        level = footprint.clamp(min=1).log2().round().long().clamp(max=_LEVELS - 1)
        height, width = self.size[level].unbind(-1)
        row, column = (_mirror(place[axis], int(self.size[0, axis])) / 2**level for axis in (0, 1))
        row, column = row.long().minimum(height - 1), column.long().minimum(width - 1)
        return self.texels[self.start[photo, level] + row * width + column].movedim(-1, 0)


@cache
def photo_textures() -> Textures:
    """The textures of ``load_sample_images``: a temple and a flower."""
    photos = torch.stack([torch.tensor(photo).permute(2, 0, 1) for photo in load_sample_images().images]).float() / 255
    levels = [_details(F.avg_pool2d(photos, 2))]
    while len(levels) < _LEVELS:
        levels.append(F.avg_pool2d(levels[-1], 2))
    flat = [level.flatten(2).transpose(1, 2) for level in levels]
    texels = torch.cat([one for photo in range(len(photos)) for one in (level[photo] for level in flat)])
    lengths = torch.tensor([level.shape[1] for level in flat]).repeat(len(photos))
    start = (lengths.cumsum(0) - lengths).reshape(len(photos), _LEVELS)
    return Textures(texels, start, torch.tensor([level.shape[2:] for level in levels]))


def _details(photos: Tensor) -> Tensor:
    details = photos - _blur(photos)
    contrast = _blur(details.mean(1, keepdim=True).square()).sqrt()
    return (details / (contrast + 0.02)).clamp(-2.5, 2.5)


def _blur(maps: Tensor) -> Tensor:
    return F.avg_pool2d(maps, _SURROUND, 1, _SURROUND // 2, count_include_pad=False)


def _mirror(place: Tensor, length: int) -> Tensor:
    return length - (place % (2 * length) - length).abs()
