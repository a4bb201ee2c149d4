"""Patterns that depend on the class alone, without any surrogate, brought to several tasks in two ways.

Source: method.md, "Baselines".
"""

import math
from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
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


@dataclass(frozen=True)
class _SavedPatterns(SavedSeed):
    """Between which tasks epsilon, or the image, is shared out: those that are protected (and in averages labelled);
    or all, labelled or not, as in every folder that does not say."""

    among: Literal["all", "protected"] = "all"


class ClassWise(Perturber):
    """One pattern for each class of each task.

    K is the number of protected tasks. ``patch``: the image is cut into N x N cells, N^2 >= K, and cell k holds the
    pattern of the k-th task's class. ``average``: the patterns of the tasks that an image has a label of, each of the
    whole image, are averaged. A missing label has no pattern. A number gets the mixture of the patterns of the two
    places that it lies between.

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
        self._start(_SavedPatterns(runtime.seed_for(self.stream), "protected"))
        return FitRecord()

    def _delta(self, images: Tensor, batch: Batch) -> Tensor:
        batch_size, channels, height, width = images.shape
        sharing = self.tasks if self._among == "all" else self.scope.protected(self.tasks)
        tasks = image_tasks(sharing, "a class-wise method")
        labels = {task: batch.labels[task.name].cpu() for task in tasks}
        share = self._share(labels)
        delta = torch.zeros(batch_size, channels, height, width)
        for task, (rows, columns) in zip(tasks, self._cells(len(tasks), height, width), strict=True):
            place = delta[:, :, rows, columns]
            patterns = self._patterns_of(self.tasks.index(task), task, (channels, place.shape[2], place.shape[3]))
            place += share * torch.einsum("bc,cdhw->bdhw", task.anchor_weights(labels[task]), patterns)
        return (self.epsilon * delta).to(images.device)

    def _share(self, labels: Mapping[ImageTask, Tensor]) -> Tensor:
        """What each image's patterns are multiplied by, [B, 1, 1, 1]."""
        labelled = torch.stack([~task.unlabelled(label) for task, label in labels.items()]).sum(0)
        among = torch.full_like(labelled, len(labels)) if self._among == "all" else labelled.clamp(min=1)
        share = torch.ones_like(labelled) if self.form == "patch" else among
        return share.double().reciprocal().float()[:, None, None, None]

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
        return {"seed": seed_text(self._seed), "among": self._among}

    def _restore(self, state: dict[str, Any], tensors: dict[str, Tensor], runtime: Runtime) -> None:
        self._start(typed(state, _SavedPatterns))

    def _start(self, saved: _SavedPatterns) -> None:
        self._seed, self._among = read_seed(saved.seed), saved.among
        self._drawn: dict[tuple[int, int, int], Tensor] = {}
