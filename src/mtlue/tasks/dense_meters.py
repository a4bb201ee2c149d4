"""Meters of labels per pixel: no prediction is kept, and states are sums over images."""

import math
from collections.abc import Collection

import torch
import torch.nn.functional as F
from torch import Tensor
from torchmetrics.functional.classification import multiclass_confusion_matrix

from mtlue.tasks.codec import MISSING
from mtlue.tasks.meters import Meter
from mtlue.tasks.scores import BINS_PER_DEGREE, WITHIN, Scores


class ConfusionMeter(Meter):
    """Counts pixels by true and predicted class: predictions are logits [B, C, H, W], labels [B, H, W]."""

    over_classes = True
    additive = True
    counts: Tensor

    def __init__(self, classes: int) -> None:
        super().__init__()
        self._counted = torch.ones(classes, dtype=torch.bool)
        self.add_state("counts", torch.zeros(classes, classes, dtype=torch.int64), dist_reduce_fx="sum")

    def update(self, prediction: Tensor, label: Tensor) -> None:
        predicted, truth = prediction.argmax(1), label.to(prediction.device).long()
        table = multiclass_confusion_matrix(
            predicted, truth, len(self.counts), ignore_index=MISSING, validate_args=False
        )
        self.counts += table.to(self.device)

    def leave_out(self, classes: Collection[int]) -> None:
        self._counted[list(classes)] = False

    def confusion(self) -> Tensor:
        return self.counts

    def compute(self) -> Scores:
        hit = self.counts.diagonal().double()
        union = self.counts.sum(0) + self.counts.sum(1) - hit
        return {
            "mean_iou": float((hit / union)[(union > 0) & self._counted.to(union.device)].mean()),
            "pixel_accuracy": float(hit.sum() / self.counts.sum()),
        }


class DepthMeter(Meter):
    """Sums errors over pixels: predictions are [B, 1, H, W] in units of ``high``, labels [B, H, W]."""

    additive = True
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

    additive = True
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
