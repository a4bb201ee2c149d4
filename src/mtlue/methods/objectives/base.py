"""What plugs into the generator method: which surrogates a base method needs, and the loss it gives on a batch."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from functools import lru_cache
from typing import ClassVar

import torch
from torch import Tensor

from mtlue.methods.class_balance import ClassBalance
from mtlue.methods.plan import SurrogatePlan
from mtlue.models import MultiTaskModel
from mtlue.tasks import Labels, Task, task_losses


class Objective(ABC):
    """A base method: gives L_base, which the perturbation minimises (method.md, "Regularisation").

    Args:
        balanced: whether tasks are weighted by :func:`balance`; else all weigh the same, as in the paper.
        classes: how common each class is, so that rare ones count as much (TAP, SEP).
        kept: tasks that are to stay learnable: their target is the true label, whatever the base method.
    """

    plan: ClassVar[SurrogatePlan]

    def __init__(self, balanced: bool = True, kept: Sequence[str] = (), classes: ClassBalance | None = None) -> None:
        self.balanced = balanced
        self.kept = frozenset(kept)
        self.classes = classes or ClassBalance()

    @abstractmethod
    def target(self, task: Task, label: Tensor) -> Tensor:
        """The label that the generator drives surrogates towards."""

    def targets(self, tasks: Sequence[Task], labels: Labels) -> dict[str, Tensor]:
        """:meth:`target` of every task that is not kept, {task: [B]}, or [B, ..., h, w] for dense tasks."""
        return {
            task.name: labels[task.name] if task.name in self.kept else self.target(task, labels[task.name])
            for task in tasks
        }

    def loss(
        self,
        surrogate: MultiTaskModel,
        images: Tensor,
        targets: Labels,
        shares: Tensor | None = None,
        weights: "Labels | None" = None,
    ) -> Tensor:
        """The loss against one surrogate: mean over tasks of the task loss towards the targets.

        L_base is its mean over draws of views and over the surrogates that :attr:`plan` asks for
        (:func:`mtlue.methods.input_gradient.input_gradient`).
        With bf16-mixed it runs under autocast: predictions come in bf16, and :func:`task_losses` takes them as float32.

        Args:
            surrogate: one of them.
            images: views of x + delta, float 0..1 [B, C, h, w].
            targets: of the true labels there.
            shares: factors of the tasks' losses, [K], where these are some rows of a batch
                (:func:`mtlue.training.parts.label_shares`).
            weights: of the images, {task: [B]}, from their true labels (:meth:`ClassBalance.weights`).

        Returns:
            Scalar, with a graph to ``images``.
        """
        losses = task_losses(surrogate.tasks, surrogate(images), targets, weights)
        losses = losses if shares is None else losses * shares
        return (losses * _weights(surrogate.tasks, losses.device)).mean() if self.balanced else losses.mean()


@lru_cache(maxsize=16)
def _weights(tasks: tuple[Task, ...], device: torch.device) -> Tensor:
    """:func:`balance` as a tensor; the same in every step."""
    return torch.tensor(balance(tasks), device=device)


def balance(tasks: Sequence[Task]) -> list[float]:
    """Weights of the tasks' losses, with mean 1: the inverse root of each one's loss at chance.

    With equal weights a task of many classes outweighs a binary one, whose gradient is the smaller. Where all tasks
    have the same number of classes, as in CelebA, the weights are equal, as in the paper.
    """
    weights = [task.chance_loss**-0.5 for task in tasks]
    return [weight * len(weights) / sum(weights) for weight in weights]
