"""Random resampling (COIN, Li et al., AAAI 2025)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from mtlue.errors import check_least, check_most
from mtlue.evaluation.countermeasures.base import Countermeasure
from mtlue.registry import Settings

if TYPE_CHECKING:
    from torch import Tensor

    from mtlue.data import Batch

_MOST_REACH = 64.0


@dataclass(frozen=True)
class CoinSettings(Settings):
    """How far pixels move.

    Args:
        reach: the most in each direction, in pixels; the paper's is 2.
    """

    reach: float = 2.0

    def __post_init__(self) -> None:
        check_least(self, reach=0)
        check_most(self, reach=_MOST_REACH)


class Coin(Countermeasure):
    """Read every pixel from a place that is uniformly drawn around it, bilinear, the same for all channels.

    An image's places are drawn once, by its id, and it is reflected at its border; in the paper's code they are drawn
    anew in each epoch, and the image is repeated at its border.
    """

    Settings = CoinSettings
    settings: CoinSettings
    reference: ClassVar[str] = "COIN, Li et al., AAAI 2025"

    def prepare(self, batch: Batch) -> Tensor:
        import torch
        from torch.nn.functional import grid_sample

        from mtlue.evaluation.countermeasures.pixels import as_pixels

        height, width = batch.images.shape[2:]
        rows, columns = torch.arange(height)[:, None], torch.arange(width)
        moves = torch.stack([self._moves(id_, height, width) for id_ in batch.ids])
        places = torch.stack([_between(columns + moves[:, 0], width), _between(rows + moves[:, 1], height)], dim=3)
        images = batch.images.float()
        return as_pixels(grid_sample(images, places, padding_mode="reflection", align_corners=True))

    def _moves(self, identifier: str, height: int, width: int) -> Tensor:
        """Float [2, H, W] in pixels: to the right and down."""
        import torch

        from mtlue.evaluation.countermeasures.draws import image_generator

        drawn = torch.rand(2, height, width, generator=image_generator(identifier, "coin"))
        return (2 * drawn - 1) * self.settings.reach


def _between(places: Tensor, side: int) -> Tensor:
    """Pixels 0..side - 1 as -1..1."""
    return 2 * places / max(side - 1, 1) - 1
