"""What tasks with classes share, whether a label stands for an image or for a pixel."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mtlue.errors import InputError
from mtlue.lazy import Later
from mtlue.tasks.base import Task
from mtlue.tasks.codec import MISSING
from mtlue.tasks.learning import masked_mean
from mtlue.wording import counted

if TYPE_CHECKING:
    import torch
    import torch.nn.functional as F
    from torch import Tensor
else:
    torch, F = Later("torch"), Later("torch.nn.functional")


@dataclass(frozen=True)
class ClassTask(Task):
    """Labels are indices into ``classes``, -1 where a label is missing; each class is an anchor.

    Args:
        classes: names, at least two.

    Raises:
        InputError: there are fewer, or a name appears twice.
    """

    classes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        classes: Any = self.classes
        if isinstance(classes, str) or not isinstance(classes, Iterable) or getattr(classes, "ndim", 1) == 0:
            raise InputError(f"task '{self.name}' has {classes!r} for its classes: give a tuple of names")
        object.__setattr__(self, "classes", tuple(classes))
        if unnamed := [one for one in self.classes if not isinstance(one, str)]:
            raise InputError(f"task '{self.name}' has the class {unnamed[0]!r}: names of classes are texts")
        super().__post_init__()
        if len(self.classes) < 2:
            raise InputError(
                f"task '{self.name}' has {counted(len(self.classes), 'class')} ({', '.join(self.classes) or 'none'}): "
                "a task needs at least two; drop it, or add images of another class"
            )
        if len(set(self.classes)) != len(self.classes):
            raise InputError(f"task '{self.name}' names a class twice: {', '.join(self.classes)}")

    def describe(self) -> str:
        return ", ".join(self.classes)

    @property
    def channels(self) -> int:
        return len(self.classes)

    @property
    def chance_loss(self) -> float:
        return math.log(len(self.classes))

    def loss(self, prediction: Tensor, label: Tensor) -> Tensor:
        """Cross-entropy of logits [B, C, ...] and whole numbers [B, ...]."""
        label = label.long()
        values = F.cross_entropy(prediction, label, ignore_index=MISSING, reduction="none")
        return masked_mean(values, label != MISSING)

    def wrong_target(self, label: Tensor) -> Tensor:
        """(y + floor(C/2)) mod C, which for two classes is the other one (method.md, "Base methods")."""
        count = len(self.classes)
        return torch.where(label == MISSING, label, (label + count // 2) % count)

    def correct(self, prediction: Tensor, label: Tensor) -> tuple[Tensor, Tensor]:
        present = label != MISSING
        return ((prediction.argmax(1) == label) & present).sum(), present.sum()

    def missing(self, label: Tensor) -> Tensor:
        return label == MISSING

    @property
    def anchors(self) -> int:
        return len(self.classes)

    def anchor_weights(self, label: Tensor) -> Tensor:
        """1 for a label's class."""
        classes = torch.arange(len(self.classes), device=label.device)
        return (label[:, None] == classes.reshape(-1, *[1] * (label.ndim - 1))).float()

    def _first_outside(self, labels: Tensor) -> tuple[int, str] | None:
        """The first label that is neither a class nor missing."""
        outside = ((labels < MISSING) | (labels >= len(self.classes))).nonzero()
        if not len(outside):
            return None
        place = tuple(outside[0].tolist())
        return place[0], f"label {int(labels[place])} is outside -1 (missing) to {len(self.classes) - 1}"
