"""Records to a table of methods by learners: mean and spread over seeds, or recovery, and the paper's figure beside."""

import math
import statistics
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace

from mtlue.errors import InputError
from mtlue.evaluation.records import Record
from mtlue.evaluation.summary import Spread, recovery
from mtlue.report.published import PAPER_EPSILON, Figure, find_figure
from mtlue.report.results import UNCOUNTERED, Group, Method, Results, Seeds

TRIVIAL = Method("trivial", "trivial")


@dataclass(frozen=True)
class View:
    """What a table shows.

    Args:
        metric: name of a metric; each task's headline metric where it is None.
        per_task: a column a task instead of means over tasks. Errors always have one, as each is in its task's unit.
        recovery: recovery instead of scores.
        published: figures of the paper, to stand beside ours.
    """

    metric: str | None = None
    per_task: bool = False
    recovery: bool = False
    published: Sequence[Figure] = ()


@dataclass(frozen=True)
class Column:
    """Learners of one kind, by one metric.

    Attributes:
        metrics: task -> metric, of the tasks that cells are means over.
        task: the one task of a column that is no mean over tasks.
        higher_is_better: for the learner; recovery is always so.
    """

    group: Group
    metrics: Mapping[str, str]
    task: str | None
    higher_is_better: bool

    @property
    def metric(self) -> str:
        """The metric's name; ``headline`` where tasks have several."""
        names = set(self.metrics.values())
        return names.pop() if len(names) == 1 else "headline"

    def attributes(self) -> dict[str, str]:
        """What tells this column from another, in the order of a header."""
        return {**asdict(self.group), "metric": self.metric, "task": self.task or ""}


@dataclass(frozen=True)
class Cell:
    """One method in one column.

    Attributes:
        value: over seeds; NaN where there is none.
        seeds: seeds that count.
        tried: seeds that there are.
        left_out: seeds that lack a task.
        missing: results of a task that they lack.
        untaught: results without a recovery, as clean images taught nothing.
        best: whether no other method of the column protects better; none is marked that is alone there.
        published: the paper's figure.
    """

    value: Spread
    seeds: int = 0
    tried: int = 0
    left_out: int = 0
    missing: int = 0
    untaught: int = 0
    best: bool = False
    published: Figure | None = None


@dataclass(frozen=True)
class Row:
    """One method, a cell a column."""

    method: Method
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class Comparison:
    """A table, before it is drawn."""

    view: View
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]


def compare(results: Results, view: View) -> Comparison:
    """Lay out the table.

    Raises:
        InputError: there is no record, or none has a score by the metric.
    """
    if not results.groups:
        raise InputError("there is no record to make a table of: let evaluate finish a learner first")
    known = {metric for record, task in _all(results) for metric in record.metrics[task]}
    if view.metric is not None and view.metric not in known:
        raise InputError(f"unknown metric '{view.metric}': these records hold {', '.join(sorted(known))}")
    columns = tuple(column for group in results.groups for column in _columns(results, group, view))
    if not columns:
        raise InputError("no learner of these records has a score: give another --metric")
    trivial = Row(TRIVIAL, tuple(_trivial(results, column, view) for column in columns))
    rows = [
        Row(method, tuple(_cell(results, method, column, view) for column in columns)) for method in results.methods()
    ]
    controls = sum(row.method.kind != "method" for row in rows)
    return Comparison(view, columns, _with_best((*rows[:controls], trivial, *rows[controls:]), columns, view))


def task_metrics(results: Results, group: Group, metric: str | None) -> dict[str, str | None]:
    """Task -> the metric that is shown; None where no learner of the group has a score by it."""
    found: dict[str, str | None] = {}
    for record, task in _all(results, group):
        shown = metric or record.headline[task]
        if found.get(task) is None:
            found[task] = None if math.isnan(_score(record, task, shown)) else shown
    return found


def _columns(results: Results, group: Group, view: View) -> Iterator[Column]:
    metrics = {task: metric for task, metric in task_metrics(results, group, view.metric).items() if metric}
    directions: dict[str, bool] = {}
    for record, task in _all(results, group):
        directions |= record.directions[task]

    def column(tasks: Sequence[str], task: str | None = None) -> Column:
        return Column(group, {each: metrics[each] for each in tasks}, task, directions[metrics[tasks[0]]])

    if view.per_task:
        yield from (column([task], task) for task in metrics)
    elif view.recovery and metrics:
        yield column(list(metrics))
    else:
        for metric in dict.fromkeys(metrics.values()):
            tasks = [task for task, its in metrics.items() if its == metric]
            if directions[metric]:
                yield column(tasks)
            else:  # an error: metres of depth and years of age have no mean
                yield from (column([task], task) for task in tasks)


def _cell(results: Results, method: Method, column: Column, view: View) -> Cell:
    seeds = results.groups[column.group].get(method, {})
    clean = results.clean(replace(column.group, countermeasure=UNCOUNTERED)) if view.recovery else None
    means, left_out, missing, untaught = [], 0, 0, 0
    for seed, records in seeds.items():
        values = [_value(records, clean, seed, task, metric) for task, metric in column.metrics.items()]
        known = [value for value in values if value is not None]
        if len(known) < len(values):
            left_out, missing = left_out + 1, missing + len(values) - len(known)
            continue
        taught = [value for value in known if not math.isnan(value)]
        untaught += len(known) - len(taught)
        if taught:
            means.append(statistics.fmean(taught))
    figure = None if view.recovery or column.task else _figure(view.published, method, column, seeds)
    return Cell(Spread.of(means), len(means), len(seeds), left_out, missing, untaught, published=figure)


def _value(records: Mapping[str, Record], clean: Seeds | None, seed: int, task: str, metric: str) -> float | None:
    """A score, or the recovery where ``clean`` is given; None where a record lacks, NaN where nothing was taught."""
    record = records.get(task)
    score = _score(record, task, metric)
    if record is None or math.isnan(score):
        return None
    if clean is None:
        return score
    base = _score(clean.get(seed, {}).get(task), task, metric)
    if math.isnan(base):
        return None
    return recovery(score, base, record.trivial[task][metric], record.directions[task][metric])


def _trivial(results: Results, column: Column, view: View) -> Cell:
    """The predictor that never looks: it needs no seed, and its recovery is 0."""
    if view.recovery:
        return Cell(Spread(0.0, 0.0))
    found: dict[str, float] = {}
    for record, task in _all(results, column.group):
        value = record.trivial[task].get(column.metrics.get(task, ""), math.nan)
        if not math.isnan(value):
            found.setdefault(task, value)
    whole = len(found) == len(column.metrics)
    return Cell(Spread.of([statistics.fmean(found.values())] if whole else []))


def _figure(published: Sequence[Figure], method: Method, column: Column, seeds: Seeds) -> Figure | None:
    """The paper's figure, which is of equal weights, learners without a countermeasure, and its epsilon."""
    group = column.group
    epsilons = {record.epsilon for records in seeds.values() for record in records.values()}
    if group.weighting != "ls" or group.countermeasure != UNCOUNTERED or not epsilons <= {None, PAPER_EPSILON}:
        return None
    return find_figure(published, group.dataset, method.label, group.setting, group.backbone, column.metric)


def _with_best(rows: Sequence[Row], columns: Sequence[Column], view: View) -> tuple[Row, ...]:
    """Mark each column's best method, where there are several to choose from."""
    best = []
    for index, column in enumerate(columns):
        means = [row.cells[index].value.mean for row in rows if row.method.kind == "method"]
        known = [mean for mean in means if not math.isnan(mean)]
        lowest = view.recovery or column.higher_is_better
        best.append((min(known) if lowest else max(known)) if len(known) > 1 else math.nan)
    return tuple(
        replace(row, cells=tuple(replace(c, best=c.value.mean == b) for c, b in zip(row.cells, best, strict=True)))
        if row.method.kind == "method"
        else row
        for row in rows
    )


def _score(record: Record | None, task: str, metric: str) -> float:
    return math.nan if record is None else record.metrics[task].get(metric, math.nan)


def _all(results: Results, group: Group | None = None) -> Iterator[tuple[Record, str]]:
    """Every record with each of its tasks, of one group or of all."""
    for its, methods in results.groups.items():
        if group is None or its == group:
            for seeds in methods.values():
                for records in seeds.values():
                    yield from ((record, task) for task, record in records.items())
