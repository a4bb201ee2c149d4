"""Records to a table of methods by learners: the one structure that every table and the page are drawn from."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from mtlue.errors import InputError, param
from mtlue.report.records.groups import TRIVIAL_METHOD, Method
from mtlue.report.records.published import PAPER_EPSILON, PublishedScore, find_published
from mtlue.report.records.references import References
from mtlue.report.records.sorting import SortedRecords
from mtlue.report.records.views import Column, TableView, columns_of
from mtlue.report.tables.cells import TableCell, best_rank, measure_method, measure_trivial
from mtlue.suggestions import unknown

UNPROTECTED = 0.9
"""Recovery above which a method does not count as one that protects."""


@dataclass(frozen=True)
class MethodRow:
    """One method, one cell per column."""

    method: Method
    cells: tuple[TableCell, ...]


@dataclass(frozen=True)
class Comparison:
    """A table, before it is drawn."""

    view: TableView
    columns: tuple[Column, ...]
    rows: tuple[MethodRow, ...]

    def column_cells(self) -> Iterator[tuple[Column, dict[Method, TableCell]]]:
        """Each column with its cell of each method."""
        for index, column in enumerate(self.columns):
            yield column, {row.method: row.cells[index] for row in self.rows}

    @property
    def unmarked(self) -> bool:
        """Whether a column of several methods has none that is marked as the best."""
        return any(
            len([one for method, one in cells.items() if method.kind == "method" and not math.isnan(one.rank)]) > 1
            and not any(one.best for one in cells.values())
            for _, cells in self.column_cells()
        )


def compare(results: SortedRecords, view: TableView) -> Comparison:
    """Lay out the table.

    Raises:
        InputError: there is no record, or none has a score by the metric.
    """
    if not results.groups:
        raise InputError("there is no record to make a table of: let evaluate finish a learner first")
    metrics = {metric for record, task in results.scored() for metric in record.metrics[task]}
    if view.metric is not None and view.metric not in metrics:
        raise InputError(f"{unknown('metric', view.metric, sorted(metrics))}, the metrics of these records")
    columns = tuple(column for group in results.groups for column in columns_of(results, group, view))
    if not columns:
        raise InputError(f"no learner of these records has a score: give another {param('metric')}")
    references = [References.of(results, column) for column in columns]
    rows = [_row(results, method, columns, references, view) for method in results.methods()]
    controls = sum(row.method.kind != "method" for row in rows)
    trivial = MethodRow(TRIVIAL_METHOD, tuple(measure_trivial(results, column, view.recovery) for column in columns))
    marked = _with_best(results, (*rows[:controls], trivial, *rows[controls:]), columns, references, view)
    return Comparison(view, columns, marked)


def _row(
    results: SortedRecords, method: Method, columns: Sequence[Column], references: Sequence[References], view: TableView
) -> MethodRow:
    named = zip(columns, references, strict=True)
    cells = [measure_method(results, method, column, its, view) for column, its in named]
    if view.published and not view.recovery:
        published = [_published_score(results, method, column, view) for column in columns]
        cells = [replace(cell, published=score) for cell, score in zip(cells, published, strict=True)]
    return MethodRow(method, tuple(cells))


def _published_score(results: SortedRecords, method: Method, column: Column, view: TableView) -> PublishedScore | None:
    """The paper's score, which is of equal weights, learners without a countermeasure, and its epsilon."""
    group, seeds = column.group, results.groups[column.group].get(method, {})
    epsilons = {record.epsilon for records in seeds.values() for record in records.values()}
    if column.task or group.weighting != "ls" or group.countered or not epsilons <= {None, PAPER_EPSILON}:
        return None
    return find_published(view.published, group.dataset, method.label, group.setting, group.backbone, column.metric)


def _with_best(
    results: SortedRecords,
    rows: Sequence[MethodRow],
    columns: Sequence[Column],
    references: Sequence[References],
    view: TableView,
) -> tuple[MethodRow, ...]:
    """Mark each column's best method, where there are several to choose from, clean images teach anything, and that
    method protects: learners get back :data:`UNPROTECTED` of it at most."""
    competing = [row for row in rows if row.method.kind == "method"]
    best = [
        best_rank([row.cells[index] for row in competing], lowest=view.recovery or column.higher_is_better)
        if len(references[index].unlearned) < len(column.metrics)
        else math.nan
        for index, column in enumerate(columns)
    ]
    best = [
        math.nan if _unprotected(results, competing, index, view, columns[index], references[index], rank) else rank
        for index, rank in enumerate(best)
    ]
    return tuple(_marked(row, best) if row.method.kind == "method" else row for row in rows)


def _unprotected(
    results: SortedRecords,
    rows: Sequence[MethodRow],
    index: int,
    view: TableView,
    column: Column,
    references: References,
    rank: float,
) -> bool:
    """Whether learners get nearly everything back in spite of a column's best method."""
    recovered = replace(view, recovery=True)
    return any(
        measure_method(results, row.method, column, references, recovered).value.mean > UNPROTECTED
        for row in rows
        if row.cells[index].rank == rank
    )


def _marked(row: MethodRow, best: Sequence[float]) -> MethodRow:
    marked = (replace(cell, best=cell.rank == mean) for cell, mean in zip(row.cells, best, strict=True))
    return replace(row, cells=tuple(marked))
