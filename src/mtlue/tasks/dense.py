"""Dense tasks: a label for every pixel, read from a file of its own."""

from abc import abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from mtlue.errors import InputError
from mtlue.tasks.base import ImageTask, LabelColumn, Scores, Task, View

FITTED_MAPS = 1000
FITTED_BYTES = 2**28
"""The trivial predictor is fitted on so many training maps at most, of so many bytes together, evenly spaced."""
_CHUNK = 16


class UnusableMapError(Exception):
    """These numbers are no label map of a task; the text says why, without the file's name."""


class DenseTask(Task):
    """A task with a label a pixel: labels of a batch are [B, H, W], or [B, 3, H, W] for vectors.

    Labels are kept as ``stored`` numbers, in which ``absent`` in every channel says that a pixel carries none.
    """

    stored: ClassVar[str]
    """NumPy dtype of a label map in memory and on disk."""
    absent: ClassVar[float]
    """What a pixel without a label holds."""
    suffix: ClassVar[str] = ".npy"
    """Of a released label map: an array, or a PNG of whole numbers."""
    vector: ClassVar[int] = 0
    """Numbers a pixel; 0 for a single one, which has no axis."""
    exact: ClassVar[bool] = False
    """Whether a file's numbers stand for something, so that a lossy format would change it."""
    code_weight: ClassVar[float] = 1.0
    """Scale of its anchors beside those of other dense tasks where all share one code of few symbols."""

    @property
    def colour(self) -> bool:
        """Whether image files are read as RGB; else as the numbers (or palette indices) that they hold."""
        return False

    @abstractmethod
    def read(self, values: NDArray[Any]) -> tuple[NDArray[Any], Sequence[str]]:
        """The label map that a file's numbers mean, and what was changed on the way.

        Args:
            values: [H, W] or [H, W, channels], as an array file or a decoded image holds them.

        Returns:
            [H, W] or [vector, H, W] of ``stored`` numbers; notes.

        Raises:
            UnusableMapError: they cannot be this task's labels.
        """

    @abstractmethod
    def released(self, label: Tensor) -> NDArray[Any]:
        """The numbers of a label map's file in a release, [H, W] or [H, W, vector]: what :meth:`rule` reads back."""

    @property
    @abstractmethod
    def planes(self) -> int:
        """How many anchors a pixel's label is told in: one a class; for numbers, one a place in their range."""

    @abstractmethod
    def encoded(self, label: Tensor) -> Tensor:
        """A batch of label maps as the generator sees it: how much of each anchor a pixel's label is.

        Returns:
            Float [B, planes, H, W], from 0 to 1; a pixel's planes sum to 1, or are all 0 where it has no label.
        """

    def blank_labels(self, count: int, size: tuple[int, int]) -> Tensor:
        """One map in memory, however many there are."""
        return torch.from_numpy(self.blank(size)).expand(count, *self.label_shape(size))

    def seen(self, label: Tensor, view: View) -> Tensor:
        return view.cut(label)

    @abstractmethod
    def scaled(self, label: Tensor) -> Tensor:
        """One label for people to look at, float in 0..1: [H, W], or [3, H, W] of colours."""

    @abstractmethod
    def constants(self, train: Iterable[Tensor]) -> Mapping[tuple[str, ...], Tensor]:
        """What the best predictor that never looks at an image says at each pixel.

        Args:
            train: label maps of training images in chunks, [B, ..., H, W] each; read once.

        Returns:
            Metrics -> the prediction that is the best constant by them, [channels, H, W]. At a pixel where no training
            image carries a label it is the best constant of all pixels.
        """

    def trivial(self, train: LabelColumn, test: LabelColumn) -> Scores:
        """Scores of the best constant of each pixel: it knows where in an image what usually is, and no image.

        It is fitted on :data:`FITTED_MAPS` training images at most.
        """
        scores: Scores = {}
        for metrics, constant in self.constants(_chunks(train, _fitted(train))).items():
            meter = self.meter()
            for label in _chunks(test, torch.arange(len(test))):
                meter.update(constant.expand(len(label), *constant.shape), label)
            found = meter.scores()
            scores |= {metric: found[metric] for metric in metrics}
        return {metric: scores[metric] for metric in self.metrics}

    def label_shape(self, size: tuple[int, int]) -> tuple[int, ...]:
        """The shape of one label of an image of (H, W)."""
        return (self.vector, *size) if self.vector else size

    def blank(self, size: tuple[int, int]) -> NDArray[Any]:
        """The label map of an image of (H, W) that has none."""
        return np.full(self.label_shape(size), self.absent, self.stored)


def _fitted(train: LabelColumn) -> Tensor:
    """Positions of the training maps that the trivial predictor is fitted on."""
    first = train[:1]
    most = min(FITTED_MAPS, max(1, FITTED_BYTES // (first.numel() * first.element_size())))
    count = min(len(train), most)
    return torch.arange(count) * len(train) // count


def _chunks(column: LabelColumn, positions: Tensor) -> Iterator[Tensor]:
    return (column[some] for some in torch.split(positions, _CHUNK))


def single(values: NDArray[Any], name: str) -> NDArray[Any]:
    """[H, W] of an array [H, W] or [H, W, 1]."""
    if values.ndim == 3 and values.shape[2] == 1:
        values = values[:, :, 0]
    if values.ndim != 2:
        raise UnusableMapError(f"its shape is {shape(values)}: {name} is one number a pixel, [H, W]")
    return numbers(values)


def numbers(values: NDArray[Any]) -> NDArray[Any]:
    """The same array, if it holds numbers."""
    if values.dtype.kind not in "biuf":
        raise UnusableMapError(f"it holds {values.dtype}, no numbers")
    return values


def shape(values: NDArray[Any]) -> str:
    """A shape for a person to read."""
    return "x".join(map(str, values.shape)) or "a single number"


def image_tasks(tasks: Sequence[Task], what: str) -> tuple[ImageTask, ...]:
    """The same tasks, all image-level: where only those can be used so far.

    Raises:
        InputError: names the first dense task.
    """
    dense = [task for task in tasks if not isinstance(task, ImageTask)]
    if dense:
        raise InputError(
            f"task '{dense[0].name}' ({dense[0].kind}) has a label a pixel, and {what} takes tasks with one label an "
            "image so far: leave it out with --tasks"
        )
    return tuple(task for task in tasks if isinstance(task, ImageTask))


def by_level(tasks: Sequence[Task]) -> tuple[tuple[ImageTask, ...], tuple[DenseTask, ...]]:
    """The tasks with one label an image and those with one a pixel, each in their order."""
    whole = tuple(task for task in tasks if isinstance(task, ImageTask))
    return whole, tuple(task for task in tasks if isinstance(task, DenseTask))
