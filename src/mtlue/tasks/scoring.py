"""Scoring: how well a model does on clean test images, and how well anyone does who never looks at one."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, ClassVar, Protocol

from mtlue.errors import InputError
from mtlue.tasks.learning import Named
from mtlue.tasks.scores import Scores

if TYPE_CHECKING:
    from torch import Tensor

    from mtlue.tasks.meters import Meter


class LabelColumn(Protocol):
    """Labels of many images, [N, ...]: a tensor, or an object that reads the rows that are asked for from disk."""

    def __len__(self) -> int: ...

    def __getitem__(self, index: slice | Tensor, /) -> Tensor:
        """The labels of some images, [B, ...]."""


class Scoring(Named, ABC):
    """Metrics. A missing label counts in none of them."""

    metrics: ClassVar[dict[str, bool]]
    """Metric name -> True where higher is better."""
    headline: ClassVar[str]
    """The metric that recovery is reported in first."""

    @abstractmethod
    def meter(self) -> Meter:
        """A fresh meter of all metrics."""

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
        return self._constant_scores([train[:]], lambda: [test[:]])

    def _constant_scores(self, train: Iterable[Tensor], test: Callable[[], Iterable[Tensor]]) -> Scores:
        """Scores of :meth:`constants`; ``test`` gives the test labels in chunks, once for each constant."""
        scores: Scores = {}
        for metrics, constant in self.constants(train).items():
            meter = self.meter()
            for label in test():
                meter.update(constant.expand(len(label), *constant.shape), label)
            own = meter.scores()
            scores |= {metric: own[metric] for metric in metrics}
        return {metric: scores[metric] for metric in self.metrics}


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
