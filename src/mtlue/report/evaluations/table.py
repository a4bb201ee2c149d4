"""The table of ``mtlue evaluate``, which the page shows, too: releases against clean images and noise, task by task."""

from collections.abc import Iterable, Iterator, Sequence

from rich import box
from rich.table import Table

from mtlue.evaluation.records import Record
from mtlue.faults import listed
from mtlue.report.evaluations.rows import TaskRow, task_rows
from mtlue.report.names import called, release_in_words
from mtlue.report.records.groups import Group, Method, seed_of, tested_images
from mtlue.report.records.sorting import SortedRecords
from mtlue.report.tables.cells import BELOW_NOTE
from mtlue.report.tables.headings import INTERVALS
from mtlue.report.tables.precisions import precision_notes
from mtlue.report.tables.uncounted import uncounted_notes
from mtlue.visible import visible

RELEASE_COLUMNS = (
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
METRICS_SHOWN = 2
"""Metrics of a task that a terminal's table shows; the page has them all."""
_RECOVERY = (
    "recovery = (score − trivial) / (clean − trivial): 1 means no protection, 0 is no better than a predictor that "
    "never looks."
)
_ARROW = "↓"
_LISTED = 8
"""Tasks that a sentence names."""
COUNTERED = "Under a countermeasure, recovery is taken against clean learners with the same one."


def row_texts(row: TaskRow, short: bool = False) -> tuple[str, ...]:
    """A row as text, in the order of ``RELEASE_COLUMNS``; ``short`` for a terminal."""
    metric = row.column.metric.replace("_", " ") + ("" if row.column.higher_is_better else f" {_ARROW}")
    task = row.task + (" (left learnable)" if row.left_learnable else "")
    cells = (row.trivial, row.clean, row.noise, row.protected, row.noise_recovery, row.recovery)
    return (row.block, task, metric, *(cell.short_text if short else cell.text for cell in cells))


def scored_rows(results: SortedRecords) -> list[TaskRow]:
    """The rows that say something: :func:`caption` names the others."""
    return [row for row in task_rows(results) if not row.unscored]


def caption(results: SortedRecords, shown: Sequence[TaskRow] | None = None) -> str:
    """What the columns mean, as far as it is needed, and which rows are left out.

    Args:
        results: all of them.
        shown: the rows of the table; by default all that say something.
    """
    rows = task_rows(results)
    shown = [row for row in rows if not row.unscored] if shown is None else shown
    wide = any(cell.wide for row in shown for cell in (row.noise_recovery, row.recovery))
    several = any(cell.seeds > 1 for row in shown for cell in (row.clean, row.noise, row.protected))
    parts = [
        f"Scores on {tested_images(results.groups)}{', mean ± std over seeds' if several else ''}.",
        _RECOVERY,
        "" if all(row.column.higher_is_better for row in shown) else f"{_ARROW}: lower is better for the learner.",
        "Least protected task first.",
        f"Recoveries have their {INTERVALS}." if wide else "",
        COUNTERED if any(group.countered for group in results.groups) else "",
        *_unscored(rows),
        *uncounted_notes(results),
        *precision_notes(results),
    ]
    return " ".join(filter(None, parts))


def _unscored(rows: Sequence[TaskRow]) -> Iterator[str]:
    """Of which tasks no learner has a score, in a sentence."""
    names = dict.fromkeys(
        f"'{visible(row.task)}' ({row.column.metric.replace('_', ' ')})" for row in rows if row.unscored
    )
    if names:
        yield f"Left out, as too few test images carry their labels to score a learner: {listed(list(names), _LISTED)}."


def release_title(records: Sequence[Record]) -> str:
    """What was compared, in one line."""
    released = [record for record in records if Method.of(record).released] or records[:1]
    methods = _distinct(record.method for record in released if record.method)
    epsilons = _distinct(f"{record.epsilon:g}/255" for record in released if record.epsilon)
    largest = max((record.largest_change or 0 for record in released), default=0)
    lossy = f" before encoding (lossy files: up to {largest}/255)" if largest else ""
    return (
        f"{_distinct(called(Group.of(record).dataset) for record in records)}: {methods or 'clean only'}"
        + (f", epsilon {epsilons}{lossy}" if epsilons else "")
        + f"; {_learners(records)}"
    )


def title_in_words(records: Sequence[Record]) -> str:
    """The same for a page: what was protected, how and how strongly, and who learns from it, in sentences."""
    released = [record for record in records if Method.of(record).released]
    kinds = sorted(
        {
            (one.dataset, one.method, one.epsilon, one.largest_change or 0)
            for one in released
            if one.method and one.epsilon
        }
    )
    protected = [
        release_in_words(dataset, method, epsilon, largest or None) for dataset, method, epsilon, largest in kinds
    ]
    if not protected:
        return release_title(records)
    return f"{'. '.join(protected)}. Tried by {_learners(records)}."


def _learners(records: Sequence[Record]) -> str:
    """Which learners there are, on how many images, of which seeds."""
    seeds = sorted({seed_of(record) for record in records})
    trained, tested = (_distinct(map(str, counts)) for counts in zip(*map(_image_counts, records), strict=True))
    return (
        f"{_distinct(Group.of(record).backbone for record in records)} learners, {trained} training and {tested} test "
        f"images, seed{'s' if len(seeds) > 1 else ''} {', '.join(map(str, seeds))}"
    )


def _image_counts(record: Record) -> tuple[int, int]:
    return record.train_images, record.test_images


def render_release_table(records: Sequence[Record]) -> Table:
    """A rich table of two metrics per task: the headline and the next."""
    results = SortedRecords.of(records)
    rows = list(_first_metrics(scored_rows(results)))
    below = any(cell.below for row in rows for cell in (row.noise_recovery, row.recovery))
    table = Table(
        box=box.SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
        title=release_title(records),
        caption=" ".join([caption(results, rows), *([BELOW_NOTE] if below else [])]),
        title_justify="left",
        caption_justify="left",
    )
    for index, name in enumerate(RELEASE_COLUMNS):
        table.add_column(name, justify="left" if index < 3 else "right", no_wrap=index < 2)
    for row, following in zip(rows, [*rows[1:], None], strict=True):
        last = following is None or following.block != row.block
        table.add_row(*row_texts(row, short=True), style="bold" if row.headline else None, end_section=last)
    return table


def _first_metrics(rows: Iterable[TaskRow]) -> Iterator[TaskRow]:
    count: dict[tuple[str, str], int] = {}
    for row in rows:
        key = row.block, row.task
        count[key] = count.get(key, 0) + 1
        if count[key] <= METRICS_SHOWN:
            yield row


def _distinct(values: Iterable[str]) -> str:
    return ", ".join(dict.fromkeys(values))
