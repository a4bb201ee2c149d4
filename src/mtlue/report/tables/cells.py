"""One cell of a table: scores by one metric to a mean over tasks and seeds, or to the recovery, paired by seed."""

import math
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from mtlue.evaluation.records import Record
from mtlue.evaluation.recoveries.quotients import Sample, interval
from mtlue.evaluation.recoveries.recovery import is_wide
from mtlue.evaluation.recoveries.texts import WORSE_THAN_TRIVIAL, between, is_below
from mtlue.report.records.groups import Method
from mtlue.report.records.published import PublishedScore
from mtlue.report.records.references import References, mean_of
from mtlue.report.records.sorting import SortedRecords
from mtlue.report.records.views import Column, TableView

NO_VALUE = "–"
BELOW = "0*"
"""What a terminal shows for :data:`WORSE_THAN_TRIVIAL`, which is wider than its column."""
BELOW_NOTE = f"{BELOW}: worse than trivial."


@dataclass(frozen=True)
class Spread:
    """Mean and standard deviation over seeds (0 for one seed; NaN where there is no value)."""

    mean: float
    std: float

    @classmethod
    def of(cls, values: Iterable[float]) -> "Spread":
        """The sample's mean and standard deviation (over n - 1); NaN among the values counts nowhere."""
        numbers = [value for value in values if not math.isnan(value)]
        if not numbers:
            return cls(math.nan, math.nan)
        return cls(statistics.fmean(numbers), statistics.stdev(numbers) if len(numbers) > 1 else 0.0)

    def text(self, seeds: int) -> str:
        """``0.123 ± 0.004``; without the deviation for one seed; a dash where there is no value."""
        if math.isnan(self.mean):
            return NO_VALUE
        return f"{self.mean:.3f} ± {self.std:.3f}" if seeds > 1 else f"{self.mean:.3f}"


NO_SPREAD = Spread(math.nan, math.nan)


@dataclass(frozen=True)
class TableCell:
    """What one method leaves the learners of one column.

    Attributes:
        value: over seeds; NaN where there is none.
        seeds: how many seeds count.
        tried: how many seeds there are.
        left_out: how many seeds have no result for some task.
        missing: how many results these seeds do not have.
        untaught: results without a recovery, as clean images taught nothing.
        best: whether no other method of the column protects better; a method alone in its column is not marked.
        published: the paper's score.
        recovered: whether the value is a recovery, rather than a score.
        interval: 95 % of a recovery; NaN where records hold no bootstrap draws.
    """

    value: Spread = NO_SPREAD
    seeds: int = 0
    tried: int = 0
    left_out: int = 0
    missing: int = 0
    untaught: int = 0
    best: bool = False
    published: PublishedScore | None = None
    recovered: bool = False
    interval: tuple[float, float] = (math.nan, math.nan)

    @property
    def wide(self) -> bool:
        """Whether the interval is shown."""
        return is_wide(self.value.mean, *self.interval)

    @property
    def interval_text(self) -> str:
        """`` [0.02, 0.25]`` where it is wide."""
        return f" [{between(*self.interval, ', ')}]" if self.wide else ""

    @property
    def rank(self) -> float:
        """What cells of a column are compared by: worse than trivial is as good a protection as any."""
        return max(self.value.mean, 0.0) if self.recovered else self.value.mean

    @property
    def below(self) -> bool:
        """Whether it is a recovery of learners that are worse than trivial, which is shown as 0."""
        return self.recovered and is_below(self.value.mean)

    @property
    def text(self) -> str:
        """``0.137 ± 0.026 [0.02, 0.25] (paper 0.595)``, as much of it as there is, and the interval if it is wide.

        A recovery below 0 is :data:`mtlue.evaluation.recoveries.texts.WORSE_THAN_TRIVIAL`.
        """
        return self._text(WORSE_THAN_TRIVIAL)

    @property
    def short_text(self) -> str:
        """The same for a terminal: a recovery below 0 is :data:`BELOW`, which :data:`BELOW_NOTE` explains."""
        return self._text(BELOW)

    def _text(self, below: str) -> str:
        ours = below if self.below else self.value.text(self.seeds).removeprefix("-" if self.recovered else "")
        ours += self.interval_text
        return f"{ours} (paper {self.published.value:.3f})" if self.published else ours


def score_of(record: Record | None, task: str, metric: str) -> float:
    """NaN where there is no record, or another version or file measured the task by other metrics."""
    return math.nan if record is None else record.metrics[task].get(metric, math.nan)


def measure_method(
    results: SortedRecords, method: Method, column: Column, references: References, view: TableView
) -> TableCell:
    """A method's scores in a column, or their recovery: over the column's tasks, then the mean over seeds.

    A seed counts where it has a result for every task of the column.

    Args:
        references: the column's clean learners.
    """
    seeds = results.groups[column.group].get(method, {})
    means: list[Sample] = []
    left_out, missing, untaught = 0, 0, 0
    for seed, records in seeds.items():
        present, lacking = _values(records, references if view.recovery else None, seed, column, view)
        if lacking:
            left_out, missing = left_out + 1, missing + lacking
            continue
        taught = [value for value in present if not math.isnan(value.mean)]
        untaught += len(present) - len(taught)
        if taught:
            means.append(mean_of(taught))
    cell = TableCell(Spread.of([one.mean for one in means]), len(means), len(seeds), left_out, missing, untaught)
    if not view.recovery:
        return cell
    between = interval(Sample.of([one.mean for one in means], [one.draws[0].tolist() for one in means]))
    return replace(cell, recovered=True, interval=between)


def measure_trivial(results: SortedRecords, column: Column, recovered: bool) -> TableCell:
    """The predictor that never looks at an image: it needs no seed, and its recovery is 0."""
    if recovered:
        return TableCell(Spread(0.0, 0.0), recovered=True)
    scores: dict[str, float] = {}
    for record, task in results.scored(column.group):
        score = record.trivial[task].get(column.metrics.get(task, ""), math.nan)
        if not math.isnan(score):
            scores.setdefault(task, score)
    whole = len(scores) == len(column.metrics)
    return TableCell(Spread.of([statistics.fmean(scores.values())] if whole else []))


def _values(
    records: dict[str, Record], references: References | None, seed: int, column: Column, view: TableView
) -> tuple[list[Sample], int]:
    """A seed's values, one for each task or one for all of them; and how many results are missing."""
    if references is not None and view.ratio_of_means:
        whole = references.recovery_of_means(records, seed)
        return ([], len(column.metrics)) if whole is None else ([whole], 0)
    values = [_value(records, references, seed, task, metric) for task, metric in column.metrics.items()]
    present = [value for value in values if value is not None]
    return present, len(values) - len(present)


def _value(
    records: Mapping[str, Record], references: References | None, seed: int, task: str, metric: str
) -> Sample | None:
    """A score, or its recovery where ``references`` are given.

    None where there is no score, NaN where clean images taught nothing.
    """
    record = records.get(task)
    score = score_of(record, task, metric)
    if record is None or math.isnan(score):
        return None
    return Sample.of([score], [[]]) if references is None else references.recovery(record, seed, task)


def best_rank(cells: Sequence[TableCell], lowest: bool) -> float:
    """The rank of the best of several cells; NaN where there are not at least two to choose from."""
    ranks = [one.rank for one in cells if not math.isnan(one.rank)]
    return (min(ranks) if lowest else max(ranks)) if len(ranks) > 1 else math.nan
