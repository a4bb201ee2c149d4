"""Losses and errors of many tasks at once: forty questions with as many classes cost what one costs."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from mtlue.tasks.base import Task
from mtlue.tasks.categorical import Categorical
from mtlue.tasks.classes import MISSING


def task_losses(tasks: Sequence[Task], predictions: Mapping[str, Tensor], labels: Mapping[str, Tensor]) -> Tensor:
    """Every task's loss, [K], in the order of ``tasks``: what :meth:`Task.loss` gives, within rounding.

    Args:
        predictions: {task name: [B, channels, ...]}; those of 16 bits are taken as float32.
        labels: {task name: [B, ...]}.
    """
    predictions = {name: value.float() if value.itemsize < 4 else value for name, value in predictions.items()}
    losses: dict[Task, Tensor] = {}
    for group in _groups(tasks):
        logits, label = _stacked(group, predictions, labels)
        values = F.cross_entropy(logits.flatten(0, 1), label.flatten(), ignore_index=MISSING, reduction="none")
        present = (label != MISSING).sum(0)
        losses |= zip(group, (values.view_as(label).sum(0) / present.clamp(min=1)).unbind(), strict=True)
    return torch.stack(
        [losses[task] if task in losses else task.loss(predictions[task.name], labels[task.name]) for task in tasks]
    )


def task_counts(
    tasks: Sequence[Task], predictions: Mapping[str, Tensor], labels: Mapping[str, Tensor]
) -> tuple[Tensor, Tensor]:
    """Every task's numbers of right predictions and of labels that are present, [K] each: :meth:`Task.correct`."""
    counts: dict[Task, tuple[Tensor, Tensor]] = {}
    for group in _groups(tasks):
        logits, label = _stacked(group, predictions, labels)
        hits, labelled = (logits.argmax(2) == label).sum(0), (label != MISSING).sum(0)
        counts |= zip(group, zip(hits.unbind(), labelled.unbind(), strict=True), strict=True)
    pairs = [
        counts[task] if task in counts else task.correct(predictions[task.name], labels[task.name]) for task in tasks
    ]
    right, present = zip(*pairs, strict=True)
    return torch.stack(right), torch.stack(present)


def _groups(tasks: Sequence[Task]) -> list[list[Categorical]]:
    """Image-level tasks with as many classes, two or more of them."""
    groups: dict[int, list[Categorical]] = defaultdict(list)
    for task in tasks:
        if isinstance(task, Categorical):
            groups[len(task.classes)].append(task)
    return [group for group in groups.values() if len(group) > 1]


def _stacked(
    group: Sequence[Task], predictions: Mapping[str, Tensor], labels: Mapping[str, Tensor]
) -> tuple[Tensor, Tensor]:
    """Logits [B, K, C] and labels [B, K]."""
    logits = torch.stack([predictions[task.name] for task in group], dim=1)
    return logits, torch.stack([labels[task.name] for task in group], dim=1)
