"""How often an answer that never looks at an image is wrong: a model that has learned is wrong less often."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

import torch
from torch import Tensor

from mtlue.arrays.mapped_array import chunks
from mtlue.data import ArrayDataset
from mtlue.runtime import Runtime
from mtlue.tasks import Labels, Task
from mtlue.training import RunningError

EVEN = 0.5
"""The error of always answering one of two classes that are equally common."""


@dataclass(frozen=True)
class ConstantAnswers:
    """The best constant prediction for every task that has a label: the commonest class, or about the mean of numbers.

    Attributes:
        of_task: task -> prediction [channels], or [channels, 1, 1] where labels are per pixel.
    """

    of_task: Mapping[Task, Tensor]

    @classmethod
    def of(cls, dataset: ArrayDataset) -> Self:
        """Those of a dataset's labels."""
        found = {}
        for task in dataset.tasks:
            column = dataset.labels[task.name]
            if any(not bool(task.missing(labels).all()) for _, labels in chunks(column)):
                best = task.constants(task.fitted(column))
                constant = next(value for names, value in best.items() if task.headline in names)
                found[task] = constant.mean((1, 2), keepdim=True) if constant.ndim == 3 else constant
        return cls(found)

    def predictions(self, labels: Labels) -> dict[str, Tensor]:
        """Task -> predictions for a batch's labels, [B, channels, ...]."""
        made = {}
        for task, constant in self.of_task.items():
            label = labels[task.name]
            sides = label.shape[-2:] if constant.ndim == 3 else ()
            made[task.name] = constant.to(label.device).expand(len(label), len(constant), *sides)
        return made

    def errors(self, runtime: Runtime) -> "ConstantErrors":
        """Counts them, in all processes together."""
        return ConstantErrors(self, runtime)


class ConstantErrors:
    """Counts over an epoch how often :class:`ConstantAnswers` are wrong."""

    def __init__(self, answers: ConstantAnswers, runtime: Runtime) -> None:
        self._answers = answers
        self._running = RunningError(list(answers.of_task), runtime)

    def add(self, labels: dict[str, Tensor]) -> None:
        """Count one step's labels of this process's rows."""
        self._running.add(torch.zeros(()), self._answers.predictions(labels), labels)

    def record(self) -> dict[str, float]:
        """Task -> share of the labels so far that its answer is wrong of, 0..1; tasks without any label are absent."""
        return self._running.record(0).error


def are_beaten(constant: Mapping[str, float], errors: Mapping[str, float], most: float) -> bool:
    """Whether a model has learned every task: where almost all labels are one class, a small error says nothing.

    >>> are_beaten({"same": 0.0}, {"same": 0.0}, 0.05)
    True
    >>> are_beaten({"rare": 0.01}, {"rare": 0.01}, 0.05), are_beaten({"rare": 0.01}, {"rare": 0.0005}, 0.05)
    (False, True)

    Args:
        constant: task -> error of the constant answer, 0..1; other tasks do not count, nor does one whose labels are all
            the same.
        errors: task -> error of the model on the same images, 0..1.
        most: the error that counts as learned where the constant answer's is :data:`EVEN` or more; where that one's is
            less, it is as much smaller.
    """
    return all(
        error < constant[task] and error <= most * min(1.0, constant[task] / EVEN)
        for task, error in errors.items()
        if constant.get(task, 0.0) > 0
    )
