"""Meters: torchmetrics' ``Metric`` s that score predictions batch by batch and add up over processes.

No dense prediction is kept. Sums start on the CPU; ``meter.to(device)`` moves them, which a backend that exchanges
tensors of one device (NCCL) needs.
"""

import math
import statistics
from abc import abstractmethod
from collections.abc import Callable, Iterable, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor
from torchmetrics import Metric
from torchmetrics.functional.classification import (
    binary_auroc,
    binary_average_precision,
    multiclass_accuracy,
    multiclass_confusion_matrix,
)
from torchmetrics.functional.regression import mean_absolute_error, r2_score
from torchmetrics.utilities.data import dim_zero_cat

from mtlue.tasks.codec import MISSING
from mtlue.tasks.normals import BINS_PER_DEGREE, WITHIN
from mtlue.tasks.scoring import Scores


class Meter(Metric):
    """Scores predictions that are shown batch by batch. Where several processes score a part each, all of them call
    :meth:`scores`, and get those of the whole.

    A kind's meter adds its states with ``add_state``, and says how those of several processes are joined.
    """

    full_state_update = False

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
        return self._score(dim_zero_cat(self.predictions), dim_zero_cat(self.labels))


class ClassMeter(GatheringMeter):
    """Accuracies and rankings of classes: predictions are logits [B, C], labels [B]."""

    def __init__(self, classes: int) -> None:
        super().__init__(self._of_present, ("accuracy", "balanced_accuracy", "auc", "average_precision"))
        self._classes = classes

    def _of_present(self, prediction: Tensor, label: Tensor) -> Scores:
        present = label != MISSING
        if not bool(present.any()):
            return dict.fromkeys(self._metrics, math.nan)
        prediction, label = prediction[present].float(), label[present]
        return {**self._decisions(prediction.argmax(1), label), **self._rankings(prediction.softmax(1), label)}

    def _decisions(self, predicted: Tensor, label: Tensor) -> Scores:
        recalls = multiclass_accuracy(predicted, label, num_classes=self._classes, average="none")
        return {
            "accuracy": float((predicted == label).float().mean()),
            "balanced_accuracy": float(recalls[self._occurring(label)].mean()),
        }

    def _rankings(self, probability: Tensor, label: Tensor) -> Scores:
        occurring = self._occurring(label).nonzero().flatten().tolist()
        if len(occurring) < 2:
            return {"auc": math.nan, "average_precision": math.nan}
        ranked = [1] if self._classes == 2 else occurring
        sides = [(probability[:, c], (label == c).long()) for c in ranked]
        return {
            "auc": statistics.fmean(float(binary_auroc(*side)) for side in sides),
            "average_precision": statistics.fmean(float(binary_average_precision(*side)) for side in sides),
        }

    def _occurring(self, label: Tensor) -> Tensor:
        return torch.bincount(label, minlength=self._classes) > 0


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


class ConfusionMeter(Meter):
    """Counts pixels by true and predicted class: predictions are logits [B, C, H, W], labels [B, H, W]."""

    counts: Tensor

    def __init__(self, classes: int) -> None:
        super().__init__()
        self.add_state("counts", torch.zeros(classes, classes, dtype=torch.int64), dist_reduce_fx="sum")

    def update(self, prediction: Tensor, label: Tensor) -> None:
        predicted, truth = prediction.argmax(1), label.to(prediction.device).long()
        table = multiclass_confusion_matrix(
            predicted, truth, len(self.counts), ignore_index=MISSING, validate_args=False
        )
        self.counts += table.to(self.device)

    def compute(self) -> Scores:
        hit = self.counts.diagonal().double()
        union = self.counts.sum(0) + self.counts.sum(1) - hit
        return {
            "mean_iou": float((hit / union)[union > 0].mean()),
            "pixel_accuracy": float(hit.sum() / self.counts.sum()),
        }


class DepthMeter(Meter):
    """Sums errors over pixels: predictions are [B, 1, H, W] in units of ``high``, labels [B, H, W]."""

    sums: Tensor

    def __init__(self, high: float) -> None:
        super().__init__()
        self._high = high
        self.add_state("sums", torch.zeros(3, dtype=torch.float64), dist_reduce_fx="sum")

    def update(self, prediction: Tensor, label: Tensor) -> None:
        present = label > 0
        truth = label[present].double().to(prediction.device)
        guess = self._high * prediction.detach()[:, 0][present.to(prediction.device)].double()
        error = (guess - truth).abs()
        self.sums += torch.stack([error.sum(), (error / truth).sum(), present.sum().to(error)]).to(self.device)

    def compute(self) -> Scores:
        absolute, relative, count = self.sums
        return {"absolute_error": float(absolute / count), "relative_error": float(relative / count)}


class AngleMeter(Meter):
    """Sums and counts angles: predictions are [B, 3, H, W] of any length, labels unit vectors [B, 3, H, W]."""

    total: Tensor
    within: Tensor
    bins: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.add_state("total", torch.zeros((), dtype=torch.float64), dist_reduce_fx="sum")
        self.add_state("within", torch.zeros(len(WITHIN), dtype=torch.int64), dist_reduce_fx="sum")
        self.add_state("bins", torch.zeros(180 * BINS_PER_DEGREE + 1, dtype=torch.int64), dist_reduce_fx="sum")

    def update(self, prediction: Tensor, label: Tensor) -> None:
        truth = label.to(prediction.device).double()
        cosine = F.cosine_similarity(prediction.detach().double(), truth, dim=1)[(truth != 0).any(1)]
        angles = cosine.clamp(-1, 1).acos().rad2deg()
        nearest = (angles.nan_to_num(180) * BINS_PER_DEGREE).round().long()
        self.total += angles.sum().to(self.device)
        self.within += torch.stack([(angles <= degrees).sum() for degrees in WITHIN]).to(self.device)
        self.bins += torch.bincount(nearest, minlength=len(self.bins)).to(self.device)

    def compute(self) -> Scores:
        count = int(self.bins.sum())
        names = [f"within_{degrees:g}" for degrees in WITHIN]
        if not count:
            return dict.fromkeys(("mean_angle", "median_angle", *names), math.nan)
        median = int((self.bins.cumsum(0) <= (count - 1) // 2).sum()) / BINS_PER_DEGREE
        shares = dict(zip(names, (self.within / count).tolist(), strict=True))
        return {"mean_angle": float(self.total) / count, "median_angle": median, **shares}


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
