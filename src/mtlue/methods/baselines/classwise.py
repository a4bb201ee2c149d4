"""Patterns that depend on the class alone, without any surrogate, brought to several tasks in two ways.

Source: method.md, "Baselines".
"""

import math
from abc import abstractmethod
from typing import Any, ClassVar, Literal

import torch
from torch import Tensor

from mtlue.data import ArrayDataset, Batch, Pipeline
from mtlue.errors import InputError
from mtlue.methods.base import Perturber
from mtlue.methods.saving import SavedSeed
from mtlue.methods.work import FitRecord
from mtlue.runtime import Runtime
from mtlue.seeds import read_seed, seed_text
from mtlue.structured import typed
from mtlue.tasks import ImageTask, image_tasks

Form = Literal["patch", "average"]
PatternCell = tuple[slice, slice]


class ClassWise(Perturber):
    """One pattern for each class of each task.

    ``patch``: the image is cut into N x N cells, N^2 >= K, and cell k holds the pattern of task k's class. ``average``:
    the K patterns, each of the whole image, are averaged. A missing label has no pattern. A number gets the mixture of
    the patterns of the two places that it lies between.

    A subclass writes ``patterns``; subclasses of that one name the form. The arguments are those of every
    :class:`mtlue.methods.Perturber`.
    """

    form: ClassVar[Form]
    stream: ClassVar[str]
    """Name of the random stream that patterns are drawn from."""
    inductive = True

    @abstractmethod
    def patterns(self, classes: int, shape: tuple[int, int, int], seed: int) -> Tensor:
        """One pattern per class, float [classes, *shape] in -1..1, the same for the same arguments.

        Args:
            classes: how many.
            shape: (C, h, w).
            seed: of all that is random.
        """

    def _fit(self, dataset: ArrayDataset, runtime: Runtime, pipeline: Pipeline) -> FitRecord:
        image_tasks(dataset.tasks, "a class-wise method")
        self._start(runtime.seed_for(self.stream))
        return FitRecord()

    def _delta(self, images: Tensor, batch: Batch) -> Tensor:
        batch_size, channels, height, width = images.shape
        tasks = image_tasks(self.tasks, "a class-wise method")
        cells = self._cells(len(tasks), height, width)
        share = 1.0 if self.form == "patch" else 1 / len(tasks)
        delta = torch.zeros(batch_size, channels, height, width)
        for index, (task, (rows, columns)) in enumerate(zip(tasks, cells, strict=True)):
            place = delta[:, :, rows, columns]
            patterns = self._patterns_of(index, task, (channels, place.shape[2], place.shape[3]))
            label = batch.labels[task.name].cpu()
            weights = task.anchor_weights(label)
            place += share * torch.einsum("bc,cdhw->bdhw", weights, patterns)
        return (self.epsilon * delta).to(images.device)

    def _cells(self, count: int, height: int, width: int) -> list[PatternCell]:
        """The part of the image that each task's pattern covers."""
        if self.form == "average":
            return [(slice(0, height), slice(0, width))] * count
        side = math.ceil(math.sqrt(count))
        if side > min(height, width):
            raise InputError(f"{count} tasks do not fit as cells into images of {height}x{width}: use larger images")
        rows = [slice(height * i // side, height * (i + 1) // side) for i in range(side)]
        columns = [slice(width * i // side, width * (i + 1) // side) for i in range(side)]
        return [(rows[index // side], columns[index % side]) for index in range(count)]

    def _patterns_of(self, index: int, task: ImageTask, shape: tuple[int, int, int]) -> Tensor:
        key = (index, shape[1], shape[2])
        if key not in self._drawn:
            self._drawn[key] = self.patterns(task.anchors, shape, self._seed + index)
        return self._drawn[key]

    def _state(self) -> dict[str, Any]:
        return {"seed": seed_text(self._seed)}

    def _restore(self, state: dict[str, Any], tensors: dict[str, Tensor], runtime: Runtime) -> None:
        self._start(read_seed(typed(state, SavedSeed).seed))

    def _start(self, seed: int) -> None:
        self._seed = seed
        self._drawn: dict[tuple[int, int, int], Tensor] = {}
