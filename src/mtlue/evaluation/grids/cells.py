"""A grid's cells: which learner trains on which images."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mtlue.data.options import DataOptions
from mtlue.errors import InputError
from mtlue.evaluation.grids.checks import check_expected
from mtlue.evaluation.keys import experiment_key, settled
from mtlue.evaluation.learner import Learner
from mtlue.evaluation.learners.keys import learner_key
from mtlue.evaluation.records import Condition
from mtlue.methods.options import MethodChoice

if TYPE_CHECKING:
    from mtlue.tasks import Task


@dataclass(frozen=True)
class DatasetSize:
    """What a dataset holds, for a dry run without the dataset.

    Args:
        train_images, test_images: how many.
        shape: [C, H, W] of a stored image.
        view: [h, w] that a learner sees.
        classes: how many each image-level task has.
        dense: tasks with labels per pixel: the ``kind`` of each and, for segmentation, how many ``classes``.

    Raises:
        InputError: a shape is incomplete, a number is below 1, or there is no task.
    """

    train_images: int
    test_images: int
    shape: list[int]
    view: list[int]
    classes: list[int] = field(default_factory=list)
    dense: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        for name, values, form in (("shape", self.shape, "[C, H, W]"), ("view", self.view, "[h, w]")):
            if len(values) != form.count(",") + 1 or min(values) < 1:
                raise InputError(f"expect: {name} {values} should be {form}, 1 or more each")
        if not all(isinstance(task.get("classes", 2), int) for task in self.dense):
            raise InputError("expect: classes of a dense task should be a whole number")
        check_expected([*self.shape, *self.view], self.classes, self.dense)
        if min(self.train_images, self.test_images) < 1:
            raise InputError("expect: train_images and test_images should be 1 or more")
        if not (self.classes or self.dense) or min(self.classes, default=2) < 2:
            raise InputError("expect: give at least one task, in classes (2 or more each) or dense")


@dataclass(frozen=True)
class DatasetSpec:
    """A dataset of the grid."""

    name: str
    options: DataOptions
    expected: DatasetSize | None

    def options_below(self, root: Path) -> DataOptions:
        """The options, their ``data`` relative to a folder."""
        return replace(self.options, data=None if self.options.data is None else root / self.options.data)

    @cached_property
    def key(self) -> str:
        """The same for the same options, whatever the name of the dataset and wherever its cache lies."""
        return experiment_key(self.contents)

    @cached_property
    def contents(self) -> dict[str, Any]:
        """What decides a dataset's images: not where its cache lies."""
        return {key: value for key, value in settled(self.options).items() if key not in ("cache", "no_cache")}


@dataclass(frozen=True)
class Perturbation:
    """Which perturbed images a learner trains on; ``method`` is None for clean ones, ``tasks`` are the dataset's."""

    dataset: DatasetSpec
    label: str
    method: MethodChoice | None
    seed: int
    tasks: tuple[Task, ...]

    @property
    def condition(self) -> Condition:
        """What records call these images."""
        if self.method is None:
            return "clean"
        return "noise" if self.method.name == "noise" else "protected"

    @cached_property
    def key(self) -> str:
        """The same for the same images, whatever they are called; another where a default of the method has changed.

        That of clean ones is their dataset's: they have no seed.
        """
        if self.method is None:
            return self.dataset.key
        return experiment_key(self.dataset.contents, self.method.choices(self.tasks), self.seed)


@dataclass(frozen=True)
class Cell:
    """One learner on one kind of images: one record."""

    perturbation: Perturbation
    learner: Learner

    @cached_property
    def key(self) -> str:
        """The same for the same experiment: a record under this key is never computed again."""
        return experiment_key(self.perturbation.key, learner_key(self.learner))
