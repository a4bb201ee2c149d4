"""Whether test images are enough for an audit: known before anything is fitted."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pandas as pd
import torch

from mtlue.arrays.mapped_array import Array, chunks, take_rows
from mtlue.data.listing import TEST
from mtlue.data.loading import Collection
from mtlue.data.shards.reading import reader_of
from mtlue.jobs.events import FewTested
from mtlue.jobs.requests.fitted import protected_tasks
from mtlue.release.checks.tables import read_metadata
from mtlue.release.layout import OutputFolder, ReleaseFolder
from mtlue.release.shards.manifest import ShardedManifest, in_shards
from mtlue.tasks import ImageTask, Task
from mtlue.tasks.scoring import COUNTED_FROM


def few_tested_of(collection: Collection, tasks: Sequence[Task]) -> FewTested | None:
    """The tasks of a dataset that an audit cannot judge; None where it can judge them all.

    Args:
        collection: what will be protected.
        tasks: of its tasks, those of interest.
    """
    positions = torch.tensor([i for i, own in enumerate(collection.splits) if own == TEST], dtype=torch.int64)
    labels = {task.name: take_rows(collection.samples.labels[task.name], positions) for task in tasks}
    few = few_tested(tasks, labels, len(positions))
    return replace(few, more=collection.listing.more_tests) if few else None


def few_tested(tasks: Sequence[Task], labels: Mapping[str, Array], images: int) -> FewTested | None:
    """The tasks that cannot be judged (:meth:`mtlue.tasks.Scoring.is_judged`); None where all can be.

    Args:
        tasks: those of interest.
        labels: task -> labels of the test images, [images, ...].
        images: how many test images there are.
    """
    unjudged = tuple(task.name for task in tasks if not _is_judged(task, labels[task.name]))
    return FewTested(images, unjudged, len(tasks), COUNTED_FROM) if unjudged else None


def few_tested_of_release(out: Path) -> FewTested | None:
    """The same of the protected tasks of a release, as far as its table and its private folder tell it without an image
    being read.

    None also where they do not: the test images are not released, shards are elsewhere, or a task has a label per
    pixel and there are images enough.

    Args:
        out: folder that ``protect`` or ``apply`` wrote; the release was found whole.
    """
    release, tasks = OutputFolder(out).release, protected_tasks(OutputFolder(out).private.path)
    table = _table(release) if tasks else None
    if table is None:
        return None
    tested = table[table["split"] == TEST]
    if 0 < len(tested) < COUNTED_FROM:  # whatever their labels are
        return FewTested(len(tested), tuple(task.name for task in tasks), len(tasks), COUNTED_FROM)
    of_images = [task for task in tasks if isinstance(task, ImageTask) and task.name in table.columns]
    if not len(tested) or len(of_images) < len(tasks):
        return None
    labels = {
        task.name: torch.from_numpy(task.parse([text or None for text in tested[task.name]])) for task in of_images
    }
    return few_tested(of_images, labels, len(tested))


def _table(release: ReleaseFolder) -> pd.DataFrame | None:
    """The release's table as strings, of all its shards where it is in shards; None where it is not here."""
    if not in_shards(release.path):
        return read_metadata(release.path) if release.metadata.is_file() else None
    shards = [release.path / shard.file_name for shard in ShardedManifest.read(release.path).shards]
    readers = [reader_of(shard) if shard.is_file() else None for shard in shards]
    tables = [
        reader.table(shard, ()).table.frame.fillna("")
        for shard, reader in zip(shards, readers, strict=True)
        if reader is not None
    ]
    return pd.concat(tables) if len(tables) == len(shards) else None


def _is_judged(task: Task, labels: Array) -> bool:
    classes, labelled = Counter[str](), 0
    for _, chunk in chunks(labels):
        classes.update(task.counts(chunk))
        labelled += int((~task.unlabelled(chunk)).sum())
    return task.is_judged(classes, labelled)
