"""A grid's cells: which learner trains on which images, and the keys that tell what was computed already."""

import hashlib
from dataclasses import MISSING, asdict, dataclass, field, fields
from functools import cached_property
from typing import Any

from mtlue._version import __version__
from mtlue.data.options import DataOptions
from mtlue.errors import InputError
from mtlue.evaluation.grid_checks import check_expected
from mtlue.evaluation.protocol import Learner
from mtlue.evaluation.records import Data
from mtlue.methods.options import MethodChoice
from mtlue.tasks import Task


@dataclass(frozen=True)
class Expected:
    """What a dataset holds, for a dry run where it is not at hand.

    Args:
        train_images, test_images: how many.
        shape: [C, H, W] of a stored image.
        view: [h, w] that a learner sees.
        classes: how many each image-level task has.
        dense: tasks with a label a pixel: each its ``kind`` and, for segmentation, how many ``classes``.

    Raises:
        InputError: sides are lacking, nothing is counted, or there is no task.
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
        if not all(isinstance(each.get("classes", 2), int) for each in self.dense):
            raise InputError("expect: classes of a dense task should be a whole number")
        check_expected([*self.shape, *self.view], self.classes, self.dense)
        if min(self.train_images, self.test_images) < 1:
            raise InputError("expect: train_images and test_images should be 1 or more")
        if not (self.classes or self.dense) or min(self.classes, default=2) < 2:
            raise InputError("expect: give one task at least, in classes (2 or more each) or dense")


@dataclass(frozen=True)
class DatasetSpec:
    """A dataset of the grid."""

    name: str
    options: DataOptions
    expected: Expected | None

    @cached_property
    def key(self) -> str:
        """The same for the same options, whatever the dataset is called and wherever its cache lies."""
        return key_of(self.chosen)

    @cached_property
    def chosen(self) -> dict[str, Any]:
        """What decides a dataset's images: not where its cache lies."""
        return {key: value for key, value in _chosen(self.options).items() if key not in ("cache", "no_cache")}


@dataclass(frozen=True)
class Perturbation:
    """Which perturbed images a learner trains on; ``method`` is None for clean ones, ``tasks`` are the dataset's."""

    dataset: DatasetSpec
    label: str
    method: MethodChoice | None
    seed: int
    tasks: tuple[Task, ...]

    @property
    def data(self) -> Data:
        """The kind that records name."""
        if self.method is None:
            return "clean"
        return "noise" if self.method.name == "noise" else "protected"

    @cached_property
    def key(self) -> str:
        """The same for the same images, whatever they are called; another where a default of the method has changed."""
        return key_of(self.dataset.chosen, self.method.choices(self.tasks) if self.method else None, self.seed)


@dataclass(frozen=True)
class Cell:
    """One learner on one kind of images: one record."""

    perturbation: Perturbation
    learner: Learner

    @cached_property
    def key(self) -> str:
        """The same for the same experiment: a record that stands under it is never computed again."""
        perturbed = self.perturbation
        images = perturbed.key if perturbed.method else perturbed.dataset.key
        return key_of(images, _chosen(self.learner))


def _chosen(options: Any) -> dict[str, Any]:
    """The fields of a dataclass that are not its defaults: an option that is added later changes no key."""
    required = {item.name for item in fields(options) if item.default is MISSING and item.default_factory is MISSING}
    default = type(options)(**{name: getattr(options, name) for name in required})
    return {
        name: value for name, value in asdict(options).items() if name in required or value != asdict(default)[name]
    }


def key_of(*values: Any) -> str:
    return hashlib.sha256(repr((__version__, *values)).encode()).hexdigest()[:20]
