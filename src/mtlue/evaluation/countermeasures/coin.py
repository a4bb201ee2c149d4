"""Random resampling (COIN, Li et al., AAAI 2025)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from mtlue.errors import check_least, check_most
from mtlue.evaluation.countermeasures.drawn import Drawn
from mtlue.registry import Settings

if TYPE_CHECKING:
    from torch import Generator, Tensor

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


class Coin(Drawn):
    """Read every pixel from a place that is uniformly drawn around it, bilinear, the same for all channels.

    Places are drawn anew at each step, once for a test image. Images are reflected at their border; in the paper's code
    they are repeated there.
    """

    Settings = CoinSettings
    settings: CoinSettings
    reference: ClassVar[str] = "COIN, Li et al., AAAI 2025"

    def drawn(self, views: Tensor, generator: Generator) -> Tensor:
        import torch
        from torch.nn.functional import grid_sample

        count, _, height, width = views.shape
        uniform = torch.rand(count, 2, height, width, generator=generator, device=generator.device)
        right, down = (self.settings.reach * (2 * uniform - 1)).unbind(1)
        columns, rows = (torch.arange(side, device=generator.device) for side in (width, height))
        places = torch.stack([_between(columns + right, width), _between(rows[:, None] + down, height)], dim=3)
        return grid_sample(views, places, padding_mode="reflection", align_corners=True)


def _between(places: Tensor, side: int) -> Tensor:
    """Pixels 0..side - 1 as -1..1."""
    return 2 * places / max(side - 1, 1) - 1
