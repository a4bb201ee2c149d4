"""Random sharpening (Kim and Sandoval-Segura, AdvML-Frontiers 2024)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from mtlue.errors import check_least, check_most
from mtlue.evaluation.countermeasures.base import Countermeasure
from mtlue.registry import Settings

if TYPE_CHECKING:
    from torch import Tensor

    from mtlue.data import Batch

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


class Sharpen(Countermeasure):
    """Convolve every image with a random 3x3 sharpening kernel, the border repeated outwards.

    The pixel's weight c is normal around ``centre``; that of each of its four neighbours is normal around -(c - 1) / 4,
    so that flat areas stay as they are on average. All channels share the kernel, which is drawn once, by the image's
    id; in the paper's code it is drawn anew in each epoch, and the border is cut off.
    """

    Settings = SharpenSettings
    settings: SharpenSettings
    reference: ClassVar[str] = "Kim and Sandoval-Segura, AdvML-Frontiers 2024"

    def prepare(self, batch: Batch) -> Tensor:
        import torch
        from torch.nn.functional import conv2d, pad

        from mtlue.evaluation.countermeasures.pixels import as_pixels

        wider = pad(batch.images.float(), (1, 1, 1, 1), mode="replicate")
        kernels = [self._kernel(id_) for id_ in batch.ids]
        sharper = [
            conv2d(image[:, None], kernel[None, None])[:, 0] for image, kernel in zip(wider, kernels, strict=True)
        ]
        return as_pixels(torch.stack(sharper))

    def _kernel(self, identifier: str) -> Tensor:
        """Float [3, 3]."""
        import torch

        from mtlue.evaluation.countermeasures.draws import image_generator

        centre, *around = (
            self.settings.sigma * torch.randn(5, generator=image_generator(identifier, "sharpen"))
        ).tolist()
        centre += self.settings.centre
        kernel = torch.zeros(3, 3)
        kernel[1, 1] = centre
        for (row, column), drawn in zip(_NEIGHBOURS, around, strict=True):
            kernel[row, column] = -((centre - 1) / 4 + drawn)
        return kernel
