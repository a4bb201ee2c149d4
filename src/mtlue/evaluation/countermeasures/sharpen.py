"""Random sharpening (Kim and Sandoval-Segura, AdvML-Frontiers 2024)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from mtlue.errors import check_least, check_most
from mtlue.evaluation.countermeasures.drawn import Drawn
from mtlue.registry import Settings

if TYPE_CHECKING:
    from torch import Generator, Tensor

_NEIGHBOURS = ((0, 1), (1, 0), (1, 2), (2, 1))
"""Rows and columns of a 3x3 kernel."""


@dataclass(frozen=True)
class SharpenSettings(Settings):
    """The kernel that is drawn for each image.

    Args:
        centre: mean weight of the pixel itself; the paper's is 2.5.
        sigma: standard deviation of the weights.
    """

    centre: float = 2.5
    sigma: float = 0.1

    def __post_init__(self) -> None:
        check_least(self, centre=1, sigma=0)
        check_most(self, centre=100, sigma=10)


class Sharpen(Drawn):
    """Convolve every image with a random 3x3 sharpening kernel, the border repeated outwards.

    The pixel's weight c is normal around ``centre``; that of each of its four neighbours is normal around -(c - 1) / 4,
    so that flat areas stay as they are on average. All channels share the kernel, which is drawn anew at each step,
    once for a test image. In the paper's code the border is cut off, and test images are left alone.
    """

    Settings = SharpenSettings
    settings: SharpenSettings
    reference: ClassVar[str] = "Kim and Sandoval-Segura, AdvML-Frontiers 2024"

    def drawn(self, views: Tensor, generator: Generator) -> Tensor:
        import torch
        from torch.nn.functional import pad

        height, width = views.shape[2:]
        normal = torch.randn(1 + len(_NEIGHBOURS), len(views), 1, 1, 1, generator=generator, device=generator.device)
        centre, *around = (self.settings.sigma * normal).unbind()
        centre = self.settings.centre + centre
        wider = pad(views, (1, 1, 1, 1), mode="replicate")
        sharper = centre * views
        for (row, column), drawn in zip(_NEIGHBOURS, around, strict=True):
            sharper -= ((centre - 1) / 4 + drawn) * wider[:, :, row : row + height, column : column + width]
        return sharper
