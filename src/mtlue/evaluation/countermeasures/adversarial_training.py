"""Adversarial training with projected gradient descent (Madry et al., ICLR 2018)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from mtlue.evaluation.countermeasures.as_tested import as_tested
from mtlue.evaluation.countermeasures.ball import BallSettings, climbed
from mtlue.evaluation.countermeasures.base import Countermeasure, Needs

if TYPE_CHECKING:
    from torch import Generator, Tensor

    from mtlue.data import Batch
    from mtlue.models import MultiTaskModel


@dataclass(frozen=True)
class AdversarialSettings(BallSettings):
    """The attack inside each training step."""


class AdversarialTraining(Countermeasure):
    """Train on the worst images within a ball: the sum of the tasks' losses is climbed from a random start."""

    Settings = AdversarialSettings
    settings: AdversarialSettings
    needs: ClassVar[Needs] = "compute"
    reference: ClassVar[str] = "Madry et al., ICLR 2018"

    @property
    def passes(self) -> int:
        return self.settings.steps

    def disturb(self, model: MultiTaskModel, batch: Batch, generator: Generator) -> Tensor:
        from mtlue.tasks import task_losses

        def loss(views: Tensor) -> Tensor:
            return task_losses(model.tasks, model(views), batch.labels).sum()

        with as_tested(model):
            return climbed(batch.images, loss, self.settings, generator)
