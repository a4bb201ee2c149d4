"""Losses, errors and anchors of many tasks at once: forty questions with as many classes cost what one costs."""

from collections import defaultdict
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from mtlue.tasks.categorical import Categorical
from mtlue.tasks.codec import MISSING
from mtlue.tasks.embedding import Embedding
from mtlue.tasks.learning import Labels, Learning, Named


def task_losses(
    tasks: Sequence[Learning], predictions: Labels, labels: Labels, weights: "Labels | None" = None
) -> Tensor:
    """Every task's loss, [K], in the order of ``tasks``: what :meth:`Learning.loss` gives, within rounding.

    Args:
        predictions: {task name: [B, channels, ...]}; those of 16 bits are taken as float32.
        labels: {task name: [B, ...]}.
        weights: factors of the losses of single labels, {task name: [B]}, of categorical tasks alone; those that are
            absent have 1.
    """
    predictions = {name: value.float() if value.itemsize < 4 else value for name, value in predictions.items()}
    losses: dict[Named, Tensor] = {}
    for group in _groups(tasks, fewest=1 if weights else 2):
        logits, label = _stacked(group, predictions, labels)
        values = F.cross_entropy(logits.flatten(0, 1), label.flatten(), ignore_index=MISSING, reduction="none").view_as(
            label
        )
        if weights:
            values = values * _weights_of(group, weights, values)
        present = (label != MISSING).sum(0)
        losses |= zip(group, (values.sum(0) / present.clamp(min=1)).unbind(), strict=True)
    return torch.stack(
        [losses[task] if task in losses else task.loss(predictions[task.name], labels[task.name]) for task in tasks]
    )


def _weights_of(group: Sequence[Named], weights: Labels, values: Tensor) -> Tensor:
    """[B, K], like ``values``."""
    ones = torch.ones_like(values[:, 0])
    return torch.stack([weights.get(task.name, ones) for task in group], dim=1)


def task_counts(tasks: Sequence[Learning], predictions: Labels, labels: Labels) -> tuple[Tensor, Tensor]:
    """Every task's numbers of right predictions and of labels that are present, [K] each: :meth:`Learning.correct`."""
    counts: dict[Named, tuple[Tensor, Tensor]] = {}
    for group in _groups(tasks):
        logits, label = _stacked(group, predictions, labels)
        hits, labelled = (logits.argmax(2) == label).sum(0), (label != MISSING).sum(0)
        counts |= zip(group, zip(hits.unbind(), labelled.unbind(), strict=True), strict=True)
    pairs = [
        counts[task] if task in counts else task.correct(predictions[task.name], labels[task.name]) for task in tasks
    ]
    right, present = zip(*pairs, strict=True)
    return torch.stack(right), torch.stack(present)


def task_anchor_weights(tasks: Sequence[Embedding], labels: Labels) -> list[Tensor]:
    """How much of each anchor every image gets, [B, anchors] for each task, in the order of ``tasks``.

    As :meth:`Embedding.anchor_weights`, but an image without a label gets an even share of each.
    """
    weights: dict[Named, Tensor] = {}
    for group in _groups(tasks, fewest=1):
        count = len(group[0].classes)
        label = torch.stack([labels[task.name] for task in group])[..., None]
        own = (label == torch.arange(count, device=label.device)).float()
        weights |= zip(group, torch.where(label == MISSING, 1 / count, own).unbind(), strict=True)
    return [weights[task] if task in weights else _even_where_missing(task, labels[task.name]) for task in tasks]


def _even_where_missing(task: Embedding, label: Tensor) -> Tensor:
    weights = task.anchor_weights(label)
    return torch.where(weights.any(1, keepdim=True), weights, torch.full_like(weights, 1 / task.anchors))


def _groups(tasks: Sequence[Named], fewest: int = 2) -> list[list[Categorical]]:
    """Tasks with as many classes, at least ``fewest`` of them. Kinds that build on these have their own ways."""
    groups: dict[int, list[Categorical]] = defaultdict(list)
    for task in tasks:
        if type(task) is Categorical:
            groups[len(task.classes)].append(task)
    return [group for group in groups.values() if len(group) >= fewest]


def _stacked(group: Sequence[Named], predictions: Labels, labels: Labels) -> tuple[Tensor, Tensor]:
    """Logits [B, K, C] and labels [B, K]."""
    logits = torch.stack([predictions[task.name] for task in group], dim=1)
    return logits, torch.stack([labels[task.name] for task in group], dim=1)
