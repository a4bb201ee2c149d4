"""Kinds of task. Adding one: a file beside these and a row in ``KINDS``."""

from typing import Any

from mtlue.errors import InputError
from mtlue.structured import reason, typed
from mtlue.tasks.base import ImageTask, LabelColumn, Meter, Scores, Task, UnknownLabelError, View
from mtlue.tasks.batched import task_counts, task_losses
from mtlue.tasks.categorical import Categorical
from mtlue.tasks.dense import DenseTask, UnusableMapError, by_level, image_tasks
from mtlue.tasks.depth import Depth
from mtlue.tasks.normals import Normals
from mtlue.tasks.regression import Regression
from mtlue.tasks.segmentation import Segmentation

KINDS: dict[str, type[Task]] = {kind.kind: kind for kind in (Categorical, Regression, Segmentation, Depth, Normals)}

__all__ = [
    "KINDS",
    "Categorical",
    "DenseTask",
    "Depth",
    "ImageTask",
    "LabelColumn",
    "Meter",
    "Normals",
    "Regression",
    "Scores",
    "Segmentation",
    "Task",
    "UnknownLabelError",
    "UnusableMapError",
    "View",
    "by_level",
    "image_tasks",
    "task_counts",
    "task_from_json",
    "task_losses",
]


def task_from_json(description: dict[str, Any]) -> Task:
    """Build the task that :meth:`Task.to_json` described.

    Raises:
        InputError: no kind is called so, or it has no such options.
    """
    kind, options = description.get("kind"), {name: value for name, value in description.items() if name != "kind"}
    if not isinstance(kind, str) or kind not in KINDS:
        raise InputError(f"unknown kind of task {kind!r}: choose one of {', '.join(KINDS)}")
    try:
        return typed(options, KINDS[kind])
    except ValueError as error:
        raise InputError(f"task {description.get('name')!r} of kind {kind}: {reason(error)}") from error
