"""Records to rows: mean and spread over seeds, and recovery, the least protected task first."""

import math
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from mtlue.evaluation.countermeasures import NONE
from mtlue.evaluation.learner import Setting
from mtlue.evaluation.records import CONDITIONS, Record


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
    """One task in one setting by one metric, for learners that do the same to the images.

    Attributes:
        countermeasure: what the learners did against a protection.
        scores: data (clean, noise, protected) -> score on clean test images.
        recovery: data (noise, protected) -> (score - trivial) / (clean - trivial), paired by seed; NaN where a clean
            learner is no better than the trivial predictor. The clean learner is one without countermeasure where
            there is one: what a countermeasure costs a learner counts for the protection.
        headline: whether this is the metric that recovery is reported in first.
        higher_is_better: of the metric, for the learner.
        unprotected: whether the release leaves the task learnable on purpose.
    """

    setting: Setting
    countermeasure: str
    task: str
    metric: str
    headline: bool
    trivial: float
    scores: dict[str, Spread]
    recovery: dict[str, Spread]
    higher_is_better: bool
    unprotected: bool = False


def recovery(score: float, clean: float, trivial: float, higher_is_better: bool = True) -> float:
    """What a learner gets back of what clean images would have taught it; NaN if they would have taught nothing."""
    taught = clean - trivial if higher_is_better else trivial - clean
    if math.isnan(taught) or taught <= 0:
        return math.nan
    return (score - trivial) / (clean - trivial)


def summarise(records: Sequence[Record]) -> list[Row]:
    """Rows of one comparison, one block for each setting and countermeasure.

    The least protected task is the first of its block, and the block of the least protected of all comes first. Tasks
    that are learnable on purpose come last.
    """
    blocks = []
    for setting, each in dict.fromkeys((record.learner.setting, record.learner.countermeasure) for record in records):
        members = [record for record in records if record.learner.setting == setting]
        tasks = dict.fromkeys(task for record in members for task in record.metrics)
        grouped = [
            _task_rows(setting, each, task, [record for record in members if task in record.metrics]) for task in tasks
        ]
        block = sorted(filter(None, grouped), key=_least_protected)
        blocks.append([row for group in block for row in group])
    return [row for block in sorted(filter(None, blocks), key=_least_protected) for row in block]


def _task_rows(setting: Setting, each: str, task: str, records: Sequence[Record]) -> list[Row]:
    members = [record for record in records if record.learner.countermeasure == each]
    if not members:
        return []
    plain = [record for record in records if record.learner.countermeasure == NONE and record.condition == "clean"]
    headline = members[0].headline[task]
    metrics = sorted(members[0].directions[task], key=lambda metric: metric != headline)
    return [_row(setting, task, metric, members, plain or members) for metric in metrics]


def _row(setting: Setting, task: str, metric: str, records: Sequence[Record], plain: Sequence[Record]) -> Row:
    headline, higher_is_better = records[0].headline[task] == metric, records[0].directions[task][metric]
    trivial = records[0].trivial[task][metric]
    by_data: dict[str, dict[int, float]] = {data: {} for data in CONDITIONS}
    for record in records:
        by_data[record.condition][record.learner.seed] = _score(record, task, metric)
    clean = {record.learner.seed: _score(record, task, metric) for record in plain if record.condition == "clean"}
    return Row(
        setting=setting,
        countermeasure=records[0].learner.countermeasure,
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
            for data in CONDITIONS
            if data != "clean"
        },
        higher_is_better=higher_is_better,
        unprotected=any(task in record.unprotected for record in records),
    )


def _score(record: Record, task: str, metric: str) -> float:
    """NaN where another version, or another file, measured a task by other metrics."""
    return record.metrics[task].get(metric, math.nan)


def _least_protected(rows: Sequence[Row]) -> tuple[bool, float]:
    recovered = rows[0].recovery["protected"].mean
    return rows[0].unprotected, math.inf if math.isnan(recovered) else -recovered
