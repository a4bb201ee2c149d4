"""Adversarial training with projected gradient descent (Madry et al., ICLR 2018)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from mtlue.bounds import LEVELS, clip, from_levels
from mtlue.errors import check_least, check_most
from mtlue.evaluation.countermeasures.base import Countermeasure, Needs
from mtlue.registry import Settings

if TYPE_CHECKING:
    from torch import Generator, Tensor

    from mtlue.data import Batch
    from mtlue.models import MultiTaskModel


@dataclass(frozen=True)
class AdversarialSettings(Settings):
    """The attack inside each training step.

    Args:
        epsilon: radius of the ball, in levels of 1/255; the paper's is 8.
        step: length of a step, in levels of 1/255; the paper's is 2.
        steps: the paper's are 10. A training step costs as many more passes.
    """

    epsilon: float = 8.0
    step: float = 2.0
    steps: int = 10

    def __post_init__(self) -> None:
        from_levels(self.epsilon)
        check_least(self, step=0, steps=1)
        check_most(self, step=255, steps=10_000)


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
        import torch

        from mtlue.tasks import task_losses

        epsilon, step = from_levels(self.settings.epsilon), self.settings.step / LEVELS
        views = batch.images
        model.eval()
        delta = clip(views, torch.empty_like(views).uniform_(-epsilon, epsilon, generator=generator), epsilon)
        for _ in range(self.settings.steps):
            delta.requires_grad_(True)
            loss = task_losses(model.tasks, model(views + delta), batch.labels).sum()
            (slope,) = torch.autograd.grad(loss, delta)
            delta = clip(views, (delta + step * slope.sign()).detach(), epsilon)
        model.train()
        return (views + delta).detach()
