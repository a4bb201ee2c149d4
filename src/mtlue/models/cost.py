"""What a pass costs: floating-point operations, counted."""

from collections.abc import Callable
from functools import lru_cache

import torch
from torch import Tensor
from torch.utils.flop_counter import FlopCounterMode

from mtlue.models.multitask import MultiTaskModel
from mtlue.tasks import Categorical

_BATCH = 2
"""Images that a pass is counted on: batch normalisation trains on no fewer."""


def flops(job: Callable[[], Tensor]) -> float:
    """Floating-point operations of a job and of the backward pass from what it returns."""
    with FlopCounterMode(display=False) as counter:
        job().sum().backward()  # type: ignore[no-untyped-call]
    return float(counter.get_total_flops())


@lru_cache(maxsize=64)
def learner_flops(backbone: str, outputs: int, channels: int, view: tuple[int, int]) -> float:
    """Forward and backward of a multi-task model on one image.

    Args:
        backbone: its name.
        outputs: channels of all tasks together.
        channels: of the image.
        view: (h, w) that it sees.
    """
    task = Categorical("any", tuple(map(str, range(max(outputs, 2)))))
    with torch.random.fork_rng(devices=[]):
        model = MultiTaskModel(backbone, (task,), channels, view)
    images = torch.zeros(_BATCH, channels, *view)
    return flops(lambda: model(images)["any"]) / _BATCH
