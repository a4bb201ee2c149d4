"""Numbers: one or several per image."""

import math
import re
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor

from mtlue.errors import InputError
from mtlue.tasks.base import GatheringMeter, ImageTask, LabelColumn, Meter, Scores, UnknownLabelError, masked_mean

MOST_NUMBERS = 10_000
"""Numbers of one label: a file that claims more is wrong, and each costs memory before any label is read."""
MISSING_NUMBER = "nan"
"""Among several numbers in a cell, one that is missing."""
_BETWEEN = re.compile(r"[\s,;|]+")


@dataclass(frozen=True)
class Regression(ImageTask):
    """``size`` numbers between ``low`` and ``high``; labels are float64, [B] for one and [B, size] for several.

    Several numbers have one range, or one each. A missing number is NaN; those beside it count all the same. In a table
    one cell holds them all (:func:`split_numbers`). The absolute error is the mean over the numbers, each in its
    own unit: where these differ, R² says more.

    A model predicts it in units of the range, from 0 at ``low`` to 1 at ``high``. Loss: squared error in units of the
    range's twelfth part, the variance of numbers spread evenly over it, so that a guess of the middle costs about 1.
    Wrong target: half a range further, from the top on at the bottom again, as (y + floor(C/2)) mod C for classes.
    """

    low: float | tuple[float, ...] = 0.0
    high: float | tuple[float, ...] = 1.0
    size: int = 1
    kind: ClassVar[str] = "regression"
    metrics: ClassVar[dict[str, bool]] = {"r2": True, "absolute_error": False}
    headline: ClassVar[str] = "absolute_error"
    ANCHORS: ClassVar[int] = 9
    """Places in the range that the generator has maps for; numbers between two get a mixture of theirs."""

    def __post_init__(self) -> None:
        if not 1 <= self.size <= MOST_NUMBERS:
            raise InputError(f"task '{self.name}' has {self.size} numbers per image: give 1 to {MOST_NUMBERS:,}")
        for name in ("low", "high"):
            if isinstance(getattr(self, name), list):
                object.__setattr__(self, name, tuple(getattr(self, name)))
        for low, high in zip(*self._ranges(), strict=True):
            if not (math.isfinite(low) and math.isfinite(high) and low < high):
                raise InputError(f"task '{self.name}' needs numbers that differ, not {low:g} to {high:g}")

    @property
    def channels(self) -> int:
        return self.size

    @property
    def anchors(self) -> int:
        return self.ANCHORS * self.size

    def anchor_weights(self, label: Tensor) -> Tensor:
        """Each number has places of its own, which share 1/size between them; a missing one gives all the same."""
        entries = label.reshape(len(label), self.size)
        place = torch.nan_to_num(self._scaled(entries)).clamp(0, 1)[..., None] * (self.ANCHORS - 1)
        mixture = (1 - (place - torch.arange(self.ANCHORS, device=label.device)).abs()).clamp(min=0)
        neutral = torch.full_like(mixture, 1 / self.ANCHORS)
        return torch.where(self.missing(entries)[..., None], neutral, mixture).flatten(1) / self.size

    @property
    def chance_loss(self) -> float:
        return 1.0

    def loss(self, prediction: Tensor, label: Tensor) -> Tensor:
        """``prediction``: [B, size] in units of the range; ``label``: [B] or [B, size]."""
        label = label.reshape(-1, self.size)
        present = ~self.missing(label)
        error = prediction.reshape(-1, self.size) - torch.nan_to_num(self._scaled(label))
        return masked_mean(12 * error.square(), present)

    def wrong_target(self, label: Tensor) -> Tensor:
        half = (self._scaled(label.reshape(-1, self.size)) + 0.5) % 1.0
        return self._unscaled(half).reshape(label.shape).to(label.dtype)

    def missing(self, label: Tensor) -> Tensor:
        return label.isnan()

    def fault(self, labels: Tensor) -> tuple[int, str] | None:
        shape = [] if self.size == 1 else [self.size]
        if list(labels.shape[1:]) != shape or not labels.is_floating_point():
            wanted = "single numbers" if self.size == 1 else f"{self.size} numbers"
            return 0, f"labels must be {wanted} (floats), not {labels.dtype} of shape {list(labels.shape[1:])}"
        infinite = labels.isinf().nonzero()
        return (int(infinite[0, 0]), "the label is infinite") if len(infinite) else None

    def meter(self) -> Meter:
        """Of predictions [B, size]; means over the numbers. R² is 0 for a predictor of the mean."""
        return GatheringMeter(lambda prediction, label: self._scores(self._unscaled(prediction), label), self.metrics)

    def trivial(self, train: LabelColumn, test: LabelColumn) -> Scores:
        """The training labels' median for the absolute error, their mean for R²; of each number."""
        train_label, test_label = train[:], test[:]
        columns = train_label.reshape(len(train_label), self.size).unbind(1)
        known = [column[~column.isnan()] for column in columns]
        by_mean = self._constant_scores([float(its.mean()) for its in known], test_label)
        by_median = self._constant_scores([float(its.nanmedian()) for its in known], test_label)
        return {"r2": by_mean["r2"], "absolute_error": by_median["absolute_error"]}

    def correct(self, prediction: Tensor, label: Tensor) -> tuple[Tensor, Tensor]:
        """Counts numbers; right is what lies within a tenth of the range."""
        label = label.reshape(-1, self.size)
        present = ~self.missing(label)
        near = (prediction.reshape(-1, self.size) - self._scaled(label)).abs() <= 0.1
        return (near & present).sum(), present.sum()

    def rule(self) -> dict[str, Any] | None:
        return {"kind": self.kind, **({"size": self.size} if self.size > 1 else {})}

    def to_json(self) -> dict[str, Any]:
        return {"kind": self.kind, "name": self.name, "low": self.low, "high": self.high, "size": self.size}

    def format(self, label: Tensor) -> str:
        """The shortest text that gives the same number in the label's precision."""
        return "" if bool(label.isnan().all()) else " ".join(map(_shortest, label.flatten().numpy()))

    def parse(self, texts: Sequence[str | None]) -> Tensor:
        """Of several numbers in a cell, ``nan`` is a missing one."""
        values = []
        for position, text in enumerate(texts):
            entries = [math.nan] * self.size if text is None else _numbers(text, self.size)
            if len(entries) != self.size or any(map(math.isinf, entries)):
                wanted = "no number" if self.size == 1 else f"not {self.size} numbers with spaces between them"
                raise UnknownLabelError(f"label '{text}' of task '{self.name}' is {wanted}", position)
            values.append(entries)
        labels = torch.tensor(values, dtype=torch.float64).reshape(len(values), self.size)
        return labels[:, 0] if self.size == 1 else labels

    def describe(self) -> str:
        several = f"{self.size} numbers, " if self.size > 1 else ""
        ranges = [_range(low, high) for low, high in zip(*self._ranges(), strict=True)]
        return several + ", ".join(ranges if len(set(ranges)) > 1 else ranges[:1])

    def counts(self, label: Tensor) -> dict[str, int]:
        return {}

    def _ranges(self) -> tuple[tuple[float, ...], tuple[float, ...]]:
        """The lowest and the highest value of each number."""
        low, high = (its if isinstance(its, tuple) else (its,) * self.size for its in (self.low, self.high))
        if not len(low) == len(high) == self.size:
            raise InputError(f"task '{self.name}' has {self.size} number(s): give 'low' and 'high' once, or for each")
        return low, high

    def _scaled(self, label: Tensor) -> Tensor:
        """[B, size] in units of the ranges, float32: a narrow range far from 0 would be lost in it before."""
        low, high = self._bounds(label)
        return ((label.to(low.dtype) - low) / (high - low)).float()

    def _unscaled(self, prediction: Tensor) -> Tensor:
        """[B, size] in the labels' unit."""
        low, high = self._bounds(prediction)
        return low + prediction * (high - low)

    def _bounds(self, beside: Tensor) -> tuple[Tensor, Tensor]:
        """The ranges, [size], on the device of another tensor, in the highest precision that it has."""
        precision = torch.float32 if beside.device.type == "mps" else torch.float64
        low, high = (beside.new_tensor(ends, dtype=precision) for ends in self._ranges())
        return low, high

    def _constant_scores(self, constants: Sequence[float], label: Tensor) -> Scores:
        return self._scores(label.new_tensor(constants).expand(len(label), self.size), label)

    def _scores(self, predicted: Tensor, label: Tensor) -> Scores:
        """Of predictions [N, size] in the labels' unit: each metric's mean over the numbers that have one."""
        label = label.reshape(len(label), self.size)
        each = [_scores_of_one(predicted[:, index], label[:, index]) for index in range(self.size)]
        return {metric: _mean([scores[metric] for scores in each]) for metric in self.metrics}


def _scores_of_one(predicted: Tensor, label: Tensor) -> Scores:
    present = ~label.isnan()
    if not present.any():
        return dict.fromkeys(Regression.metrics, float("nan"))
    from torchmetrics.functional.regression import mean_absolute_error, r2_score

    predicted, label = predicted[present].double(), label[present].double()
    return {
        "r2": float(r2_score(predicted, label)) if bool((label != label[0]).any()) else float("nan"),
        "absolute_error": float(mean_absolute_error(predicted, label)),
    }


def _mean(values: Sequence[float]) -> float:
    known = [value for value in values if not math.isnan(value)]
    return statistics.fmean(known) if known else math.nan


def _numbers(text: str, size: int) -> list[float]:
    """The numbers of a cell; none where a part of it is no number."""
    try:
        return [float(part) for part in split_numbers(text, size)]
    except ValueError:
        return []


def split_numbers(cell: str, size: int) -> list[str]:
    """The parts of a cell that should hold ``size`` numbers.

    Several have blanks, commas, semicolons or bars between them, and brackets around them if their program writes such.
    """
    return [cell] if size == 1 else [part for part in _BETWEEN.split(cell.strip().strip("[]()")) if part]


def _range(low: float, high: float) -> str:
    """Both ends with as many digits as tell them apart."""
    small = (high - low) / 100
    digits = next((d for d in (6, 10, 15) if all(abs(float(f"{end:.{d}g}") - end) <= small for end in (low, high))), 17)
    return f"{low:.{digits}g} to {high:.{digits}g}"


def _shortest(number: "np.floating[Any]") -> str:
    return np.format_float_positional(number, trim="-") if 1e-4 <= abs(number) < 1e16 or number == 0 else str(number)
