"""What the reader of a table must know: what was left out, and what cannot be compared."""

from collections.abc import Iterator
from dataclasses import asdict

from mtlue.evaluation.records import Record
from mtlue.report.comparison import Cell, Column, Comparison, task_metrics
from mtlue.report.headings import headings, telling_apart
from mtlue.report.results import Group, Results

HARDLY = 0.95
"""Share of the first epoch's training error that a learner has to get below to count as one that learned."""


def footnotes(results: Results, comparison: Comparison) -> list[str]:
    """What was left out, what cannot be compared, and where the paper's figures come from; in sentences."""
    return [
        *_tasks_left_out(results, comparison),
        *_left_learnable(results),
        *_incomplete(comparison),
        *_untaught(comparison),
        *_unlearned(results),
        *_disagreements(results),
        *_sources(comparison),
    ]


def _tasks_left_out(results: Results, comparison: Comparison) -> Iterator[str]:
    for group, name in _named(results):
        metrics = task_metrics(results, group, comparison.view.metric)
        absent = [task for task, metric in metrics.items() if metric is None]
        if absent:
            yield f"{name}: without a score by the metric, and left out: {', '.join(absent)}."


def _left_learnable(results: Results) -> Iterator[str]:
    for group, name in _named(results):
        for method, seeds in results.groups[group].items():
            left = dict.fromkeys(t for each in seeds.values() for record in each.values() for t in record.unprotected)
            if left:
                yield f"{name}, {method.label}: kept learnable on purpose, and counted in means: {', '.join(left)}."


def _incomplete(comparison: Comparison) -> Iterator[str]:
    lacking = "a task, or its clean learner," if comparison.view.recovery else "a task"
    for name, column, cells in _cells(comparison):
        for label, cell in cells.items():
            if cell.left_out:
                results = cell.left_out * len(column.metrics)
                yield (
                    f"{name}, {label}: {cell.left_out} of {cell.tried} seeds lack {lacking} and are left out "
                    f"({cell.missing} of their {results} results missing)."
                )


def _untaught(comparison: Comparison) -> Iterator[str]:
    for name, _, cells in _cells(comparison):
        untaught = sum(cell.untaught for cell in cells.values())
        if untaught:
            yield (
                f"{name}: {untaught} results have no recovery, as clean images taught no more than the trivial "
                "predictor knows; they are left out of the mean."
            )


def _unlearned(results: Results) -> Iterator[str]:
    """A learner that cannot read its own training images fails on all others, whatever was done to them."""
    for group, name in _named(results):
        lost: dict[str, int] = {}
        for method, seeds in results.groups[group].items():
            found = [_hardly_fell(record, task) for tasks in seeds.values() for task, record in tasks.items()]
            if any(found):
                lost[method.label] = sum(found)
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


def _disagreements(results: Results) -> Iterator[str]:
    for group, name in _named(results):
        found: dict[str, dict[str, dict[str, None]]] = {}
        for method, seeds in results.groups[group].items():
            facts = [fact for tasks in seeds.values() for record in tasks.values() for fact in _facts(record)]
            for what, value in [*facts, ("seeds", ", ".join(map(str, sorted(seeds))))]:
                found.setdefault(what, {}).setdefault(value, {})[method.label] = None
        for what, values in found.items():
            if len(values) > 1:
                split = "; ".join(f"{value} ({', '.join(labels)})" for value, labels in values.items())
                yield f"{name}: {what} differ, so that figures are not comparable: {split}."


def _facts(record: Record) -> list[tuple[str, str]]:
    """What learners of one column should share."""
    facts: dict[str, object] = {"training images": record.train_images, "test images": record.test_images}
    facts |= {f"recipes' {key}": value for key, value in record.learner.recipe.to_json().items()}
    facts |= {"epsilons": record.epsilon} if record.epsilon is not None else {}
    return [(what, str(value)) for what, value in facts.items()]


def _sources(comparison: Comparison) -> Iterator[str]:
    figures = [cell.published for row in comparison.rows for cell in row.cells if cell.published]
    for source in dict.fromkeys(figure.source for figure in figures):
        yield f"paper: {source}; on the whole dataset, with the paper's recipe."
    for name, column, cells in _cells(comparison):
        theirs = next((cell.published.tasks for cell in cells.values() if cell.published), len(column.metrics))
        ours = len(column.metrics)
        if theirs != ours:
            yield f"{name}: ours is the mean over {ours} task(s), the paper's over {theirs}: not comparable."


def _named(results: Results) -> list[tuple[Group, str]]:
    names = telling_apart([asdict(group) for group in results.groups])
    return [(group, ", ".join(name)) for group, name in zip(results.groups, names, strict=True)]


def _cells(comparison: Comparison) -> Iterator[tuple[str, Column, dict[str, Cell]]]:
    """Each column with its name and its cells by row."""
    for index, (name, column) in enumerate(zip(headings(comparison), comparison.columns, strict=True)):
        yield ", ".join(name), column, {row.method.label: row.cells[index] for row in comparison.rows}
