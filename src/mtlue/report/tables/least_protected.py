"""Which task each method protects least: the first line of every table."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

from mtlue.evaluation.recoveries.texts import shown
from mtlue.report.records.groups import Method
from mtlue.report.records.sorting import SortedRecords
from mtlue.report.records.views import Column, TableView
from mtlue.report.tables.cells import TableCell
from mtlue.report.tables.comparison import Comparison, compare
from mtlue.report.tables.headings import group_names


@dataclass(frozen=True)
class _TaskRecovery:
    """One task's recovery by its headline metric, the mean over seeds."""

    method: Method
    column: Column
    cell: TableCell

    @property
    def value(self) -> float:
        return self.cell.value.mean

    @property
    def text(self) -> str:
        """The task with its recovery, and the interval where it is wide."""
        return f"{self.column.task} {shown(self.value)}{self.cell.interval_text}"


def least_protected(results: SortedRecords, metric: str | None = None) -> str | None:
    """One sentence: each method's least protected task over all learners. None where no recovery is known.

    Tasks that a release leaves learnable on purpose do not count.

    Args:
        metric: that recovery is by; each task's headline metric where it is None.
    """
    worst: dict[Method, _TaskRecovery] = {}
    for one in _recoveries(results, compare(results, TableView(metric, per_task=True, recovery=True))):
        if one.method not in worst or one.value > worst[one.method].value:
            worst[one.method] = one
    if not worst:
        return None
    names = group_names(results)
    ordered = sorted(worst.values(), key=lambda one: -one.value)
    parts = [f"{one.method.label}: {one.text} ({names[one.column.group]})" for one in ordered]
    by = "" if metric is None else f" of {metric.replace('_', ' ')}"
    return f"least protected task, by recovery{by}: {'; '.join(parts)}"


def _recoveries(results: SortedRecords, comparison: Comparison) -> Iterator[_TaskRecovery]:
    for column, cells in comparison.column_cells():
        for method, cell in cells.items():
            competes = method.kind == "method" and not math.isnan(cell.value.mean)
            if competes and column.task not in results.left_learnable(column.group, method):
                yield _TaskRecovery(method, column, cell)
