"""What stands first on an evaluation's page: what comes back of the least protected task, estimated, and how surely."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from mtlue.evaluation.learner import Setting
from mtlue.evaluation.records import CONDITIONS
from mtlue.evaluation.recoveries.texts import in_words, interval_in_words, measured_with
from mtlue.report.evaluations.rows import TaskRow
from mtlue.report.records.groups import Method
from mtlue.report.records.sorting import SortedRecords
from mtlue.report.tables.cells import TableCell

_LEARNERS: dict[Setting, str] = {
    "mtl": "A multi-task learner (MTL, one model for all tasks)",
    "stl": "A single-task learner (STL, one model for each task)",
}


@dataclass(frozen=True)
class Headline:
    """The parts of a sentence about one kind of learner.

    Attributes:
        learner: that trained on protected images.
        details: what tells it from the other kinds on the page; "" where there are no others.
        task, metric: of which most comes back, and what it is scored by.
        recovered: how much comes back.
        interval: of that; "" where records have none.
        noise: what comes back with noise of the same size; "" where that is not known.
        measured_with: test images and seeds.
    """

    learner: str
    details: str
    task: str
    metric: str
    recovered: str
    interval: str
    noise: str
    measured_with: str

    @classmethod
    def of(cls, row: TaskRow) -> Headline:
        """The sentence of a row that has a recovery."""
        noise = row.noise_recovery
        return cls(
            learner=_LEARNERS[row.group.setting],
            details=", ".join(row.details),
            task=row.task,
            metric=row.column.metric.replace("_", " "),
            recovered=in_words(row.recovery.value.mean),
            interval=interval_in_words(*row.recovery.interval),
            noise=_with_interval(noise) if _known(noise) else "",
            measured_with=measured_with(row.test_images, row.recovery.seeds).replace("; ", " and "),
        )


def headlines(rows: Sequence[TaskRow]) -> list[Headline]:
    """The least protected task of each block, where it is known what comes back of it.

    Args:
        rows: of all blocks, each with its least protected task first.
    """
    first: dict[str, TaskRow] = {}
    for row in rows:
        first.setdefault(row.block, row)
    return [Headline.of(row) for row in first.values() if _known(row.recovery)]


def why_unknown(results: SortedRecords) -> str:
    """Why there is no headline, and what to do, in sentences."""
    found = [{_trained_on(method) for method in methods} for methods in results.groups.values()]
    missing = [name for name in ("clean", "protected") if not any(name in of for of in found)]
    if missing:
        return (
            f"no learner of {' or '.join(missing)} images is among these records. Evaluate clean, noised and protected "
            f"images together (--compare {' '.join(CONDITIONS)})."
        )
    if not any({"clean", "protected"} <= of for of in found):
        return (
            "learners of protected images and those of clean ones differ, or are tested on other images. Evaluate them "
            "together."
        )
    return (
        "learners of clean images did not learn these tasks either, or too few test images tell how much. Train "
        "longer, or with more images."
    )


def _trained_on(method: Method) -> str:
    """What learners of a row were trained on: clean images, noise made for the comparison, or a release's."""
    return "protected" if method.released else method.kind


def _known(cell: TableCell) -> bool:
    return not math.isnan(cell.value.mean)


def _with_interval(cell: TableCell) -> str:
    """A recovery, and its interval in brackets where it has one."""
    within = interval_in_words(*cell.interval)
    return f"{in_words(cell.value.mean)} ({within})" if within else in_words(cell.value.mean)
