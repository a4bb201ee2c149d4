"""How many classes a fit has to hide: its length follows those that enough images carry."""

from collections import Counter
from collections.abc import Sequence

from mtlue.arrays.mapped_array import chunks
from mtlue.data import ArrayDataset
from mtlue.tasks import Task, by_level

RARE = 10
"""Training images that a class should have at least: fewer can hardly be protected or measured."""


def image_level_classes(tasks: Sequence[Task]) -> int:
    """Class maps that a generator keeps for all image-level tasks together."""
    return sum(task.anchors for task in by_level(tasks)[0])


def frequent_classes(images: ArrayDataset) -> int:
    """The same without classes that fewer than :data:`RARE` of these images carry, 0 or more.

    Places in the range of a number count all: their labels are no classes.
    """
    return sum(_frequent(task, images) for task in by_level(images.tasks)[0])


def _frequent(task: Task, images: ArrayDataset) -> int:
    carried = Counter[str]()
    for _, labels in chunks(images.labels[task.name]):
        carried.update(task.counts(labels))
    return sum(count >= RARE for count in carried.values()) if carried else task.anchors
