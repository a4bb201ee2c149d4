"""What a fit takes, told before it begins, and what it took. Imports nothing heavy."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mtlue.data import ArrayDataset, Pipeline
    from mtlue.tasks import Task


@dataclass(frozen=True)
class FitSize:
    """What decides how long a fit takes, besides the method's settings.

    Attributes:
        tasks: of the dataset.
        images: that it is fitted on, how many.
        shape: (C, H, W) of an image.
        view: (h, w) that a learner sees.
        classes: of all image-level tasks, those that enough of the images carry
            (:func:`mtlue.methods.class_counts.frequent_classes`); None where all count.
    """

    tasks: tuple[Task, ...]
    images: int
    shape: tuple[int, int, int]
    view: tuple[int, int]
    classes: int | None = None

    @classmethod
    def of(cls, training: ArrayDataset, pipeline: Pipeline) -> FitSize:
        """The size of a fit on images that are there."""
        from mtlue.methods.class_counts import frequent_classes

        shape = pipeline.image_shape
        return cls(training.tasks, len(training), shape, pipeline.crop or shape[1:], frequent_classes(training))


@dataclass(frozen=True)
class FitPart:
    """A part of a fit that takes its steps in one way.

    Attributes:
        flops: floating-point operations of all its steps.
        backbone: of the network that most of them go through.
        images: of a step.
        kept: whether what it trains is kept for other fits and for an interrupted one.
    """

    flops: float
    backbone: str
    images: int
    kept: bool = False


@dataclass(frozen=True)
class FitRecord:
    """What happened while a method was fitted: curves by name, and seconds by stage.

    The numbers of a curve are evenly spaced over its training: ten per epoch for the generator, one for other models.
    """

    curves: dict[str, list[float]] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
