"""Classes: one of C names per image."""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor

from mtlue.tasks.base import GatheringMeter, ImageTask, LabelColumn, Meter, Scores, UnknownLabelError
from mtlue.tasks.classes import MISSING, ClassTask


@dataclass(frozen=True)
class Categorical(ClassTask, ImageTask):
    """One of ``classes``; labels are int64 indices into it, -1 where the label is missing.

    Loss: cross-entropy. Wrong target: (y + floor(C/2)) mod C, which for two classes is the flipped label.
    """

    kind: ClassVar[str] = "categorical"
    metrics: ClassVar[dict[str, bool]] = {
        "accuracy": True,
        "balanced_accuracy": True,
        "auc": True,
        "average_precision": True,
    }
    headline: ClassVar[str] = "balanced_accuracy"

    @property
    def anchors(self) -> int:
        return len(self.classes)

    def anchor_weights(self, label: Tensor) -> Tensor:
        return F.one_hot(label.clamp(min=0), len(self.classes)).float()

    def fault(self, labels: Tensor) -> tuple[int, str] | None:
        if labels.ndim != 1 or labels.dtype != torch.int64:
            return 0, f"labels must be single int64 numbers, not {labels.dtype} of shape {list(labels.shape[1:])}"
        outside = ((labels < MISSING) | (labels >= len(self.classes))).nonzero()
        if not len(outside):
            return None
        position = int(outside[0])
        return position, f"label {int(labels[position])} is outside -1 (missing) to {len(self.classes) - 1}"

    def meter(self) -> Meter:
        """Of logits [B, C].

        Balanced accuracy is the mean recall of the classes that occur. ``auc`` (area under the ROC curve) and
        ``average_precision`` are those of the second class where there are two, else the mean over one-vs-rest of the
        classes that occur; NaN where only one class does.
        """
        return GatheringMeter(self._scores, self.metrics)

    def trivial(self, train: LabelColumn, test: LabelColumn) -> Scores:
        """Scores of the training set's majority class, whose predictions are ranked by chance."""
        train_label, test_label = train[:], test[:]
        present = train_label[train_label != MISSING]
        majority = int(torch.bincount(present, minlength=len(self.classes)).argmax()) if present.numel() else 0
        constant = F.one_hot(torch.full_like(test_label, majority), len(self.classes)).float()
        return self.score(constant, test_label)

    def correct(self, prediction: Tensor, label: Tensor) -> tuple[Tensor, Tensor]:
        present = label != MISSING
        return ((prediction.argmax(1) == label) & present).sum(), present.sum()

    def rule(self) -> dict[str, Any] | None:
        """Classes that could be taken for numbers, or for several labels in a cell, are called classes."""
        return {"kind": self.kind} if any(map(_ambiguous, self.classes)) else None

    def to_json(self) -> dict[str, Any]:
        return {"kind": self.kind, "name": self.name, "classes": list(self.classes)}

    def format(self, label: Tensor) -> str:
        index = int(label)
        return "" if index == MISSING else self.classes[index]

    def parse(self, texts: Sequence[str | None]) -> Tensor:
        index: dict[str | None, int] = {name: i for i, name in enumerate(self.classes)}
        index[None] = MISSING
        for position, text in enumerate(texts):
            if text not in index:
                known = ", ".join(self.classes)
                raise UnknownLabelError(f"label '{text}' of task '{self.name}' is unknown (known: {known})", position)
        return torch.tensor([index[text] for text in texts], dtype=torch.int64)

    def counts(self, label: Tensor) -> dict[str, int]:
        found = torch.bincount(label[label != MISSING], minlength=len(self.classes)).tolist()
        return dict(zip(self.classes, found, strict=True))

    def members(self, label: Tensor) -> dict[str, Tensor]:
        return {name: label == index for index, name in enumerate(self.classes)}

    def _scores(self, prediction: Tensor, label: Tensor) -> Scores:
        present = label != MISSING
        if not bool(present.any()):
            return dict.fromkeys(self.metrics, float("nan"))
        prediction, label = prediction[present].float(), label[present]
        return {**self._decisions(prediction.argmax(1), label), **self._rankings(prediction.softmax(1), label)}

    def _decisions(self, predicted: Tensor, label: Tensor) -> Scores:
        from torchmetrics.functional.classification import multiclass_accuracy

        recalls = multiclass_accuracy(predicted, label, num_classes=len(self.classes), average="none")
        return {
            "accuracy": float((predicted == label).float().mean()),
            "balanced_accuracy": float(recalls[self._occurs(label)].mean()),
        }

    def _rankings(self, probability: Tensor, label: Tensor) -> Scores:
        occurring = self._occurs(label).nonzero().flatten().tolist()
        if len(occurring) < 2:
            return {"auc": math.nan, "average_precision": math.nan}
        from torchmetrics.functional.classification import binary_auroc, binary_average_precision

        ranked = [1] if len(self.classes) == 2 else occurring
        sides = [(probability[:, c], (label == c).long()) for c in ranked]
        return {
            "auc": statistics.fmean(float(binary_auroc(*side)) for side in sides),
            "average_precision": statistics.fmean(float(binary_average_precision(*side)) for side in sides),
        }

    def _occurs(self, label: Tensor) -> Tensor:
        return torch.bincount(label, minlength=len(self.classes)) > 0


def _ambiguous(name: str) -> bool:
    try:
        float(name)
    except ValueError:
        return "|" in name or ";" in name
    return True
