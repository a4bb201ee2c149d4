"""Adversarial training with projected gradient descent (Madry et al., ICLR 2018)."""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from mtlue.bounds import clip
from mtlue.evaluation.countermeasures.base import Countermeasure
from mtlue.models import MultiTaskModel
from mtlue.tasks import task_losses


@dataclass(frozen=True)
class AdversarialTraining(Countermeasure):
    """Train on the worst images within a ball: the sum of the tasks' losses is climbed from a random start.

    Args:
        epsilon: radius, 0..1; the paper's is 8/255.
        step: length of a step, 0..1; the paper's is 2/255.
        steps: the paper's are 10. A training step costs so many more passes.
    """

    epsilon: float = 8 / 255
    step: float = 2 / 255
    steps: int = 10

    @property
    def passes(self) -> int:
        return self.steps

    def disturb(self, model: MultiTaskModel, views: Tensor, labels: Mapping[str, Tensor]) -> Tensor:
        model.eval()
        start = torch.empty_like(views).uniform_(-self.epsilon, self.epsilon)
        delta = clip(views, start, self.epsilon)
        for _ in range(self.steps):
            delta.requires_grad_(True)
            loss = task_losses(model.tasks, model(views + delta), labels).sum()
            (slope,) = torch.autograd.grad(loss, delta)
            delta = clip(views, (delta + self.step * slope.sign()).detach(), self.epsilon)
        model.train()
        return (views + delta).detach()
