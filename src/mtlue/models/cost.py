"""What a pass costs: floating-point operations, counted."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.graph import saved_tensors_hooks
from torch.utils.flop_counter import FlopCounterMode

from mtlue.models.multitask import MultiTaskModel
from mtlue.tasks import Task

_BATCH = 2
"""Images that a pass is counted on: batch normalisation trains on no fewer."""


@dataclass(frozen=True)
class Cost:
    """Floating-point operations per image: of a training step's forward and backward pass, and of a forward pass."""

    training: float
    forward: float


def counted(job: Callable[[], Tensor], images: int = 1) -> Cost:
    """What a job costs and the backward pass from what it returns, for each of so many images."""
    with FlopCounterMode(display=False) as counter:
        found = job()
        forward = counter.get_total_flops()
        found.sum().backward()
    return Cost(counter.get_total_flops() / images, forward / images)


def network_cost(
    make: Callable[[], nn.Module], shape: Sequence[int], images: Callable[[Any], Tensor] = lambda made: made
) -> Cost:
    """What a network costs per image.

    Args:
        make: a fresh one.
        shape: [C, H, W] of an image.
        images: what the network gives -> the tensor that its loss is computed from.
    """
    with torch.random.fork_rng(devices=[]), torch.device("meta"):
        network, batch = make(), torch.zeros(_BATCH, *shape)
    return counted(lambda: images(network(batch)), _BATCH)


def learner_flops(backbone: str, tasks: tuple[Task, ...], channels: int, view: tuple[int, int]) -> float:
    """Forward and backward pass of a multi-task model that is trained whole, per image; as :func:`learner_cost`."""
    return learner_cost(backbone, tasks, channels, view).training


def learner_cost(
    backbone: str, tasks: tuple[Task, ...], channels: int, view: tuple[int, int], trainable: str = "all"
) -> Cost:
    """What a multi-task model costs per image.

    Args:
        backbone: its name.
        tasks: what it learns.
        channels: of the image.
        view: (h, w) that it sees.
        trainable: what of it is trained: nothing is computed backward through what is frozen.
    """
    named = tuple(replace(task, name=f"{i}") for i, task in enumerate(tasks))
    return _cost(backbone, named, channels, view, trainable)


@cache
def _cost(backbone: str, tasks: tuple[Task, ...], channels: int, view: tuple[int, int], trainable: str) -> Cost:
    """Counted once for all sets of tasks that differ in their names alone."""
    with torch.random.fork_rng(devices=[]):
        model = MultiTaskModel(backbone, tasks, channels, view, trainable=trainable).to("meta")
    images = torch.zeros(_BATCH, channels, *view, device="meta")

    def forward() -> Tensor:
        return torch.cat([output.flatten() for output in model(images).values()])

    return counted(forward, _BATCH)


@dataclass(frozen=True)
class Memory:
    """Bytes that training a model takes: for its weights, gradients and Adam's moments, and per image of a step."""

    weights: int
    per_image: float

    def of(self, images: int) -> int:
        """Bytes of a step."""
        return round(self.weights + self.per_image * images)


_PER_WEIGHT = 4
"""The weight, its gradient and two moments."""


@cache
def learner_memory(backbone: str, tasks: tuple[Task, ...], channels: int, view: tuple[int, int]) -> Memory:
    """What training a multi-task model takes, counted on the tensors that its forward pass keeps for the backward one.

    Args:
        backbone: its name.
        tasks: what it learns.
        channels: of the image.
        view: (h, w) that it sees.
    """
    with torch.random.fork_rng(devices=[]):
        model = MultiTaskModel(backbone, tasks, channels, view).to("meta")
    own = {*(one.untyped_storage()._cdata for one in (*model.parameters(), *model.buffers()))}
    kept: dict[int, Tensor] = {}

    def keep(tensor: Tensor) -> Tensor:
        if (place := tensor.untyped_storage()._cdata) not in own:
            kept[place] = tensor
        return tensor

    with saved_tensors_hooks(keep, lambda tensor: tensor):
        outputs = model(torch.zeros(_BATCH, channels, *view, device="meta"))
    saved = sum(tensor.untyped_storage().nbytes() for tensor in kept.values())
    del outputs
    weights = sum(one.numel() * one.element_size() for one in model.parameters())
    return Memory(_PER_WEIGHT * weights, saved / _BATCH)
