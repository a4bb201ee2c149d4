"""Small networks that read raw pixels: what is linearly separable of a perturbation is learned by them first."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mtlue.bounds import to_float
from mtlue.errors import InputError
from mtlue.training.divergence import LEAVE_OUT, refuse_divergence

if TYPE_CHECKING:
    from torch import Tensor, nn
    from torch.optim import Optimizer

    from mtlue.data import ArrayDataset
    from mtlue.runtime import Runtime
    from mtlue.tasks import ImageTask, Labels, Task

BATCH = 128
"""Images per step of a reader."""


@dataclass(frozen=True)
class FlatReader:
    """A network over the pixels of an image, which predicts every task's anchors: its classes, or places in its range.

    So it learns all kinds of label alike, by cross-entropy; a label between two places is a mixture of both.

    Attributes:
        network: float [B, C * H * W] -> [B, anchors of all tasks].
        tasks: with one label per image.
    """

    network: nn.Module
    tasks: Sequence[ImageTask]

    def losses(self, images: Tensor, labels: Labels) -> Tensor:
        """The tasks' losses, each a mean over the labels that are present, [K].

        Args:
            images: uint8, or float 0..1, [B, C, H, W].
            labels: {task: [B, ...]}.
        """
        import torch

        each = self._each(images, labels)
        return torch.stack([losses.sum() / present.sum().clamp(min=1) for losses, present in each])

    def summed(self, images: Tensor, labels: Labels) -> Tensor:
        """The sum of all images' losses of all tasks: what an image adds to it depends on no other image.

        Args:
            images, labels: as for :meth:`losses`.
        """
        import torch

        return torch.stack([losses.sum() for losses, _ in self._each(images, labels)]).sum()

    def _each(self, images: Tensor, labels: Labels) -> list[tuple[Tensor, Tensor]]:
        """Each task's loss of each image, 0 where its label is missing, and whether it is present: [B] both."""
        logits = self.network(to_float(images).flatten(1)).split([task.anchors for task in self.tasks], dim=1)
        return [_cross_entropy(own, task, labels[task.name]) for own, task in zip(logits, self.tasks, strict=True)]

    def learn(
        self,
        dataset: ArrayDataset,
        optimizer: Optimizer,
        epochs: int,
        milestones: Sequence[float],
        runtime: Runtime,
        name: str,
        view: Callable[[Tensor, Labels], Tensor] = lambda images, labels: images,
    ) -> None:
        """Train the network, in place and in single precision.

        Args:
            dataset: of at least two images.
            optimizer: of the network's parameters, on the runtime's device; its rate falls to a tenth at each of
                ``milestones``, shares of the epochs.
            runtime: its stream ``name`` draws the order.
            name: what the progress bar says.
            view: images float 0..1 [B, C, H, W] and their labels -> what the network sees of them.

        Raises:
            InputError: the loss at the end of an epoch is NaN or infinite.
        """
        from torch.optim.lr_scheduler import MultiStepLR

        order = runtime.generator(name, "order")
        schedule = MultiStepLR(optimizer, [round(share * epochs) for share in milestones])
        for _ in runtime.progress.track(range(epochs), name, epochs):
            for batch in dataset.shuffled_batches(BATCH, order):
                seen = batch.to(runtime.device)
                views = view(to_float(seen.images), seen.labels)
                optimizer.zero_grad()
                loss = self.losses(views, seen.labels).sum()
                loss.backward()
                optimizer.step()
            schedule.step()
            refuse_divergence(f"{name}: the", "loss", [float(loss.detach())], LEAVE_OUT)


def anchors_of(tasks: Sequence[ImageTask]) -> int:
    """How many outputs a reader of these tasks has."""
    return sum(task.anchors for task in tasks)


def _cross_entropy(logits: Tensor, task: ImageTask, label: Tensor) -> tuple[Tensor, Tensor]:
    """[B], 0 where the label is missing, and whether it is present."""
    weights = task.anchor_weights(label).to(logits)
    return -(weights * logits.log_softmax(1)).sum(1), weights.any(1)


def flat_tasks(tasks: Sequence[Task], what: str) -> tuple[ImageTask, ...]:
    """The tasks that a reader learns: labels per pixel are left out.

    Args:
        what: needs them, for the message.

    Raises:
        InputError: there are only tasks with labels per pixel.
    """
    from mtlue.tasks import by_level

    whole, _ = by_level(tasks)
    if not whole:
        raise InputError(f"{what} needs a task with one label per image, and all of these have labels per pixel")
    return whole
