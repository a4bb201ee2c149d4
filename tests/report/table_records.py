"""Records of learners for tests of tables, and short ways to a table of them."""

from collections.abc import Sequence
from typing import Any

from mtlue.evaluation.learner import LEARNER_FIELDS, Learner
from mtlue.evaluation.records import Record
from mtlue.report.records.sorting import SortedRecords
from mtlue.report.records.views import TableView
from mtlue.report.tables.cells import TableCell
from mtlue.report.tables.comparison import Comparison, compare
from mtlue.report.tables.footnotes import footnotes
from mtlue.report.tables.renderings import RENDERINGS, Format


def record(
    method: str,
    seed: int = 0,
    scores: dict[str, float] | None = None,
    metric: str = "accuracy",
    trivial: float = 0.1,
    higher: bool = True,
    **others: Any,
) -> Record:
    """A learner on images of ``method``, with one metric for all tasks."""
    scores = scores or {"left": 0.5}
    condition = method if method in ("clean", "noise") else "protected"
    values: dict[str, Any] = {
        "dataset": "d", "condition": condition, "method": None if condition == "clean" else method,
        "epsilon": None if condition == "clean" else 8.0,
        "metrics": {task: {metric: score} for task, score in scores.items()},
        "trivial": {task: {metric: trivial} for task in scores},
        "directions": {task: {metric: higher} for task in scores},
        "headline": dict.fromkeys(scores, metric), "train_images": 10, "test_images": 5, "seconds": 1.0,
    }  # fmt: skip
    described = {name: others.pop(name) for name in LEARNER_FIELDS if name in others}
    learner = Learner(**{"seed": seed, "tasks": tuple(scores), **described})
    return Record(learner=learner, **{**values, **others})


def cells(comparison: Comparison, label: str) -> tuple[TableCell, ...]:
    (row_cells,) = [row.cells for row in comparison.rows if row.method.label == label]
    return row_cells


def table(records: Sequence[Record], view: TableView | None = None) -> Comparison:
    return compare(SortedRecords.of(records), view or TableView())


def rendered(records: Sequence[Record], form: Format, view: TableView | None = None) -> str:
    results = SortedRecords.of(records)
    comparison = compare(results, view or TableView())
    return RENDERINGS[form](comparison, footnotes(results, comparison), None)
