"""How well a model does on some clean images, as one number: by which an epoch is chosen."""

import math
from collections.abc import Mapping
from statistics import fmean

from mtlue.data import ArrayDataset
from mtlue.data.transforms import CentralLabels
from mtlue.evaluation.attacker import Attacker
from mtlue.models import MultiTaskModel
from mtlue.tasks import Scores, Task
from mtlue.training import predict


def validation_score(
    model: MultiTaskModel, images: ArrayDataset, trivial: Mapping[str, Scores], attacker: Attacker
) -> float:
    """Mean over tasks of the headline metric, on one scale for all of them.

    Args:
        model: left in evaluation mode.
        images: with the model's tasks; best a few, as they are scored after every epoch.
        trivial: what :func:`trivial_scores` says of them.
        attacker: whose pipeline and device they are looked at with.

    Returns:
        The mean of :func:`scaled`; higher is better. Tasks without a labelled image do not count; minus infinity where
        none has one.
    """
    meters = {task.name: task.meter() for task in model.tasks}
    for predictions, labels in predict(model, images, attacker.pipeline, attacker.runtime):
        for name, meter in meters.items():
            meter.update(predictions[name], labels[name])
    shares = [scaled(task, meters[task.name].scores(), trivial[task.name]) for task in model.tasks]
    counted = [share for share in shares if not math.isnan(share)]
    return fmean(counted) if counted else -math.inf


def trivial_scores(images: ArrayDataset, attacker: Attacker) -> dict[str, Scores]:
    """Task -> scores of the best predictor that knows the labels of these images, and never looks at one."""
    labels = {task: CentralLabels.of(task, images, attacker.pipeline) for task in images.tasks}
    return {task.name: task.trivial(own, own) for task, own in labels.items()}


def scaled(task: Task, scores: Scores, trivial: Mapping[str, float]) -> float:
    """A task's headline metric, 0 for the trivial predictor and 1 for a perfect one; higher is better.

    Perfect is 1 where higher is better (accuracies, overlaps) and 0 for errors; where the trivial predictor is perfect
    already, the difference is taken as it is.

    Args:
        scores: metric -> value.
        trivial: the same for the best predictor that never looks at an image.
    """
    metric = task.headline
    higher = task.metrics[metric]
    gain = scores[metric] - trivial[metric] if higher else trivial[metric] - scores[metric]
    room = abs((1.0 if higher else 0.0) - trivial[metric])
    return gain / (room or 1.0)
