"""What a learner's training takes: operations counted, and how many a second this machine does of them."""

import time
from collections.abc import Callable

import torch

from mtlue.evaluation.countermeasures import create
from mtlue.evaluation.dataset_shape import DatasetShape
from mtlue.evaluation.learner import Learner
from mtlue.models import MultiTaskModel
from mtlue.models.backbones import enlarged
from mtlue.models.cost import learner_cost, learner_flops
from mtlue.runtime import Runtime
from mtlue.tasks import Task
from mtlue.training.optimisation import build_optimizer
from mtlue.training.recipe import Recipe
from mtlue.training.weightings import weighs_gradients

_SECONDS = 2.0
"""How long the machine is timed."""
_STEPS = 3
"""At least, after one to warm up: while other programs take the cores, a single step says nothing."""
_PATIENCE = 10
"""Times as long as it should at most: a step that takes so long is slow whatever else the cores do."""


def training_work(learner: Learner, size: DatasetShape) -> float:
    """Operations of a learner's training and test."""
    tasks = tuple(task for task in size.tasks if task.name in learner.tasks)
    model = learner.backbone, tasks, size.shape[0], enlarged(size.view, learner.enlarge)
    cost = learner_cost(*model, trainable=learner.trainable)
    countermeasure = create(learner.countermeasure)
    step = cost.training + countermeasure.passes * learner_flops(*model)
    if weighs_gradients(learner.weighting, len(learner.tasks)):
        step += len(learner.tasks) * (cost.training - cost.forward)
    epochs = learner.recipe.for_images(size.train_images).epochs
    besides = countermeasure.learner_work(size, cost, epochs)
    return step * epochs * size.train_images + cost.forward * size.test_images + besides


def training_speed(
    runtime: Runtime,
    backbone: str,
    tasks: tuple[Task, ...],
    channels: int,
    view: tuple[int, int],
    batch_size: int,
    seconds: float | None = None,
) -> float:
    """Floating-point operations per second of a model's training on this machine, its optimiser's step included.

    The fastest step of ``seconds``, by default two, counts: another program that takes the cores for a moment, and a
    first step, which is slow, say nothing of the hours to come. Where steps are slow, it takes longer than that, for
    at least three of them.
    """
    one = learner_flops(backbone, tasks, channels, view)
    with runtime.isolated_randomness("speed"):
        model = MultiTaskModel(backbone, tasks, channels, view).to(runtime.device)
        images = torch.rand(batch_size, channels, *view, device=runtime.device)
    optimizer = build_optimizer(Recipe(), list(model.parameters()), runtime)

    def step() -> float:
        started = time.perf_counter()
        optimizer.zero_grad()
        torch.cat([output.flatten() for output in model(images).values()]).sum().backward()
        optimizer.step()
        if runtime.device.type == "cuda":
            torch.cuda.synchronize(runtime.device)
        return time.perf_counter() - started

    return one * batch_size / fastest_of(step, _SECONDS if seconds is None else seconds)


def fastest_of(step: Callable[[], float], seconds: float) -> float:
    """Seconds of the fastest step after the first one.

    Args:
        step: takes a step, and gives the seconds that it took.
        seconds: for which steps are taken, and longer where these are fewer than three; but at most ten times as long.
    """
    taken = [step()]
    while sum(taken) < seconds * _PATIENCE and (len(taken) <= _STEPS or sum(taken[1:]) < seconds):
        taken.append(step())
    return min(taken[1:] or taken)
