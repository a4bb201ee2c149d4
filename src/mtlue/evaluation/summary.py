"""Records to rows: mean and spread over seeds, and recovery, the least protected task first."""

import math
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from mtlue.evaluation.records import DATA, Record, Setting


@dataclass(frozen=True)
class Spread:
    """Mean and standard deviation over seeds (0 for one seed; NaN where there is no value)."""

    mean: float
    std: float

    @classmethod
    def of(cls, values: Iterable[float]) -> "Spread":
        known = [value for value in values if not math.isnan(value)]
        if not known:
            return cls(math.nan, math.nan)
        return cls(statistics.fmean(known), statistics.stdev(known) if len(known) > 1 else 0.0)


@dataclass(frozen=True)
class Row:
    """One task in one setting by one metric.

    Attributes:
        scores: data (clean, noise, protected) -> score on clean test images.
        recovery: data (noise, protected) -> (score - trivial) / (clean - trivial), paired by seed; NaN where a clean
            learner is no better than the trivial predictor.
        headline: whether this is the metric that recovery is reported in first.
    """

    setting: Setting
    task: str
    metric: str
    headline: bool
    trivial: float
    scores: dict[str, Spread]
    recovery: dict[str, Spread]


def recovery(score: float, clean: float, trivial: float, higher_is_better: bool = True) -> float:
    """What a learner gets back of what clean images would have taught it; NaN if they would have taught nothing."""
    taught = clean - trivial if higher_is_better else trivial - clean
    if math.isnan(taught) or taught <= 0:
        return math.nan
    return (score - trivial) / (clean - trivial)


def summarise(records: Sequence[Record]) -> list[Row]:
    """Rows of one comparison, settings in order; within each, the least protected task first."""
    rows = []
    for setting in dict.fromkeys(record.setting for record in records):
        members = [record for record in records if record.setting == setting]
        tasks = dict.fromkeys(task for record in members for task in record.metrics)
        grouped = [
            _task_rows(setting, task, [record for record in members if task in record.metrics]) for task in tasks
        ]
        rows += [row for group in sorted(grouped, key=_least_protected) for row in group]
    return rows


def _task_rows(setting: Setting, task: str, records: Sequence[Record]) -> list[Row]:
    headline = records[0].headline[task]
    directions = records[0].directions[task]
    metrics = sorted(directions, key=lambda metric: metric != headline)
    return [_row(setting, task, metric, metric == headline, directions[metric], records) for metric in metrics]


def _row(
    setting: Setting, task: str, metric: str, headline: bool, higher_is_better: bool, records: Sequence[Record]
) -> Row:
    trivial = records[0].trivial[task][metric]
    by_data = {
        data: {record.seed: record.metrics[task][metric] for record in records if record.data == data} for data in DATA
    }
    clean = by_data["clean"]
    return Row(
        setting=setting,
        task=task,
        metric=metric,
        headline=headline,
        trivial=trivial,
        scores={data: Spread.of(values.values()) for data, values in by_data.items()},
        recovery={
            data: Spread.of(
                recovery(value, clean.get(seed, math.nan), trivial, higher_is_better)
                for seed, value in by_data[data].items()
            )
            for data in DATA
            if data != "clean"
        },
    )


def _least_protected(rows: Sequence[Row]) -> float:
    recovered = rows[0].recovery["protected"].mean
    return math.inf if math.isnan(recovered) else -recovered
