"""The comparison as a table for the terminal."""

import math
from collections import Counter
from collections.abc import Sequence

from rich import box
from rich.table import Table

from mtlue.evaluation.countermeasures import NONE
from mtlue.evaluation.records import Record
from mtlue.evaluation.summary import Row, Spread

NO_VALUE = "–"
COLUMNS = (
    "",
    "task",
    "metric",
    "trivial",
    "clean",
    "noise",
    "protected",
    "noise recovery",
    "recovery",
)
_METRICS = 2
"""Metrics of a task that a terminal's table shows."""
CAPTION = (
    "Scores on clean test images, mean ± std over seeds. recovery = (score − trivial) / (clean − trivial): "
    "1 is no protection, 0 is no better than a predictor that never looks. ↓: lower is better for the learner. "
    "Least protected task first."
)
COUNTERED = " Under a countermeasure, recovery is taken against clean learners without one."


def caption(rows: Sequence[Row]) -> str:
    """What the columns mean."""
    return CAPTION + (COUNTERED if any(row.countermeasure != NONE for row in rows) else "")


def cells(row: Row, seeds: int) -> tuple[str, ...]:
    """A row's texts, in the order of ``COLUMNS``."""
    scores = [spread(row.scores[data], seeds) for data in ("clean", "noise", "protected")]
    recovered = [spread(row.recovery[data], seeds) for data in ("noise", "protected")]
    metric = row.metric.replace("_", " ") + ("" if row.higher_is_better else " ↓")
    task = row.task + " (left learnable)" * row.unprotected
    return (group(row), task, metric, spread(Spread(row.trivial, 0.0), seeds=1), *scores, *recovered)


def group(row: Row) -> str:
    """``MTL``, or ``STL, jpeg10`` for learners with a countermeasure."""
    return row.setting.upper() + (f", {row.countermeasure}" if row.countermeasure != NONE else "")


def spread(value: Spread, seeds: int) -> str:
    """``0.123 ± 0.004``; without the spread for one seed; a dash where there is no value."""
    if math.isnan(value.mean):
        return NO_VALUE
    return f"{value.mean:.3f} ± {value.std:.3f}" if seeds > 1 else f"{value.mean:.3f}"


def title(records: Sequence[Record]) -> str:
    """What was compared, in one line."""
    first = records[0]
    released = next((record for record in records if record.condition == "protected"), first)
    seeds = sorted({record.learner.seed for record in records})
    return (
        f"{first.dataset}: {released.method or 'clean only'}"
        + (f", epsilon {released.epsilon:g}/255" if released.epsilon else "")
        + f"; {first.learner.backbone} learners, {first.train_images} training and {first.test_images} test images, "
        + f"seed{'s' if len(seeds) > 1 else ''} {', '.join(map(str, seeds))}"
    )


def render_table(rows: Sequence[Row], records: Sequence[Record]) -> Table:
    """A rich table of two metrics a task: the headline and the next; the report has them all."""
    count = Counter[tuple[str, str]]()
    shown = []
    for row in rows:
        count[group(row), row.task] += 1
        if count[group(row), row.task] <= _METRICS:
            shown.append(row)
    rows = shown
    seeds = len({record.learner.seed for record in records})
    table = Table(
        box=box.SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
        title=title(records),
        caption=caption(rows),
        title_justify="left",
        caption_justify="left",
    )
    for index, name in enumerate(COLUMNS):
        table.add_column(name, justify="left" if index < 3 else "right", no_wrap=index < 3)
    for index, row in enumerate(rows):
        last = index + 1 == len(rows) or group(rows[index + 1]) != group(row)
        table.add_row(*cells(row, seeds), style="bold" if row.headline else None, end_section=last)
    return table
