"""What a pass costs: floating-point operations, counted."""

from collections.abc import Callable
from dataclasses import replace
from functools import cache

import torch
from torch import Tensor
from torch.utils.flop_counter import FlopCounterMode

from mtlue.models.multitask import MultiTaskModel
from mtlue.tasks import Task

_BATCH = 2
"""Images that a pass is counted on: batch normalisation trains on no fewer."""


def flops(job: Callable[[], Tensor]) -> float:
    """Floating-point operations of a job and of the backward pass from what it returns."""
    with FlopCounterMode(display=False) as counter:
        job().sum().backward()  # type: ignore[no-untyped-call]
    return float(counter.get_total_flops())


def learner_flops(backbone: str, tasks: tuple[Task, ...], channels: int, view: tuple[int, int]) -> float:
    """Forward and backward of a multi-task model on one image.

    Args:
        backbone: its name.
        tasks: what it learns.
        channels: of the image.
        view: (h, w) that it sees.
    """
    return _flops(backbone, tuple(replace(task, name=f"{i}") for i, task in enumerate(tasks)), channels, view)


@cache
def _flops(backbone: str, tasks: tuple[Task, ...], channels: int, view: tuple[int, int]) -> float:
    """Counted once for all sets of tasks that differ in their names alone."""
    with torch.random.fork_rng(devices=[]):
        model = MultiTaskModel(backbone, tasks, channels, view).to("meta")
    images = torch.zeros(_BATCH, channels, *view, device="meta")
    return flops(lambda: torch.cat([output.flatten() for output in model(images).values()])) / _BATCH
