"""A comparison turned: one row per task and metric, with what each kind of training images leaves side by side."""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from mtlue.report.records.groups import TRIVIAL_METHOD, Group, Method, telling_apart
from mtlue.report.records.sorting import SortedRecords
from mtlue.report.records.views import Column, TableView
from mtlue.report.tables.cells import TableCell
from mtlue.report.tables.comparison import Comparison, compare


@dataclass(frozen=True)
class TaskRow:
    """One task by one metric, for the learners of one group on one release.

    Attributes:
        group: the learners.
        details: what tells the group and the release from others of the table, besides the setting.
        column: the task and its metric.
        headline: whether this is the metric that recovery is reported in first.
        left_learnable: whether the release leaves the task learnable on purpose.
        trivial: score of the best predictor that never looks at an image.
        clean, noise, protected: scores of learners of these images.
        noise_recovery, recovery: of the learners of noised and of protected images.
        test_images: that the learners were tested on.
    """

    group: Group
    details: tuple[str, ...]
    column: Column
    headline: bool
    left_learnable: bool
    trivial: TableCell
    clean: TableCell
    noise: TableCell
    protected: TableCell
    noise_recovery: TableCell
    recovery: TableCell
    test_images: int

    @property
    def task(self) -> str:
        """The task's name."""
        return next(iter(self.column.metrics))

    @property
    def unscored(self) -> bool:
        """Whether no learner has a score, so that the row says nothing."""
        return all(math.isnan(cell.value.mean) for cell in (self.clean, self.noise, self.protected))

    @property
    def block(self) -> str:
        """``MTL``, or ``STL, jpeg10``: what the rows around this one share."""
        return ", ".join([self.group.setting.upper(), *self.details])


def task_rows(results: SortedRecords) -> list[TaskRow]:
    """Rows in blocks, one for each group and release.

    The least protected task is the first of its block, and the block of the least protected of all comes first. Tasks
    that are learnable on purpose come last.
    """
    scores = compare(results, TableView(every_metric=True))
    recoveries = compare(results, replace(scores.view, recovery=True))
    blocks = [
        _sorted_by_task(_block(results, scores, recoveries, group, release))
        for group in results.groups
        for release in _releases(results, group) or (None,)
    ]
    return [row for block in sorted(blocks, key=_protection) for row in block]


def _releases(results: SortedRecords, group: Group) -> Sequence[Method]:
    return [method for method in results.groups[group] if method.released]


def _block(
    results: SortedRecords, scores: Comparison, recoveries: Comparison, group: Group, release: Method | None
) -> Iterator[TaskRow]:
    clean, noise = (next(iter(results.of_kind(group, kind)), None) for kind in ("clean", "noise"))
    details = _details(results, group, release)
    left_learnable = results.left_learnable(group, release) if release else []
    tested = max(record.test_images for record, _ in results.scored(group))
    tasks: set[str | None] = set()
    for (column, cells), (_, recovered) in zip(scores.column_cells(), recoveries.column_cells(), strict=True):
        if column.group != group:
            continue
        yield TaskRow(
            group,
            details,
            column,
            headline=column.task not in tasks,
            left_learnable=column.task in left_learnable,
            trivial=cells[TRIVIAL_METHOD],
            clean=_of(cells, clean),
            noise=_of(cells, noise),
            protected=_of(cells, release),
            noise_recovery=_of(recovered, noise),
            recovery=_of(recovered, release),
            test_images=tested,
        )
        tasks.add(column.task)


def _of(cells: dict[Method, TableCell], method: Method | None) -> TableCell:
    return TableCell() if method is None else cells[method]


def _details(results: SortedRecords, group: Group, release: Method | None) -> tuple[str, ...]:
    """What tells a block from others with the same setting."""
    apart = telling_apart([other.attributes() for other in results.groups])
    values = group.attributes()
    varying = [values[key] for key in apart if key not in ("setting", "countermeasure")]
    releases = {method for other in results.groups for method in _releases(results, other)}
    return (
        *varying,
        *([group.countermeasure] if group.countered else []),
        *([release.label] if release is not None and len(releases) > 1 else []),
    )


def _sorted_by_task(rows: Iterable[TaskRow]) -> list[TaskRow]:
    """The least protected task first, each with its headline metric first."""
    tasks: dict[str, list[TaskRow]] = {}
    for row in rows:
        tasks.setdefault(row.task, []).append(row)
    return [row for task in sorted(tasks.values(), key=_protection) for row in task]


def _protection(rows: Sequence[TaskRow]) -> tuple[bool, float]:
    recovered = rows[0].recovery.value.mean
    return rows[0].left_learnable, math.inf if math.isnan(recovered) else -recovered
