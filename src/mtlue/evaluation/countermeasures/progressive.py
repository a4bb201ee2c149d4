"""Progressive staged training (Dang et al., 2023, arXiv 2306.02064)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from mtlue.errors import InputError, check_least, check_most, param
from mtlue.evaluation.countermeasures.base import Countermeasure, Needs
from mtlue.registry import Settings

if TYPE_CHECKING:
    from torch.nn import Parameter

    from mtlue.evaluation.attacker import Attacker
    from mtlue.models import MultiTaskModel


@dataclass(frozen=True)
class ProgressiveSettings(Settings):
    """When stages stop learning.

    Args:
        first: share of the epochs after which the backbone's first stage stops, 0 to 1.
        last: share of the epochs after which its last stage stops, ``first`` to 1; those between stop in between.
    """

    first: float = 0.2
    last: float = 0.8

    def __post_init__(self) -> None:
        check_least(self, first=0)
        check_most(self, last=1)
        if not self.first <= self.last:
            raise InputError(f"{param('last')} {self.last:g}: give at least what {param('first')} is ({self.first:g})")


class ProgressiveTraining(Countermeasure):
    """Stop the learning of the backbone's stages one after another, the shallowest first; neck and heads go on.

    The paper's observation: a model learns images and perturbation alike at first, then its shallow layers turn to the
    perturbation. Its remedy slows learning down from shallow to deep layers, when a measure of the activations says so.
    Neither code nor schedule is public: this one is ours, fixed in advance, and a stage stops at once.

    Raises:
        InputError: (by :meth:`start`) several processes share the training, or the backbone's stages are unknown.
    """

    Settings = ProgressiveSettings
    settings: ProgressiveSettings
    needs: ClassVar[Needs] = "compute"
    reference: ClassVar[str] = "Dang et al., 2023 (the idea; the schedule is ours)"

    _stages: list[list[Parameter]]

    def start(self, model: MultiTaskModel, attacker: Attacker) -> None:
        if attacker.runtime.world_size > 1:
            raise InputError(f"progressive training runs in one process: give {param('devices')} 1")
        self._stages = model.stages()
        self._stop(0)

    def after_epoch(self, model: MultiTaskModel, epoch: int, epochs: int, attacker: Attacker) -> None:
        self._stop(epoch / epochs)

    def _stop(self, progress: float) -> None:
        for number, parameters in enumerate(self._stages):
            if progress >= self._stops_at(number, len(self._stages)) - 1e-9:
                for parameter in parameters:
                    parameter.requires_grad_(False)

    def _stops_at(self, number: int, count: int) -> float:
        """The share of the epochs after which a stage stops."""
        first, last = self.settings.first, self.settings.last
        return first + (last - first) * number / max(1, count - 1)
