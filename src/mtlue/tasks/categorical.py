"""Classes: one of C names per image."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from mtlue.lazy import Later
from mtlue.tasks.base import ImageTask
from mtlue.tasks.classes import ClassTask
from mtlue.tasks.codec import MISSING, UnknownLabelError

if TYPE_CHECKING:
    import torch
    import torch.nn.functional as F
    from numpy.typing import NDArray
    from torch import Tensor

    from mtlue.tasks.meters import Meter
else:
    torch, F = Later("torch"), Later("torch.nn.functional")


@dataclass(frozen=True)
class Categorical(ClassTask, ImageTask):
    """One of ``classes``; labels are int64 indices into it, [B], -1 where the label is missing.

    Loss: cross-entropy. Wrong target: (y + floor(C/2)) mod C, which for two classes is the other one.

    Args:
        name: the task's name, and its column's in a table.
        classes: names, at least two.

    >>> animal = Categorical("animal", ("cat", "dog"))
    >>> animal.parse(["dog", None]).tolist()
    [1, -1]
    """

    kind: ClassVar[str] = "categorical"
    metrics: ClassVar[dict[str, bool]] = {
        "accuracy": True,
        "balanced_accuracy": True,
        "auc": True,
        "average_precision": True,
    }
    headline: ClassVar[str] = "balanced_accuracy"
    verbatim: ClassVar[bool] = False

    def meter(self) -> Meter:
        """Of logits [B, C].

        Balanced accuracy is the mean recall of the classes that occur. ``auc`` (area under the ROC curve) and
        ``average_precision`` are those of the second class where there are two, else the mean over one-vs-rest of the
        classes that occur; NaN where only one class does.
        """
        from mtlue.tasks.meters import ClassMeter

        return ClassMeter(len(self.classes))

    def constants(self, train: Iterable[Tensor]) -> Mapping[tuple[str, ...], Tensor]:
        """The training images' majority class, as logits [C]; it ranks images by chance."""
        times = sum(
            (torch.bincount(label[label != MISSING], minlength=self.channels) for label in train), torch.tensor(0)
        )
        return {tuple(self.metrics): F.one_hot(times.argmax(), self.channels).float()}

    def first_invalid(self, labels: Tensor) -> tuple[int, str] | None:
        if labels.ndim != 1 or labels.dtype != torch.int64:
            return 0, f"labels must be single int64 numbers, not {labels.dtype} of shape {list(labels.shape[1:])}"
        return self._first_outside(labels)

    def table_rule(self) -> dict[str, Any] | None:
        """Classes that could be taken for numbers, or for several labels in a cell, are named as classes."""
        return {"kind": self.kind} if any(map(_ambiguous, self.classes)) else None

    def format(self, label: Tensor) -> str:
        index = int(label)
        return "" if index == MISSING else self.classes[index]

    def parse(self, texts: Sequence[str | None]) -> NDArray[Any]:
        index: dict[str | None, int] = {name: i for i, name in enumerate(self.classes)}
        index[None] = MISSING
        for position, text in enumerate(texts):
            if text not in index:
                known = ", ".join(self.classes)
                raise UnknownLabelError(f"label '{text}' of task '{self.name}' is unknown (known: {known})", position)
        return np.array([index[text] for text in texts], np.int64)

    def members(self, label: Tensor) -> dict[str, Tensor]:
        return {name: label == index for index, name in enumerate(self.classes)}

    def counts(self, label: Tensor) -> dict[str, int]:
        times = torch.bincount(label[label != MISSING], minlength=len(self.classes)).tolist()
        return dict(zip(self.classes, times, strict=True))


def _ambiguous(name: str) -> bool:
    try:
        float(name)
    except ValueError:
        return "|" in name or ";" in name
    return True
