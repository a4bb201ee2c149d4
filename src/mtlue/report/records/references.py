"""What recovery is taken against in a table: clean learners with the same countermeasure, and what they learned."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from mtlue.evaluation.records import Record
from mtlue.evaluation.recoveries.arms import pair
from mtlue.evaluation.recoveries.quotients import Paired, Sample
from mtlue.evaluation.recoveries.recovery import NO_REFERENCE, why_undefined
from mtlue.report.records.sorting import Seeds, SortedRecords
from mtlue.report.records.views import Column

UNDEFINED = Sample.of([math.nan], [[]])


@dataclass(frozen=True)
class References:
    """The clean learners of one column.

    Attributes:
        clean: of the column's own group, with its countermeasure.
        metrics: task -> metric.
        unlearned: tasks that these learners were tested on and did not learn.
    """

    clean: Seeds
    metrics: Mapping[str, str]
    unlearned: frozenset[str]

    @classmethod
    def of(cls, results: SortedRecords, column: Column) -> "References":
        """The clean learners of a column."""
        clean, plain = (results.clean(group) for group in (column.group, column.group.without_countermeasure()))
        tasks = (task for task, metric in column.metrics.items() if not _learned(clean, plain, task, metric))
        return cls(clean, column.metrics, frozenset(tasks))

    def recovery(self, record: Record, seed: int, task: str) -> Sample | None:
        """One learner's recovery; NaN where clean learners did not learn the task, None without one of this seed."""
        metric = self.metrics[task]
        base = _records({seed: self.clean.get(seed, {})}, task, metric)
        if not base:
            return None
        return UNDEFINED if task in self.unlearned else pair([record], base, task, metric).quotient

    def recovery_of_means(self, records: dict[str, Record], seed: int) -> Sample | None:
        """Recovery of the mean score over all tasks, of which no task by itself is a denominator.

        Clean learners are those of the same seed; where there are none, of every seed that has them: a task's mean over
        its seeds counts as much as another's, however many each has.

        Returns:
            NaN where clean learners learned nothing on the whole; None where a task has no score or no clean learner.
        """
        own: Seeds = {seed: self.clean[seed]} if seed in self.clean else self.clean
        pairs: list[Paired] = []
        for task, metric in self.metrics.items():
            ours, base = _records({seed: records}, task, metric), _records(own, task, metric)
            if not ours or not base:
                return None
            pairs.append(_mean_pair([pair(ours, [clean], task, metric) for clean in base]))
        return _mean_pair(pairs).quotient


def _mean_pair(pairs: Sequence[Paired]) -> Paired:
    """The mean of several pairs' scores, each of one learner and one clean learner; draw by draw, too."""
    return Paired(
        mean_of([one.score for one in pairs]),
        mean_of([one.clean for one in pairs]),
        mean_of([one.trivial.fixed(one.clean.draws.shape[1]) for one in pairs]),
        pairs[0].higher_is_better,
    )


def _learned(clean: Seeds, plain: Seeds, task: str, metric: str) -> bool:
    """Whether clean learners learned a task; where there are none, nothing says that they do not."""
    own, without = (
        pair(its, its, task, metric).gain for its in (_records(seeds, task, metric) for seeds in (clean, plain))
    )
    return why_undefined(own, own, without) in (None, NO_REFERENCE)


def mean_of(samples: Sequence[Sample]) -> Sample:
    """The mean over tasks of one seed's recoveries, of those that are numbers; draw by draw, too."""
    taught = [one for one in samples if not math.isnan(one.mean)]
    if len(taught) == 1:
        return taught[0]
    counts = {one.draws.shape[1] for one in taught}
    draws = np.mean([one.draws for one in taught], 0) if len(counts) == 1 else np.empty((1, 0))
    return Sample(np.mean([one.values for one in taught], 0), draws)


def _records(seeds: Seeds, task: str, metric: str) -> list[Record]:
    found = (records[task] for records in seeds.values() if task in records)
    return [record for record in found if not math.isnan(record.metrics[task].get(metric, math.nan))]
