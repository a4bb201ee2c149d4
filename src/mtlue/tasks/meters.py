"""Meters: torchmetrics' ``Metric`` s that score predictions batch by batch and add up over processes.

Those of labels per pixel, which keep no prediction, are in :mod:`mtlue.tasks.dense_meters`. Sums start on the CPU;
``meter.to(device)`` moves them, which a backend that exchanges tensors of one device (NCCL) needs.
"""

import math
import statistics
from abc import abstractmethod
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import ClassVar

import torch
from torch import Tensor
from torchmetrics import Metric
from torchmetrics.functional.classification import (
    binary_auroc,
    binary_average_precision,
    multiclass_accuracy,
)
from torchmetrics.functional.regression import mean_absolute_error, r2_score
from torchmetrics.utilities.data import dim_zero_cat

from mtlue.tasks.codec import MISSING
from mtlue.tasks.scores import Scores


class Meter(Metric):
    """Scores predictions that are shown batch by batch. Where several processes score a part each, all of them call
    :meth:`scores`, and get those of the whole.

    A kind's meter adds its states with ``add_state``, and says how those of several processes are joined.
    """

    full_state_update = False
    over_classes: ClassVar[bool] = False
    """Whether a metric is a mean over classes, some of which :meth:`leave_out` can leave out."""
    additive: ClassVar[bool] = False
    """Whether every state is a tensor, and that of a test set the sum of its images' states."""

    @abstractmethod
    def update(self, prediction: Tensor, label: Tensor) -> None:
        """Count a batch: what a model says, [B, channels, ...], and the labels, [B, ...]; on any device."""

    @abstractmethod
    def compute(self) -> Scores:
        """All metrics over what was counted so far, by any process; NaN where no label was present."""

    def scores(self) -> Scores:
        """As :meth:`compute`, also before the first batch: a process may have none to show."""
        self._update_count = max(1, self._update_count)  # torchmetrics warns of 0
        scores: Scores = self.compute()
        return scores

    def leave_out(self, classes: Collection[int]) -> None:
        """Let some classes count in no mean over classes; in everything else they count as before."""

    def confusion(self) -> Tensor | None:
        """Counts [true class, predicted class], int64, of what this process has seen; None without classes."""
        return None

    def redrawn(self, metric: str, times: Tensor) -> list[float] | None:
        """A metric for each bootstrap draw of the test images; None where a meter does not know which image is which.

        Args:
            metric: its name.
            times: how often each draw takes each image, [R, N] int64.
        """
        return None


class GatheringMeter(Meter):
    """Keeps every prediction: for one label per image, where they are small and metrics rank them.

    Args:
        score: predictions [N, channels] and labels [N, ...] -> metrics.
        metrics: the metrics' names.

    A process without any batch gives ``update`` an empty one, so that shapes agree.
    """

    predictions: list[Tensor]
    labels: list[Tensor]

    def __init__(self, score: Callable[[Tensor, Tensor], Scores], metrics: Iterable[str]) -> None:
        super().__init__()
        self._score = score
        self._metrics = tuple(metrics)
        self.add_state("predictions", [], dist_reduce_fx="cat")
        self.add_state("labels", [], dist_reduce_fx="cat")

    def update(self, prediction: Tensor, label: Tensor) -> None:
        self.predictions.append(prediction.detach().to(self.device))
        self.labels.append(label.to(self.device))

    def compute(self) -> Scores:
        if not len(self.predictions):
            return dict.fromkeys(self._metrics, math.nan)
        return self._score(*self._gathered())

    def redrawn(self, metric: str, times: Tensor) -> list[float] | None:
        if not len(self.predictions):
            return None
        prediction, label = self._gathered()
        known = len(label) == times.shape[1]
        return self._redrawn(prediction, label, metric, times.to(label.device)) if known else None

    def _redrawn(self, prediction: Tensor, label: Tensor, metric: str, times: Tensor) -> list[float]:
        """Draw by draw, as if each were a test set; a kind may know a faster way."""
        rows = (torch.arange(len(label), device=label.device).repeat_interleave(draw) for draw in times)
        return [self._score(prediction[row], label[row])[metric] for row in rows]

    def _gathered(self) -> tuple[Tensor, Tensor]:
        return dim_zero_cat(self.predictions), dim_zero_cat(self.labels)


class ClassMeter(GatheringMeter):
    """Accuracies and rankings of classes: predictions are logits [B, C], labels [B]."""

    over_classes = True

    def __init__(self, classes: int) -> None:
        super().__init__(self._of_present, ("accuracy", "balanced_accuracy", "auc", "average_precision"))
        self._classes = classes
        self._counted = torch.ones(classes, dtype=torch.bool)

    def leave_out(self, classes: Collection[int]) -> None:
        self._counted[list(classes)] = False

    def confusion(self) -> Tensor:
        if not len(self.predictions):
            return torch.zeros(self._classes, self._classes, dtype=torch.int64)
        prediction, label = self._gathered()
        return self._confusions(prediction, label, torch.ones(1, len(label), dtype=torch.int64))[0]

    def _of_present(self, prediction: Tensor, label: Tensor) -> Scores:
        present = label != MISSING
        prediction, label = prediction[present], label[present]
        if not len(label) or bool(prediction.isnan().any()):
            return dict.fromkeys(self._metrics, math.nan)
        return {**self._decisions(prediction.argmax(1), label), **self._rankings(prediction, label)}

    def _decisions(self, predicted: Tensor, label: Tensor) -> Scores:
        recalls = multiclass_accuracy(predicted, label, num_classes=self._classes, average="none")
        return {
            "accuracy": float((predicted == label).float().mean()),
            "balanced_accuracy": float(recalls[self._occurring(label)].mean()),
        }

    def _rankings(self, prediction: Tensor, label: Tensor) -> Scores:
        occurring = self._occurring(label).nonzero().flatten().tolist()
        if len(occurring) < 2:
            return {"auc": math.nan, "average_precision": math.nan}
        ranked = [1] if self._classes == 2 else occurring
        sides = [(ranks(log_odds(prediction, c)), (label == c).long()) for c in ranked]
        return {
            "auc": statistics.fmean(float(binary_auroc(*side)) for side in sides),
            "average_precision": statistics.fmean(float(binary_average_precision(*side)) for side in sides),
        }

    def _occurring(self, label: Tensor) -> Tensor:
        """Which classes occur, of those that count."""
        return (torch.bincount(label, minlength=self._classes) > 0) & self._counted.to(label.device)

    def _redrawn(self, prediction: Tensor, label: Tensor, metric: str, times: Tensor) -> list[float]:
        if metric != "balanced_accuracy":
            return super()._redrawn(prediction, label, metric, times)
        counts = self._confusions(prediction, label, times)[:, self._counted].double()
        occurring = counts.sum(2)
        recalls = counts[:, :, self._counted].diagonal(dim1=1, dim2=2) / occurring
        balanced: list[float] = recalls.nanmean(1).tolist()
        return [math.nan] * len(times) if bool(prediction.isnan().any()) else balanced

    def _confusions(self, prediction: Tensor, label: Tensor, times: Tensor) -> Tensor:
        """Counts of each draw, [R, true class, predicted class]."""
        present = label != MISSING
        cells = label[present] * self._classes + prediction[present].argmax(1)
        empty = torch.zeros(len(times), self._classes**2, dtype=torch.int64, device=label.device)
        counts = empty.index_add_(1, cells, times.to(label.device)[:, present])
        return counts.reshape(-1, self._classes, self._classes)


def log_odds(prediction: Tensor, index: int) -> Tensor:
    """The logits [B, C] of one class against all others, [B]: probabilities of sure predictions round to 1, and tie."""
    others = torch.arange(prediction.shape[1], device=prediction.device) != index
    values = prediction.double()
    return values[:, index] - values[:, others].logsumexp(1)


def ranks(values: Tensor) -> Tensor:
    """Values [B] as equally spaced numbers in 0..1 in the same order, equal ones as equal ones.

    >>> ranks(torch.tensor([7.0, -3.0, 7.0, 20.0]))
    tensor([0.5000, 0.0000, 0.5000, 1.0000], dtype=torch.float64)
    """
    distinct, place = values.unique(return_inverse=True)
    order: Tensor = place.double()
    return order / max(1, len(distinct) - 1)


class NumberMeter(GatheringMeter):
    """Each metric's mean over the numbers of a label that have one.

    Args:
        unscaled: predictions [N, size] -> the labels' unit.
        size: numbers per label.
    """

    def __init__(self, unscaled: Callable[[Tensor], Tensor], size: int) -> None:
        super().__init__(self._means, ("r2", "absolute_error"))
        self._unscaled = unscaled
        self._size = size

    def _means(self, prediction: Tensor, label: Tensor) -> Scores:
        numbers, truth = self._unscaled(prediction), label.reshape(len(label), self._size)
        by_number = [_number_scores(numbers[:, i], truth[:, i]) for i in range(self._size)]
        return {metric: _mean([scores[metric] for scores in by_number]) for metric in self._metrics}

    def _redrawn(self, prediction: Tensor, label: Tensor, metric: str, times: Tensor) -> list[float]:
        if metric != "absolute_error":
            return super()._redrawn(prediction, label, metric, times)
        truth, weights = label.reshape(len(label), self._size), times.double()
        present = ~truth.isnan()
        error = (self._unscaled(prediction) - truth).abs().double().where(present, 0)
        means: list[float] = ((weights @ error) / (weights @ present.double())).nanmean(1).tolist()
        return means


def _number_scores(predicted: Tensor, label: Tensor) -> Scores:
    """Of one number, [N]."""
    present = ~label.isnan()
    if not present.any():
        return {"r2": math.nan, "absolute_error": math.nan}
    predicted, label = predicted[present].double(), label[present].double()
    return {
        "r2": float(r2_score(predicted, label)) if bool((label != label[0]).any()) else math.nan,
        "absolute_error": float(mean_absolute_error(predicted, label)),
    }


def _mean(values: Sequence[float]) -> float:
    present = [value for value in values if not math.isnan(value)]
    return statistics.fmean(present) if present else math.nan
