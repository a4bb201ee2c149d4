"""A gamma curve, as photo editors have it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mtlue.errors import check_least, check_most
from mtlue.evaluation.countermeasures.base import Countermeasure
from mtlue.registry import Settings

if TYPE_CHECKING:
    from torch import Tensor

    from mtlue.data import Batch


@dataclass(frozen=True)
class GammaSettings(Settings):
    """The curve.

    Args:
        gamma: exponent of levels 0..1: darker above 1, lighter below.
    """

    gamma: float = 2.0

    def __post_init__(self) -> None:
        check_least(self, gamma=0.01)
        check_most(self, gamma=100)


class Gamma(Countermeasure):
    """Raise every value, 0..1, to a power."""

    Settings = GammaSettings
    settings: GammaSettings

    def prepare(self, batch: Batch) -> Tensor:
        from torchvision.transforms.v2.functional import adjust_gamma

        curved: Tensor = adjust_gamma(batch.images, self.settings.gamma)
        return curved
