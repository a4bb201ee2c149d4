"""What tasks with classes share, whether a label stands for an image or for a pixel."""

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from mtlue.errors import InputError
from mtlue.tasks.base import Task, masked_mean

MISSING = -1


@dataclass(frozen=True)
class ClassTask(Task):
    """Labels are indices into ``classes``, -1 where a label is missing.

    Wrong target: (y + floor(C/2)) mod C, which for two classes is the flipped label (PAPER 4).
    """

    classes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if len(self.classes) < 2:
            raise InputError(
                f"task '{self.name}' has {len(self.classes)} class(es) ({', '.join(self.classes) or 'none'}): "
                "a task needs two or more; drop it, or bring images of another class"
            )
        if len(set(self.classes)) != len(self.classes):
            raise InputError(f"task '{self.name}' names a class twice: {', '.join(self.classes)}")

    @property
    def channels(self) -> int:
        return len(self.classes)

    @property
    def chance_loss(self) -> float:
        return math.log(len(self.classes))

    def describe(self) -> str:
        return ", ".join(self.classes)

    def loss(self, prediction: Tensor, label: Tensor) -> Tensor:
        """Cross-entropy. ``prediction``: logits [B, C, ...]; ``label``: integers [B, ...]."""
        label = label.long()
        values = F.cross_entropy(prediction, label, ignore_index=MISSING, reduction="none")
        return masked_mean(values, label != MISSING)

    def wrong_target(self, label: Tensor) -> Tensor:
        count = len(self.classes)
        return torch.where(label == MISSING, label, (label + count // 2) % count)

    def missing(self, label: Tensor) -> Tensor:
        return label == MISSING
