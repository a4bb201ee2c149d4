"""Numbers: one or several per image."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from mtlue.errors import InputError
from mtlue.lazy import Later
from mtlue.tasks.base import ImageTask
from mtlue.tasks.codec import UnknownLabelError
from mtlue.tasks.learning import masked_mean
from mtlue.wording import counted

if TYPE_CHECKING:
    import torch
    from numpy.typing import NDArray
    from torch import Tensor

    from mtlue.tasks.meters import Meter
else:
    torch = Later("torch")

MOST_NUMBERS = 10_000
"""Numbers of one label: a file that claims more is wrong, and each costs memory before any label is read."""
MISSING_NUMBER = "nan"
"""Among several numbers in a cell, one that is missing."""
_BETWEEN = re.compile(r"[\s,;|]+")


@dataclass(frozen=True)
class Regression(ImageTask):
    """``size`` numbers between ``low`` and ``high``; labels are float64, [B] for one and [B, size] for several.

    Several numbers have one range, or one each. A missing number is NaN; those next to it count all the same. In a
    table one cell holds them all (:func:`split_numbers`). The absolute error is the mean over the numbers, each in its
    own unit: where these differ, R² says more.

    A model predicts it in units of the range, from 0 at ``low`` to 1 at ``high``. Loss: squared error in units of the
    range's twelfth part, the variance of numbers spread evenly over it, so that a guess of the middle costs about 1.
    Wrong target: half a range further, from the top on at the bottom again, as (y + floor(C/2)) mod C for classes.

    Args:
        name: the task's name, and its column's in a table.
        low: the smallest value, or one for each number.
        high: the largest value, or one for each number.
        size: how many numbers a label holds.

    Raises:
        InputError: ``low`` is not below ``high``, or there are not as many as ``size`` says.

    >>> Regression("pose", 0.0, 90.0, size=2).parse(["1.5 nan"]).tolist()
    [[1.5, nan]]
    """

    low: float | tuple[float, ...] = 0.0
    high: float | tuple[float, ...] = 1.0
    size: int = 1
    kind: ClassVar[str] = "regression"
    metrics: ClassVar[dict[str, bool]] = {"r2": True, "absolute_error": False}
    headline: ClassVar[str] = "absolute_error"
    PLACES: ClassVar[int] = 9
    """Anchors of each number: places in its range. A number between two is a mixture of theirs."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 1 <= self.size <= MOST_NUMBERS:
            raise InputError(f"task '{self.name}' has {self.size} numbers per image: give 1 to {MOST_NUMBERS:,}")
        for low, high in zip(*self._ranges(), strict=True):
            if not (math.isfinite(low) and math.isfinite(high) and low < high):
                raise InputError(f"task '{self.name}' needs numbers that differ, not {low:g} to {high:g}")

    def describe(self) -> str:
        several = f"{self.size} numbers, " if self.size > 1 else ""
        ranges = [_range(low, high) for low, high in zip(*self._ranges(), strict=True)]
        return several + ", ".join(ranges if len(set(ranges)) > 1 else ranges[:1])

    @property
    def channels(self) -> int:
        return self.size

    def loss(self, prediction: Tensor, label: Tensor) -> Tensor:
        """Of predictions [B, size] in units of the range."""
        label = label.reshape(-1, self.size)
        present = ~self.missing(label)
        error = prediction.reshape(-1, self.size) - torch.nan_to_num(self._scaled(label))
        return masked_mean(12 * error.square(), present)

    def wrong_target(self, label: Tensor) -> Tensor:
        half = (self._scaled(label.reshape(-1, self.size)) + 0.5) % 1.0
        return self._unscaled(half).reshape(label.shape).to(label.dtype)

    def correct(self, prediction: Tensor, label: Tensor) -> tuple[Tensor, Tensor]:
        """Counts numbers; right is what lies within a tenth of the range."""
        label = label.reshape(-1, self.size)
        present = ~self.missing(label)
        near = (prediction.reshape(-1, self.size) - self._scaled(label)).abs() <= 0.1
        return (near & present).sum(), present.sum()

    def meter(self) -> Meter:
        """Of predictions [B, size] in units of the range; means over the numbers. R² of the mean is 0."""
        from mtlue.tasks.meters import NumberMeter

        return NumberMeter(self._unscaled, self.size)

    def constants(self, train: Iterable[Tensor]) -> Mapping[tuple[str, ...], Tensor]:
        """The training labels' mean for R², their median for the absolute error; of each number, [size]."""
        columns = torch.cat([label.reshape(len(label), self.size) for label in train]).unbind(1)
        present = [column[~column.isnan()] for column in columns]
        means, medians = (torch.stack([best(column) for column in present]) for best in (torch.mean, torch.nanmedian))
        return {("r2",): self._in_range(means), ("absolute_error",): self._in_range(medians)}

    @property
    def anchors(self) -> int:
        return self.PLACES * self.size

    def anchor_weights(self, label: Tensor) -> Tensor:
        """Each number has places of its own, which share 1/size between them; a missing one is every place alike."""
        entries = label.reshape(len(label), self.size)
        place = torch.nan_to_num(self._scaled(entries)).clamp(0, 1)[..., None] * (self.PLACES - 1)
        mixture = (1 - (place - torch.arange(self.PLACES, device=label.device)).abs()).clamp(min=0)
        even = torch.full_like(mixture, 1 / self.PLACES)
        weights = torch.where(self.missing(entries)[..., None], even, mixture).flatten(1) / self.size
        return weights * ~self.unlabelled(label)[:, None]

    def first_invalid(self, labels: Tensor) -> tuple[int, str] | None:
        shape = [] if self.size == 1 else [self.size]
        if list(labels.shape[1:]) != shape or not labels.is_floating_point():
            wanted = "single numbers" if self.size == 1 else f"{self.size} numbers"
            return 0, f"labels must be {wanted} (floats), not {labels.dtype} of shape {list(labels.shape[1:])}"
        infinite = labels.isinf().nonzero()
        return (int(infinite[0, 0]), "the label is infinite") if len(infinite) else None

    def table_rule(self) -> dict[str, Any] | None:
        return {"kind": self.kind, **({"size": self.size} if self.size > 1 else {})}

    def format(self, label: Tensor) -> str:
        """The shortest text that gives the same number in the label's precision."""
        numbers = np.asarray(label).reshape(-1)
        return "" if np.isnan(numbers).all() else " ".join(map(_shortest, numbers))

    def parse(self, texts: Sequence[str | None]) -> NDArray[Any]:
        """Of several numbers in a cell, ``nan`` is a missing one."""
        values = []
        for position, text in enumerate(texts):
            entries = [math.nan] * self.size if text is None else _numbers(text, self.size)
            if len(entries) != self.size or any(map(math.isinf, entries)):
                wanted = "not a number" if self.size == 1 else f"not {self.size} numbers with spaces between them"
                raise UnknownLabelError(f"label '{text}' of task '{self.name}' is {wanted}", position)
            values.append(entries)
        labels = np.array(values, np.float64).reshape(len(values), self.size)
        return labels[:, 0] if self.size == 1 else labels

    def _ranges(self) -> tuple[tuple[float, ...], tuple[float, ...]]:
        """The lowest and the highest value of each number."""
        low, high = (ends if isinstance(ends, tuple) else (ends,) * self.size for ends in (self.low, self.high))
        if not len(low) == len(high) == self.size:
            numbers = counted(self.size, "number")
            raise InputError(f"task '{self.name}' has {numbers}: give 'low' and 'high' once, or for each")
        return low, high

    def _scaled(self, label: Tensor) -> Tensor:
        """[B, size] in units of the ranges, float32: a narrow range far from 0 would be lost in it before."""
        return self._in_range(label).float()

    def _in_range(self, label: Tensor) -> Tensor:
        """[..., size] in units of the ranges, in the highest precision of its device."""
        low, high = self._bounds(label)
        return (label.to(low.dtype) - low) / (high - low)

    def _unscaled(self, prediction: Tensor) -> Tensor:
        """[B, size] in the labels' unit."""
        low, high = self._bounds(prediction)
        return low + prediction * (high - low)

    def _bounds(self, like: Tensor) -> tuple[Tensor, Tensor]:
        """The ranges, [size], on the device of another tensor, in the highest precision that it has."""
        precision = torch.float32 if like.device.type == "mps" else torch.float64
        low, high = (like.new_tensor(ends, dtype=precision) for ends in self._ranges())
        return low, high


def _numbers(text: str, size: int) -> list[float]:
    """The numbers of a cell; none where a part of it is not a number."""
    try:
        return [float(part) for part in split_numbers(text, size)]
    except ValueError:
        return []


def split_numbers(cell: str, size: int) -> list[str]:
    """The parts of a cell that should hold ``size`` numbers.

    Several have spaces, commas, semicolons or bars between them; there may be brackets around them.
    """
    return [cell] if size == 1 else [part for part in _BETWEEN.split(cell.strip().strip("[]()")) if part]


def _range(low: float, high: float) -> str:
    """Both ends with as many digits as tell them apart."""
    small = (high - low) / 100
    digits = next((d for d in (6, 10, 15) if all(abs(float(f"{end:.{d}g}") - end) <= small for end in (low, high))), 17)
    return f"{low:.{digits}g} to {high:.{digits}g}"


def _shortest(number: np.floating[Any]) -> str:
    return np.format_float_positional(number, trim="-") if 1e-4 <= abs(number) < 1e16 or number == 0 else str(number)
