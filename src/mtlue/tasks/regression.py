"""Numbers: one per image."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from torch import Tensor
from torchmetrics.functional.regression import mean_absolute_error, r2_score

from mtlue.errors import InputError
from mtlue.tasks.base import GatheringMeter, ImageTask, LabelColumn, Meter, Scores, UnknownLabelError, masked_mean


@dataclass(frozen=True)
class Regression(ImageTask):
    """A number between ``low`` and ``high``; labels are float64, NaN where the label is missing.

    A model predicts it in units of the range, from 0 at ``low`` to 1 at ``high``. Loss: squared error in units of the
    range's twelfth part, the variance of numbers spread evenly over it, so that a guess of the middle costs about 1.
    Wrong target: half a range further, from the top on at the bottom again, as (y + floor(C/2)) mod C for classes.
    """

    low: float = 0.0
    high: float = 1.0
    kind: ClassVar[str] = "regression"
    metrics: ClassVar[dict[str, bool]] = {"r2": True, "absolute_error": False}
    headline: ClassVar[str] = "absolute_error"
    ANCHORS: ClassVar[int] = 9
    """Places in the range that the generator has a map for; numbers between two get a mixture of theirs."""

    def __post_init__(self) -> None:
        if not (math.isfinite(self.low) and math.isfinite(self.high) and self.low < self.high):
            raise InputError(f"task '{self.name}' needs numbers that differ, not {self.low:g} to {self.high:g}")

    @property
    def channels(self) -> int:
        return 1

    @property
    def anchors(self) -> int:
        return self.ANCHORS

    def anchor_weights(self, label: Tensor) -> Tensor:
        place = self._scaled(torch.nan_to_num(label, nan=self.low)).clamp(0, 1) * (self.ANCHORS - 1)
        distance = (place[:, None] - torch.arange(self.ANCHORS, device=label.device)).abs()
        return (1 - distance).clamp(min=0)

    @property
    def chance_loss(self) -> float:
        return 1.0

    def loss(self, prediction: Tensor, label: Tensor) -> Tensor:
        """``prediction``: [B, 1] in units of the range; ``label``: [B]."""
        present = ~self.missing(label)
        error = prediction[:, 0] - self._scaled(torch.where(present, label, torch.full_like(label, self.low)))
        return masked_mean(12 * error.square(), present, prediction)

    def wrong_target(self, label: Tensor) -> Tensor:
        half = (self._scaled(label) + 0.5) % 1.0
        return self.low + half * (self.high - self.low)

    def missing(self, label: Tensor) -> Tensor:
        return label.isnan()

    def fault(self, labels: Tensor) -> tuple[int, str] | None:
        if labels.ndim != 1 or not labels.is_floating_point():
            return 0, f"labels must be single numbers, not {labels.dtype} of shape {list(labels.shape[1:])}"
        infinite = labels.isinf().nonzero()
        return (int(infinite[0]), "the label is infinite") if len(infinite) else None

    def meter(self) -> Meter:
        """Of predictions [B, 1]. R² is 0 for a predictor of the mean."""
        return GatheringMeter(lambda prediction, label: self._scores(self._unscaled(prediction[:, 0]), label))

    def trivial(self, train: LabelColumn, test: LabelColumn) -> Scores:
        """The training labels' median for the absolute error, their mean for R²."""
        train_label, test_label = train[:], test[:]
        present = train_label[~self.missing(train_label)]
        if not present.numel():
            return dict.fromkeys(self.metrics, float("nan"))
        by_mean = self._scores(torch.full_like(test_label, float(present.mean())), test_label)
        by_median = self._scores(torch.full_like(test_label, float(present.median())), test_label)
        return {"r2": by_mean["r2"], "absolute_error": by_median["absolute_error"]}

    def correct(self, prediction: Tensor, label: Tensor) -> tuple[float, float]:
        """Right is what lies within a tenth of the range."""
        present = ~self.missing(label)
        near = (prediction[:, 0] - self._scaled(label)).abs() <= 0.1
        return float((near & present).sum()), float(present.sum())

    def to_json(self) -> dict[str, Any]:
        return {"kind": self.kind, "name": self.name, "low": self.low, "high": self.high}

    def format(self, label: Tensor) -> str:
        return "" if bool(label.isnan()) else f"{float(label):.15g}"

    def parse(self, texts: Sequence[str | None]) -> Tensor:
        values = []
        for position, text in enumerate(texts):
            try:
                value = math.nan if text is None else float(text)
            except ValueError:
                value = math.inf
            if math.isinf(value):
                raise UnknownLabelError(f"label '{text}' of task '{self.name}' is no number", position)
            values.append(value)
        return torch.tensor(values, dtype=torch.float64)

    def describe(self) -> str:
        return f"{self.low:g} to {self.high:g}"

    def counts(self, label: Tensor) -> dict[str, int]:
        return {}

    def _scaled(self, label: Tensor) -> Tensor:
        return ((label - self.low) / (self.high - self.low)).float()

    def _unscaled(self, prediction: Tensor) -> Tensor:
        return self.low + prediction * (self.high - self.low)

    def _scores(self, predicted: Tensor, label: Tensor) -> Scores:
        present = ~self.missing(label)
        if int(present.sum()) < 2:  # R² needs two
            return dict.fromkeys(self.metrics, float("nan"))
        predicted, label = predicted[present].double(), label[present].double()
        return {
            "r2": float(r2_score(predicted, label)) if bool((label != label[0]).any()) else float("nan"),
            "absolute_error": float(mean_absolute_error(predicted, label)),
        }
