"""A countermeasure of another package, in one file: class, settings, registration, and something that it learns."""

from dataclasses import dataclass

from torch import Tensor

from mtlue.data import Batch
from mtlue.errors import InputError
from mtlue.evaluation.attacker import Attacker
from mtlue.evaluation.countermeasures import COUNTERMEASURES, Countermeasure
from mtlue.registry import Settings


@dataclass(frozen=True)
class FlatteningSettings(Settings):
    """How flat images become.

    Args:
        strength: 0 leaves images alone, 1 leaves the mean image alone.
        floor: darkest level that is left.
    """

    strength: float = 0.5
    floor: int = 0

    def __post_init__(self) -> None:
        if not 0 <= self.strength <= 1:
            raise InputError(f"strength {self.strength:g}: give 0 to 1")


@COUNTERMEASURES.register("flattening")
class Flattening(Countermeasure):
    """Moves every image towards the mean of the training images."""

    Settings = FlatteningSettings
    settings: FlatteningSettings

    def fit(self, attacker: Attacker) -> None:
        total = sum(batch.images.double().sum(0) for batch in attacker.training.batches(64))
        self._mean = total / len(attacker.training)

    def prepare(self, batch: Batch) -> Tensor:
        strength = self.settings.strength
        mixed = batch.images * (1 - strength) + self._mean * strength
        return mixed.clamp(self.settings.floor, 255).round().byte()
