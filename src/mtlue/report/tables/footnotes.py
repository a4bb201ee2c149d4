"""What the reader of a table must know: what was left out, and what cannot be compared."""

import math
import statistics
from collections.abc import Collection, Iterator, Sequence

from mtlue.evaluation.records import Record
from mtlue.report.records.groups import Method, recipe_of
from mtlue.report.records.sorting import Seeds, SortedRecords
from mtlue.report.records.views import Column, TableView, task_metrics
from mtlue.report.tables.cells import TableCell, score_of
from mtlue.report.tables.comparison import Comparison, compare
from mtlue.report.tables.headings import group_names, headings
from mtlue.report.tables.precisions import precision_notes
from mtlue.report.tables.uncounted import uncounted_notes
from mtlue.wording import counted, percent

HARDLY = 0.95
"""Share of the first epoch's training error that a learner has to get below to count as one that learned."""
SMALL_MARGIN = 0.1
"""Share of the way from the trivial predictor to a perfect one: a quotient by less is large for small reasons."""
FEW_TESTED = 100
"""Test images below which a bootstrap's interval is narrower than it should be, as where all of them are told right."""


def footnotes(results: SortedRecords, comparison: Comparison) -> list[str]:
    """What was left out, what cannot be compared, and where the paper's scores come from; in sentences."""
    return [
        *_tasks_left_out(results, comparison),
        *_left_learnable(results),
        *uncounted_notes(results),
        *_incomplete(comparison),
        *_untaught(comparison),
        *_small_margins(results, comparison),
        *_references(results, comparison),
        *_other_seeds(results, comparison),
        *_unlearned(results),
        *disagreements(results),
        *precision_notes(results),
        *_sources(comparison),
    ]


def _tasks_left_out(results: SortedRecords, comparison: Comparison) -> Iterator[str]:
    for group, name in group_names(results).items():
        metrics = task_metrics(results, group, comparison.view.metric)
        absent = [task for task, metric in metrics.items() if metric is None]
        if absent:
            yield f"{name}: without a score by the metric, and left out: {', '.join(absent)}."


def _left_learnable(results: SortedRecords) -> Iterator[str]:
    for group, name in group_names(results).items():
        for method in results.groups[group]:
            tasks = results.left_learnable(group, method)
            if tasks:
                yield f"{name}, {method.label}: kept learnable on purpose, and counted in means: {', '.join(tasks)}."


def _incomplete(comparison: Comparison) -> Iterator[str]:
    lacking = "a task, or its clean learner," if comparison.view.recovery else "a task"
    for name, column, cells in _named_columns(comparison):
        for method, cell in cells.items():
            if cell.left_out:
                results = cell.left_out * len(column.metrics)
                yield (
                    f"{name}, {method.label}: {cell.left_out} of {cell.tried} seeds lack {lacking} and are left out "
                    f"({cell.missing} of their {results} results missing)."
                )


def _untaught(comparison: Comparison) -> Iterator[str]:
    columns: dict[int, list[str]] = {}
    for name, _, cells in _named_columns(comparison):
        if untaught := sum(cell.untaught for cell in cells.values()):
            columns.setdefault(untaught, []).append(name)
    for untaught, names in columns.items():
        results = f"{counted(untaught, 'result')} each" if len(names) > 1 else counted(untaught, "result")
        yield (
            f"{'; '.join(names)}: {results} without recovery, as clean images taught no more than the trivial "
            "predictor knows, or than chance explains; left out of the mean."
        )


def _small_margins(results: SortedRecords, comparison: Comparison) -> Iterator[str]:
    """Recovery is a quotient: tasks that clean images hardly teach can dominate a mean over tasks."""
    columns: dict[tuple[int, int], list[str]] = {}
    for name, column, _ in _named_columns(comparison):
        if not comparison.view.recovery or comparison.view.ratio_of_means or column.task:
            continue
        margins = [_margin(results.clean(column.group), task, metric) for task, metric in column.metrics.items()]
        if small := sum(0 < margin < SMALL_MARGIN for margin in margins):
            columns.setdefault((small, len(margins)), []).append(name)
    for (small, among), names in columns.items():
        yield (
            f"{'; '.join(names)}: clean images teach {small} of {counted(among, 'task')} less than a tenth of the way "
            "from the trivial predictor to a perfect one. Recovery divides by that little: each of them is uncertain, "
            "and can dominate a mean over tasks."
        )


def small_margins(records: Sequence[Record], untaught: bool = True) -> list[str]:
    """What of an evaluation's recoveries divides by nothing, or next to it; nothing without clean learners.

    Args:
        records: of one release, or of several.
        untaught: whether what divides by nothing is counted, too.
    """
    if all(record.condition != "clean" for record in records):
        return []
    results = SortedRecords.of(records)
    comparison = compare(results, TableView(recovery=True))
    return [*(_untaught(comparison) if untaught else ()), *_small_margins(results, comparison)]


def few_tested(records: Sequence[Record]) -> list[str]:
    """That shares and intervals of so few test images say little; nothing where they are enough."""
    counts = {record.test_images for record in records}
    fewest = min(counts, default=FEW_TESTED)
    if fewest >= FEW_TESTED:
        return []
    tested = "Some learners were tested" if len(counts) > 1 else "Tested"
    return [
        f"{tested} on {counted(fewest, 'image')}: one of them is {percent(1 / fewest)} of a score, and an interval "
        f"drawn from so few is too narrow. Such figures are a hint: {FEW_TESTED} test images and more tell how well it "
        "holds."
    ]


def _margin(clean: Seeds, task: str, metric: str) -> float:
    """What clean learners know more than the trivial predictor, over what there is to know; the mean over seeds."""
    margins = []
    for records in clean.values():
        score = score_of(records.get(task), task, metric)
        if not math.isnan(score):
            trivial, higher = records[task].trivial[task][metric], records[task].directions[task][metric]
            perfect = 1.0 if higher else 0.0
            margins.append((score - trivial) / (perfect - trivial) if perfect != trivial else 0.0)
    return statistics.fmean(margins) if margins else math.nan


def _references(results: SortedRecords, comparison: Comparison) -> Iterator[str]:
    """What recovery is taken against where there is more than one kind of clean learner."""
    if not comparison.view.recovery:
        return
    names = group_names(results)
    if any(group.countered and results.clean(group) for group in names):
        yield "Under a countermeasure, recovery is taken against clean learners with the same one."
    for group, name in names.items():
        if group.countered and not results.clean(group):
            yield (
                f"{name}: no recovery, as there is no clean learner with the same countermeasure "
                f"({group.countermeasure}); one without it does not take its place."
            )


def _other_seeds(results: SortedRecords, comparison: Comparison) -> Iterator[str]:
    """Where recovery of means is taken against clean learners of other seeds."""
    if not comparison.view.ratio_of_means:
        return
    names: dict[tuple[str, str], list[str]] = {}
    for group, name in group_names(results).items():
        clean = results.clean(group)
        lacking = {seed for seeds in results.groups[group].values() for seed in seeds} - {*clean}
        if clean and lacking:
            names.setdefault((_seeds(lacking), _seeds(clean)), []).append(name)
    for (seeds, others), of in names.items():
        yield f"{'; '.join(of)}: no clean learner of {seeds}; in its place stands the mean of those of {others}."


def _seeds(seeds: Collection[int]) -> str:
    return f"seed{'' if len(seeds) == 1 else 's'} {', '.join(map(str, sorted(seeds)))}"


def _unlearned(results: SortedRecords) -> Iterator[str]:
    """A learner that cannot read its own training images fails on all others, whatever was done to them."""
    for group, name in group_names(results).items():
        lost: dict[str, int] = {}
        for method, seeds in results.groups[group].items():
            hardly = [_hardly_fell(record, task) for tasks in seeds.values() for task, record in tasks.items()]
            if any(hardly):
                lost[method.label] = sum(hardly)
        if lost:
            counts = ", ".join(f"{label} {count}" for label, count in lost.items())
            yield (
                f"{name}: results of learners that hardly learned their own training images ({counts}): a low score of "
                "theirs is no protection. Give them more epochs or another learning rate."
            )


def _hardly_fell(record: Record, task: str) -> bool:
    """Whether a task's training error ended above ``HARDLY`` of what it was in the first epoch."""
    errors = record.curves.get(f"training error {task}", [])
    return len(errors) > 1 and errors[-1] > HARDLY * errors[0]


def disagreements(results: SortedRecords) -> Iterator[str]:
    """What learners of one column should share, and do not, in sentences."""
    for group, name in group_names(results).items():
        facts: dict[str, dict[str, dict[str, None]]] = {}
        for method, seeds in results.groups[group].items():
            of_records = [fact for tasks in seeds.values() for record in tasks.values() for fact in _facts(record)]
            for what, value in [*of_records, ("seeds", ", ".join(map(str, sorted(seeds))))]:
                facts.setdefault(what, {}).setdefault(value, {})[method.label] = None
        for what, values in facts.items():
            if len(values) > 1:
                split = "; ".join(f"{value} ({', '.join(labels)})" for value, labels in values.items())
                yield f"{name}: {what} differ, so that figures are not comparable: {split}."


def _facts(record: Record) -> list[tuple[str, str]]:
    """What learners of one column should share."""
    facts: dict[str, object] = {"training images": record.train_images}
    facts |= {f"recipes' {key}": value for key, value in recipe_of(record).items()}
    facts |= {"epsilons": record.epsilon} if record.epsilon is not None else {}
    return [(what, str(value)) for what, value in facts.items()]


def _sources(comparison: Comparison) -> Iterator[str]:
    published = [cell.published for row in comparison.rows for cell in row.cells if cell.published]
    for source in dict.fromkeys(score.source for score in published):
        yield f"paper: {source}; on the whole dataset, with the paper's recipe."
    for name, column, cells in _named_columns(comparison):
        ours = len(column.metrics)
        theirs = next((cell.published.tasks for cell in cells.values() if cell.published), ours)
        if theirs != ours:
            yield f"{name}: ours is the mean over {counted(ours, 'task')}, the paper's over {theirs}: not comparable."


def _named_columns(comparison: Comparison) -> Iterator[tuple[str, Column, dict[Method, TableCell]]]:
    """Each column with its name, and its cells by row."""
    for name, (column, cells) in zip(headings(comparison), comparison.column_cells(), strict=True):
        yield ", ".join(name), column, cells
