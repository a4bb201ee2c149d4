"""Whether test images are enough for an audit: known before anything is fitted."""

from collections import Counter
from collections.abc import Mapping, Sequence

import torch

from mtlue.arrays.mapped_array import Array, chunks, take_rows
from mtlue.data.listing import TEST
from mtlue.data.loading import Collection
from mtlue.jobs.events import FewTested
from mtlue.tasks import Task
from mtlue.tasks.scoring import COUNTED_FROM


def few_tested_of(collection: Collection, tasks: Sequence[Task]) -> FewTested | None:
    """The tasks of a dataset that an audit cannot judge; None where it can judge them all.

    Args:
        collection: what will be protected.
        tasks: of its tasks, those of interest.
    """
    positions = torch.tensor([i for i, own in enumerate(collection.splits) if own == TEST], dtype=torch.int64)
    labels = {task.name: take_rows(collection.samples.labels[task.name], positions) for task in tasks}
    return few_tested(tasks, labels, len(positions))


def few_tested(tasks: Sequence[Task], labels: Mapping[str, Array], images: int) -> FewTested | None:
    """The tasks that cannot be judged (:meth:`mtlue.tasks.Scoring.is_judged`); None where all can be.

    Args:
        tasks: those of interest.
        labels: task -> labels of the test images, [images, ...].
        images: how many test images there are.
    """
    unjudged = tuple(task.name for task in tasks if not _is_judged(task, labels[task.name]))
    return FewTested(images, unjudged, len(tasks), COUNTED_FROM) if unjudged else None


def _is_judged(task: Task, labels: Array) -> bool:
    classes, labelled = Counter[str](), 0
    for _, chunk in chunks(labels):
        classes.update(task.counts(chunk))
        labelled += int((~task.unlabelled(chunk)).sum())
    return task.is_judged(classes, labelled)
