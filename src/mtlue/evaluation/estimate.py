"""What a grid would cost: operations counted, divided by the measured speed of this machine."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch

from mtlue.data import ArrayDataset, Pipeline
from mtlue.errors import InputError
from mtlue.evaluation.cells import Cell, DatasetSize, DatasetSpec, Perturbation
from mtlue.evaluation.countermeasures import create
from mtlue.evaluation.learner import Learner
from mtlue.methods import MethodChoice
from mtlue.methods.work import FitSize
from mtlue.models import MultiTaskModel
from mtlue.models.backbones import enlarged
from mtlue.models.cost import learner_cost, learner_flops
from mtlue.runtime import Runtime
from mtlue.tasks import KINDS, Categorical, Task, task_from_json
from mtlue.training.optimisation import build_optimizer
from mtlue.training.recipe import Recipe
from mtlue.training.weighting import find_weighting

_SECONDS = 2.0
"""How long the machine is timed."""
_STEPS = 3
"""At least, after one to warm up: while other programs take the cores, a single step says nothing."""
_PATIENCE = 10
"""Times as long as it should at most: a step that takes so long is slow whatever else the cores do."""


@dataclass(frozen=True)
class DatasetShape:
    """What the estimate needs to know of a dataset.

    Attributes:
        tasks: of all images.
        train_images, test_images, own_images: how many; ``own_images`` are the attacker's own.
        shape: (C, H, W) of an image.
        view: (h, w) that a learner sees.
        method: of the release, as an attacker would run it.
        classes, own_classes: those of image-level tasks that enough training images, and enough of the attacker's own,
            carry (:func:`mtlue.methods.class_counts.frequent_classes`); None where all count.
    """

    tasks: tuple[Task, ...]
    train_images: int
    test_images: int
    shape: tuple[int, int, int]
    view: tuple[int, int]
    own_images: int = 0
    method: MethodChoice | None = None
    classes: int | None = None
    own_classes: int | None = None

    @property
    def fit(self) -> FitSize:
        """Of a method's fit on the training images."""
        return FitSize(self.tasks, self.train_images, self.shape, self.view, self.classes)

    @classmethod
    def of_images(cls, training: ArrayDataset, test: ArrayDataset, pipeline: Pipeline) -> "DatasetShape":
        """The size of images that are there."""
        channels, height, width = training.images.shape[1:]
        view = pipeline.crop or (height, width)
        return cls(tuple(training.tasks), len(training), len(test), (channels, height, width), view)

    @classmethod
    def of(cls, expected: DatasetSize) -> "DatasetShape":
        """The size that a grid's file states."""
        kinds = [{"kind": Categorical.kind, "classes": count} for count in expected.classes]
        tasks = tuple(_task(f"task {number}", kind) for number, kind in enumerate([*kinds, *expected.dense]))
        channels, height, width = expected.shape
        return cls(
            tasks,
            expected.train_images,
            expected.test_images,
            (channels, height, width),
            (expected.view[0], expected.view[1]),
        )


def _task(name: str, fields: Mapping[str, Any]) -> Task:
    """A task made from its kind and, where it has classes, their number."""
    named = {key: list(map(str, range(value))) if key == "classes" else value for key, value in fields.items()}
    try:
        return task_from_json({"name": name, **named})
    except InputError as error:
        raise InputError(f"{dict(fields)} is not a valid task: give its kind ({', '.join(KINDS)})") from error


@dataclass(frozen=True)
class Line:
    """One kind of images in one dataset: how many learners, and the seconds that are left to do."""

    dataset: DatasetSpec
    label: str
    learners: int
    done: int
    seconds: float


def estimate(
    cells: Sequence[Cell], done: Sequence[bool], sizes: Mapping[str, DatasetShape], speed: float
) -> list[Line]:
    """Lines of a dry run.

    Args:
        cells: of the grid.
        done: which of them have their record.
        sizes: of each dataset, by name.
        speed: floating-point operations per second.
    """
    lines: dict[tuple[str, str], Line] = {}
    counted: set[object] = set()
    for cell, finished in zip(cells, done, strict=True):
        perturbed = cell.perturbation
        size = sizes[perturbed.dataset.name]
        work = 0.0 if finished else learner_work(cell, size)
        if not finished and perturbed.key not in counted:
            counted.add(perturbed.key)
            work += method_work(perturbed, size)
        fitted = perturbed.key, cell.learner.countermeasure
        if not finished and fitted not in counted:
            counted.add(fitted)
            work += create(cell.learner.countermeasure).fit_work(size)
        key = (perturbed.dataset.name, perturbed.label)
        before = lines.get(key, Line(perturbed.dataset, perturbed.label, 0, 0, 0.0))
        lines[key] = Line(
            before.dataset, before.label, before.learners + 1, before.done + finished, before.seconds + work / speed
        )
    return list(lines.values())


def learner_work(cell: Cell, size: DatasetShape) -> float:
    """Operations of a cell's training and test."""
    return training_work(cell.learner, size)


def training_work(learner: Learner, size: DatasetShape) -> float:
    """Operations of a learner's training and test."""
    tasks = tuple(task for task in size.tasks if task.name in learner.tasks)
    model = learner.backbone, tasks, size.shape[0], enlarged(size.view, learner.enlarge)
    cost = learner_cost(*model, trainable=learner.trainable)
    countermeasure = create(learner.countermeasure)
    step = cost.training + countermeasure.passes * learner_flops(*model)
    if len(learner.tasks) > 1 and find_weighting(learner.weighting)(len(learner.tasks)).by_gradients:
        step += len(learner.tasks) * (cost.training - cost.forward)
    epochs = learner.recipe.for_images(size.train_images).epochs
    besides = countermeasure.learner_work(size, cost, epochs)
    return step * epochs * size.train_images + cost.forward * size.test_images + besides


def method_work(perturbed: Perturbation, size: DatasetShape) -> float:
    """Operations of finding a perturbation."""
    if perturbed.method is None:
        return 0.0
    method = perturbed.method.build(size.tasks)
    return method.estimated_flops(size.fit)


def machine_speed(runtime: Runtime) -> float:
    """Floating-point operations per second of a ResNet-18's training on images of 64 pixels, timed for two seconds."""
    return training_speed(runtime, "resnet18", (Categorical("any", ("a", "b")),), 3, (64, 64), 32)


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
