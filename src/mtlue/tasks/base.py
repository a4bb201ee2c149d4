"""What a label is. A task alone knows its loss, wrong target, metrics, trivial scores and number of output channels."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

import torch
from torch import Tensor

from mtlue.errors import InputError

Scores = dict[str, float]
"""Metric name -> value. Names and directions are listed in ``Task.metrics``."""


class View(Protocol):
    """What one draw of a pipeline shows of each image of a batch."""

    @property
    def mirrored(self) -> Tensor | None:
        """Which images are mirrored left to right, [B] bool; None where none is."""

    def cut(self, maps: Tensor) -> Tensor:
        """[B, ..., H, W] -> [B, ..., h, w]: the window of each image, mirrored where the image is."""


class LabelColumn(Protocol):
    """Labels of many images, [N, ...]: a tensor, or what reads the rows that are asked for from disk."""

    def __len__(self) -> int: ...

    def __getitem__(self, index: slice | Tensor, /) -> Tensor:
        """The labels of some images, [B, ...]."""


class Meter(ABC):
    """Scores predictions that are shown batch by batch, so that those of a whole test set never lie in memory."""

    @abstractmethod
    def update(self, prediction: Tensor, label: Tensor) -> None:
        """Count a batch: what a model says, [B, channels, ...], and the labels; on any device."""

    @abstractmethod
    def scores(self) -> Scores:
        """All metrics over what was counted so far; NaN where no label was present."""


class GatheringMeter(Meter):
    """Keeps every prediction: for one label an image, where they are small and metrics rank them."""

    def __init__(self, score: Callable[[Tensor, Tensor], Scores], metrics: Iterable[str]) -> None:
        self._score = score
        self._metrics = tuple(metrics)
        self._seen: list[tuple[Tensor, Tensor]] = []

    def update(self, prediction: Tensor, label: Tensor) -> None:
        self._seen.append((prediction.cpu(), label.cpu()))

    def scores(self) -> Scores:
        if not self._seen:
            return dict.fromkeys(self._metrics, float("nan"))
        predictions, labels = zip(*self._seen, strict=True)
        return self._score(torch.cat(predictions), torch.cat(labels))


class UnknownLabelError(InputError):
    """A text that is no label of a task; ``position`` is its place in the column."""

    def __init__(self, message: str, position: int) -> None:
        super().__init__(message)
        self.position = position


@dataclass(frozen=True)
class Task(ABC):
    """One question asked of every image.

    Labels of a batch are one tensor, [B] for an :class:`ImageTask` and [B, ..., H, W] for a dense one. A missing
    label counts in no loss and no metric.
    """

    name: str
    kind: ClassVar[str]
    metrics: ClassVar[dict[str, bool]]
    """Metric name -> True where higher is better."""
    headline: ClassVar[str]
    """The metric that recovery is reported in first."""

    @property
    @abstractmethod
    def channels(self) -> int:
        """How many output channels a model needs for this task."""

    @abstractmethod
    def describe(self) -> str:
        """The classes or the range, for a person to read."""

    @abstractmethod
    def counts(self, label: Tensor) -> dict[str, int]:
        """How many images carry each class (somewhere, if the task is dense), in their order; empty without classes."""

    def members(self, label: Tensor) -> dict[str, Tensor]:
        """Which images of a batch carry each class: booleans [B]; empty where labels are no classes of an image."""
        return {}

    @property
    @abstractmethod
    def chance_loss(self) -> float:
        """The loss, about, of the best predictor that never looks at an image, on labels that are spread evenly."""

    @abstractmethod
    def loss(self, prediction: Tensor, label: Tensor) -> Tensor:
        """Scalar mean loss over the labels that are present; 0 (with a graph) where none is."""

    @abstractmethod
    def wrong_target(self, label: Tensor) -> Tensor:
        """The label that TAP and SEP drive a surrogate to; missing labels stay missing."""

    @abstractmethod
    def missing(self, label: Tensor) -> Tensor:
        """Boolean tensor of the label's shape, True where the label is missing."""

    @abstractmethod
    def blank_labels(self, count: int, size: tuple[int, int]) -> Tensor:
        """The labels of ``count`` images of (H, W) that have none."""

    def seen(self, label: Tensor, view: View) -> Tensor:
        """The labels of a batch as they hold for a view of its images; those of whole images do not change."""
        return label

    @abstractmethod
    def fault(self, labels: Tensor) -> tuple[int, str] | None:
        """The first of a column of labels, [N, ...], that cannot be one, and why; None where all can."""

    def unlabelled(self, label: Tensor) -> Tensor:
        """[B] bool: which images of a batch carry no label at all."""
        return self.missing(label).reshape(len(label), -1).all(1)

    @abstractmethod
    def meter(self) -> Meter:
        """A fresh meter of all metrics."""

    def score(self, prediction: Tensor, label: Tensor) -> Scores:
        """All metrics of one batch, as if it were the whole test set; NaN where no label is present."""
        meter = self.meter()
        meter.update(prediction, label)
        return meter.scores()

    @abstractmethod
    def trivial(self, train: LabelColumn, test: LabelColumn) -> Scores:
        """Scores on ``test`` of the best predictor that never looks at an image, fitted on ``train``."""

    @abstractmethod
    def correct(self, prediction: Tensor, label: Tensor) -> tuple[Tensor, Tensor]:
        """(number of right predictions, number of labels present), int64: the training error that EM stops on."""

    def rule(self) -> dict[str, Any] | None:
        """What a tasks file says so that a release's column is read as this task; None where the column says it."""
        return None

    @abstractmethod
    def to_json(self) -> dict[str, Any]:
        """A description from which :func:`mtlue.tasks.task_from_json` builds the task again."""


class ImageTask(Task):
    """A task with one label an image: labels of a batch are [B], or [B, size] where a label is several numbers."""

    @property
    @abstractmethod
    def anchors(self) -> int:
        """How many maps the generator keeps for this task: one a class; for numbers, one a place in their ranges."""

    @abstractmethod
    def anchor_weights(self, label: Tensor) -> Tensor:
        """How much of each map an image with this label gets: [B] -> [B, anchors], rows that sum to 1.

        Rows of images without any label are of no use; the caller replaces them.
        """

    def blank_labels(self, count: int, size: tuple[int, int]) -> Tensor:
        return self.parse([None] * count)

    @abstractmethod
    def format(self, label: Tensor) -> str:
        """One label as text for a table; the empty string where it is missing."""

    @abstractmethod
    def parse(self, texts: Sequence[str | None]) -> Tensor:
        """The labels, [N, ...], that a table's cells mean; the missing label for None.

        Raises:
            UnknownLabelError: a text is no label of this task; says which ones are.
        """


def masked_mean(values: Tensor, present: Tensor) -> Tensor:
    """Mean of ``values`` where ``present``; 0, with their graph, where nothing is. The device is not waited for."""
    return torch.where(present, values, torch.zeros_like(values)).sum() / present.sum().clamp(min=1)
