"""Scoring: how well a model does on clean test images, and how well anyone does who never looks at one."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, ClassVar, Protocol, TypeVar

from mtlue.errors import InputError
from mtlue.tasks.learning import Named
from mtlue.tasks.scores import Scores

if TYPE_CHECKING:
    from torch import Tensor

    from mtlue.tasks.meters import Meter


COUNTED_FROM = 20
"""Test images that a class needs to count in a mean over classes: with fewer, one image moves it by more than 5 %."""
ENOUGH_OF_RARE = 100
"""Test images beyond the commonest class that make up for classes of fewer than :data:`COUNTED_FROM` each."""


class LabelColumn(Protocol):
    """Labels of many images, [N, ...]: a tensor, or an object that reads the rows that are asked for from disk."""

    def __len__(self) -> int: ...

    def __getitem__(self, index: slice | Tensor, /) -> Tensor:
        """The labels of some images, [B, ...]."""


class Tested(Protocol):
    """What is shown predictions and labels."""

    def update(self, prediction: Tensor, label: Tensor) -> None: ...


T = TypeVar("T", bound=Tested)


class Scoring(Named, ABC):
    """Metrics. A missing label counts in none of them."""

    metrics: ClassVar[dict[str, bool]]
    """Metric name -> True where higher is better."""
    headline: ClassVar[str]
    """The metric that recovery is reported in first."""

    @abstractmethod
    def meter(self) -> Meter:
        """A fresh meter of all metrics."""

    def uncounted(self, images: Mapping[str, int]) -> dict[str, int]:
        """Classes that count in no mean over classes, as one image of theirs would decide too much, with their images.

        Where fewer than two classes have :data:`COUNTED_FROM` test images, all count.

        Args:
            images: class -> its test images.
        """
        rare = {name: count for name, count in images.items() if count < COUNTED_FROM}
        return rare if rare and len(images) - len(rare) > 1 and self.meter().over_classes else {}

    def is_judged(self, images: Mapping[str, int], labelled: int) -> bool:
        """Whether test images are enough to tell what a learner knows of the task.

        They are where two classes count, or where there are :data:`ENOUGH_OF_RARE` images of many rare classes. Of a
        task without means over classes, :data:`COUNTED_FROM` labels are enough.

        Args:
            images: class -> its test images; empty for tasks without classes.
            labelled: test images that carry a label.
        """
        if not images or not self.meter().over_classes:
            return labelled >= COUNTED_FROM
        beyond = sum(images.values()) - max(images.values())
        counted = sum(count >= COUNTED_FROM for count in images.values())
        return counted > 1 or min(beyond, labelled) >= ENOUGH_OF_RARE

    @abstractmethod
    def constants(self, train: Iterable[Tensor]) -> Mapping[tuple[str, ...], Tensor]:
        """What the best predictor that never looks at an image says.

        Args:
            train: labels of training images in chunks, [B, ...] each; read once.

        Returns:
            Names of metrics -> the prediction that is the best constant by them, [channels, ...]: one for every image,
            and for labels per pixel one for each pixel of it.
        """

    def score(self, prediction: Tensor, label: Tensor) -> Scores:
        """All metrics of one batch, as if it were the whole test set; NaN where no label is present."""
        meter = self.meter()
        meter.update(prediction, label)
        return meter.scores()

    def trivial(self, train: LabelColumn, test: LabelColumn) -> Scores:
        """Scores on ``test`` of the best predictor that never looks at an image, fitted on ``train``."""
        tests = self.constant_tests(train, test, self.meter)
        return best_constants(self.metrics, {names: meter.scores() for names, meter in tests.items()})

    def constant_tests(self, train: LabelColumn, test: LabelColumn, start: Callable[[], T]) -> dict[tuple[str, ...], T]:
        """Test what :meth:`constants` gives.

        Args:
            train: what it is fitted on.
            test: labels of test images.
            start: a fresh meter, or another object that is updated with predictions and labels.

        Returns:
            Names of metrics -> what tested the constant that is best by them.
        """
        tests = {}
        for metrics, constant in self.constants(self.fitted(train)).items():
            tests[metrics] = start()
            for label in self.in_chunks(test):
                tests[metrics].update(constant.expand(len(label), *constant.shape), label)
        return tests

    def fitted(self, train: LabelColumn) -> Iterable[Tensor]:
        """Labels of training images that the predictor that never looks at an image is fitted on, in chunks."""
        return [train[:]]

    def in_chunks(self, column: LabelColumn) -> Iterable[Tensor]:
        """All labels of a column, in chunks that fit into memory."""
        return [column[:]]


def best_constants(metrics: Iterable[str], scores: Mapping[tuple[str, ...], Scores]) -> Scores:
    """Each metric by the constant that is best by it, in the order of ``metrics``."""
    found = {metric: own[metric] for names, own in scores.items() for metric in names}
    return {metric: found[metric] for metric in metrics}


def check_meters(tasks: Iterable[Scoring]) -> None:
    """Refuse tasks whose meter could not score a learner, before one is trained. One task of each class is looked at.

    Raises:
        InputError: a task's ``meter()`` gives something else than a :class:`~mtlue.tasks.Meter`.
    """
    from mtlue.tasks.meters import Meter

    for task in {type(task): task for task in tasks}.values():
        meter: object = task.meter()
        if not isinstance(meter, Meter):
            kind = getattr(task, "kind", type(task).__name__)
            raise InputError(
                f"meter() of the kind of task '{kind}' gives {_kind_of(meter)}: give a "
                "mtlue.tasks.GatheringMeter, or an object of your own class that derives from mtlue.tasks.Meter"
            )


def _kind_of(value: object) -> str:
    return "nothing" if value is None else f"an object of {type(value).__module__}.{type(value).__qualname__}"
