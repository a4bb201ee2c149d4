"""What the cost of a training, or of a countermeasure, depends on in a dataset. Imports nothing heavy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mtlue.methods.work import FitSize

if TYPE_CHECKING:
    from mtlue.data import ArrayDataset, Pipeline
    from mtlue.methods import MethodChoice
    from mtlue.tasks import Task


@dataclass(frozen=True)
class DatasetShape:
    """What the estimate needs to know of a dataset.

    Attributes:
        tasks: of all images.
        train_images, test_images, own_images: how many; ``own_images`` are the attacker's own.
        shape: (C, H, W) of an image.
        view: (h, w) that a learner sees.
        method: of the release, as an attacker would run it.
        classes, own_classes: those of image-level tasks that enough training images, and enough of the attacker's own,
            carry (:func:`mtlue.methods.class_counts.frequent_classes`); None where all count.
    """

    tasks: tuple[Task, ...]
    train_images: int
    test_images: int
    shape: tuple[int, int, int]
    view: tuple[int, int]
    own_images: int = 0
    method: MethodChoice | None = None
    classes: int | None = None
    own_classes: int | None = None

    @property
    def fit(self) -> FitSize:
        """Of a method's fit on the training images."""
        return FitSize(self.tasks, self.train_images, self.shape, self.view, self.classes)

    @classmethod
    def of_images(cls, training: ArrayDataset, test: ArrayDataset, pipeline: Pipeline) -> DatasetShape:
        """The size of images that are there."""
        channels, height, width = training.images.shape[1:]
        view = pipeline.crop or (height, width)
        return cls(tuple(training.tasks), len(training), len(test), (channels, height, width), view)
