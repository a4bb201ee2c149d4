"""What a grid would cost: operations counted, divided by the measured speed of this machine."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mtlue.errors import InputError
from mtlue.evaluation.countermeasures import create
from mtlue.evaluation.dataset_shape import DatasetShape
from mtlue.evaluation.grids.cells import Cell, DatasetSize, DatasetSpec, Perturbation
from mtlue.evaluation.learners.work import training_speed, training_work
from mtlue.runtime import Runtime
from mtlue.tasks import KINDS, Categorical, Task, task_from_json


def stated_shape(expected: DatasetSize, named: Sequence[str] = ()) -> DatasetShape:
    """The size that a grid's file states.

    Args:
        expected: what it states.
        named: names of tasks, which the first ones get; the others are numbered.

    Raises:
        InputError: a dense task is not valid.
    """
    kinds = [{"kind": Categorical.kind, "classes": count} for count in expected.classes]
    described = [*kinds, *expected.dense]
    names = [*named, *(f"task {number}" for number in range(len(named), len(described)))]
    tasks = tuple(_task(name, kind) for name, kind in zip(names, described, strict=False))
    channels, height, width = expected.shape
    return DatasetShape(
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
    cells: Sequence[Cell],
    done: Sequence[bool],
    sizes: Mapping[str, DatasetShape],
    speed: float,
    made: Collection[str] = (),
) -> list[Line]:
    """Lines of a dry run.

    Args:
        cells: of the grid.
        done: which of them have their record.
        sizes: of each dataset, by name.
        speed: floating-point operations per second.
        made: keys of the perturbed images that are there already.
    """
    lines: dict[tuple[str, str], Line] = {}
    counted: set[object] = {*made}
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


def method_work(perturbed: Perturbation, size: DatasetShape) -> float:
    """Operations of finding a perturbation."""
    if perturbed.method is None:
        return 0.0
    method = perturbed.method.build(size.tasks)
    return method.estimated_flops(size.fit)


def machine_speed(runtime: Runtime) -> float:
    """Floating-point operations per second of a ResNet-18's training on images of 64 pixels, timed for two seconds."""
    return training_speed(runtime, "resnet18", (Categorical("any", ("a", "b")),), 3, (64, 64), 32)
