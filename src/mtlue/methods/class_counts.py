"""How many classes a fit has to hide: its length follows those that enough images carry."""

from collections import Counter
from collections.abc import Sequence

from mtlue.arrays.mapped_array import chunks
from mtlue.data import ArrayDataset
from mtlue.methods.scope import Scope
from mtlue.tasks import Task, by_level

RARE = 10
"""Training images that a class should have at least: fewer can hardly be protected or measured."""


def image_level_classes(tasks: Sequence[Task]) -> int:
    """Class maps that a generator keeps for all image-level tasks together."""
    return sum(task.anchors for task in by_level(tasks)[0])


def classes_to_hide(tasks: Sequence[Task], scope: Scope) -> int:
    """Classes of all protected image-level tasks together; numbers have none."""
    protected = by_level(scope.protected(tasks))[0]
    return sum(len(task.members(task.blank_labels(1, (1, 1)))) for task in protected)


def frequent_classes(images: ArrayDataset) -> int:
    """Those class maps without classes that fewer than :data:`RARE` of these images carry, 0 or more.

    Places in the range of a number count all: their labels are no classes.
    """
    return sum(_frequent(task, images) for task in by_level(images.tasks)[0])


def _frequent(task: Task, images: ArrayDataset) -> int:
    carried = Counter[str]()
    for _, labels in chunks(images.labels[task.name]):
        carried.update(task.counts(labels))
    return sum(count >= RARE for count in carried.values()) if carried else task.anchors
