"""What a table shows, and the columns that follow from it."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from mtlue.report.records.groups import Group
from mtlue.report.records.published import PublishedScore
from mtlue.report.records.sorting import SortedRecords


@dataclass(frozen=True)
class TableView:
    """What a table shows.

    Args:
        metric: name of a metric; each task's headline metric where it is None.
        per_task: one column per task instead of means over tasks. Errors always have one, as each is in its task's
            unit.
        every_metric: one column for each metric of each task, the headline metric first.
        recovery: recovery instead of scores.
        ratio_of_means: recovery of the mean over tasks instead of the mean over tasks' recoveries.
        published: scores that the paper states, to stand next to ours.
    """

    metric: str | None = None
    per_task: bool = False
    every_metric: bool = False
    recovery: bool = False
    ratio_of_means: bool = False
    published: Sequence[PublishedScore] = ()

    @property
    def measure(self) -> str:
        """What cells hold."""
        if not self.recovery:
            return "score"
        return "recovery of means" if self.ratio_of_means else "recovery"


@dataclass(frozen=True)
class Column:
    """Learners of one group, by one metric.

    Attributes:
        metrics: task -> metric, of the tasks that cells are means over.
        task: the one task of a column that is not a mean over tasks.
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
        return {**self.group.attributes(), "metric": self.metric, "task": self.task or ""}


def columns_of(results: SortedRecords, group: Group, view: TableView) -> Iterator[Column]:
    """A group's columns; none where no learner has a score by the metric."""
    if view.every_metric:
        yield from _every_metric(results, group)
        return
    metrics = {task: metric for task, metric in task_metrics(results, group, view.metric).items() if metric}
    directions: dict[str, bool] = {}
    for record, task in results.scored(group):
        directions |= record.directions[task]

    def column(tasks: Sequence[str], task: str | None = None) -> Column:
        return Column(group, {name: metrics[name] for name in tasks}, task, directions[metrics[tasks[0]]])

    if view.per_task:
        yield from (column([task], task) for task in metrics)
    elif view.recovery and metrics and not view.ratio_of_means:
        yield column(list(metrics))
    else:
        for metric in dict.fromkeys(metrics.values()):
            tasks = [task for task, its_metric in metrics.items() if its_metric == metric]
            if directions[metric]:
                yield column(tasks)
            else:  # an error: metres of depth and years of age have no mean
                yield from (column([task], task) for task in tasks)


def task_metrics(results: SortedRecords, group: Group, metric: str | None) -> dict[str, str | None]:
    """Task -> the metric that is shown; None where no learner of the group has a score by it."""
    shown: dict[str, str | None] = {}
    for record, task in results.scored(group):
        candidate = metric or record.headline[task]
        if shown.get(task) is None:
            absent = math.isnan(record.metrics[task].get(candidate, math.nan))
            shown[task] = None if absent else candidate
    return shown


def _every_metric(results: SortedRecords, group: Group) -> Iterator[Column]:
    first = {task: record for record, task in reversed(list(results.scored(group)))}
    for task in dict.fromkeys(task for _, task in results.scored(group)):
        headline, directions = first[task].headline[task], first[task].directions[task]
        for metric in sorted(directions, key=lambda name: name != headline):
            yield Column(group, {task: metric}, task, directions[metric])
