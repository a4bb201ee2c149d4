"""How far apart a learner's features lie inside each class (method.md, "The problem")."""

import math
import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from mtlue.bounds import to_float
from mtlue.data import ArrayDataset, Pipeline
from mtlue.errors import InputError
from mtlue.faults import listed
from mtlue.models import MultiTaskModel
from mtlue.runtime import Runtime
from mtlue.tasks import Task

FEWEST = 2
"""Images that a class needs to have a spread."""
_NAMED = 5


@dataclass(frozen=True)
class ClassSpread:
    """One class of one task, as one learner's features show it.

    Attributes:
        count: images of the class.
        spread: root of the mean over feature dimensions of the variance inside the class.
        relative: the same over the spread of all images that carry a label of the task, so that learners whose features
            differ in scale can be compared; NaN where all features are alike.
    """

    task: str
    label: str
    count: int
    spread: float
    relative: float


@dataclass(frozen=True)
class LearnerSpreads:
    """The classes as one learner sees them in its own training images; ``images`` names their kind."""

    images: str
    seed: int
    classes: tuple[ClassSpread, ...]


@torch.no_grad()
def extract_features(
    model: MultiTaskModel, dataset: ArrayDataset, pipeline: Pipeline, runtime: Runtime, batch_size: int = 256
) -> Tensor:
    """Features of every image's test view, on the CPU: [N, 256]."""
    model.eval()
    chunks = []
    for batch in dataset.batches(batch_size):
        images = pipeline.test_view(to_float(batch.images.to(runtime.device)))
        chunks.append(model.features(images).float().cpu())
    return torch.cat(chunks)


def spread(features: Tensor) -> float:
    """Root of the mean over dimensions of the sample variance (over n - 1) of [n, D] features, n at least 2."""
    return math.sqrt(float(features.double().var(0).mean()))


def class_spreads(features: Tensor, dataset: ArrayDataset) -> list[ClassSpread]:
    """Every class of at least two images, in the order of tasks and classes.

    Args:
        features: [N, D], of the dataset's images.
        dataset: for its labels; a missing one counts nowhere.
    """
    return [spread for task in dataset.tasks for spread in _of_task(task, features, dataset)]


def _of_task(task: Task, features: Tensor, dataset: ArrayDataset) -> Iterator[ClassSpread]:
    measured = {name: images for name, images in _members(task, dataset).items() if int(images.sum()) >= FEWEST}
    if not measured:
        return
    whole = spread(features[~task.missing(dataset.labels[task.name][:])])
    for name, images in measured.items():
        inside = spread(features[images])
        yield ClassSpread(task.name, name, int(images.sum()), inside, inside / whole if whole > 0 else math.nan)


def left_out(dataset: ArrayDataset) -> list[str]:
    """What has no spread: tasks without classes and classes of fewer than two images, each with its reason.

    Raises:
        InputError: nothing is left.
    """
    named, measured = [], 0
    for task in dataset.tasks:
        members = _members(task, dataset)
        if not members:
            named.append(f"{task.name} ({task.kind}: it has no classes)")
        counts = {name: int(images.sum()) for name, images in members.items()}
        named += [
            f"{task.name} '{name}' (training images: {count})" for name, count in counts.items() if count < FEWEST
        ]
        measured += sum(count >= FEWEST for count in counts.values())
    if not measured:
        raise InputError(
            f"no class of {FEWEST} training images or more to measure a spread in, only {listed(named, _NAMED)}: "
            "use a task with classes, or more images"
        )
    return named


def mean_and_largest(spreads: Sequence[ClassSpread], task: str) -> tuple[float, float]:
    """Mean and largest relative spread over a task's classes; NaN where there is none."""
    relative = [one.relative for one in spreads if one.task == task and not math.isnan(one.relative)]
    return (statistics.fmean(relative), max(relative)) if relative else (math.nan, math.nan)


def _members(task: Task, dataset: ArrayDataset) -> dict[str, Tensor]:
    return task.members(dataset.labels[task.name][:])
