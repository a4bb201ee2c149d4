"""What recovery is taken against in a table: clean learners with the same countermeasure, and what these learned."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from mtlue.evaluation.arms import pair
from mtlue.evaluation.quotients import Sample
from mtlue.evaluation.records import Record
from mtlue.evaluation.recovery import why_undefined
from mtlue.report.sorted_records import Seeds, SortedRecords
from mtlue.report.views import Column

NO_SAMPLE = Sample.of([math.nan], [[]])


@dataclass(frozen=True)
class References:
    """The clean learners of one column, by task.

    Attributes:
        clean: of the column's own group, with its countermeasure.
        plain: of the same learners without one.
        metrics: task -> metric.
    """

    clean: Seeds
    plain: Seeds
    metrics: Mapping[str, str]

    @classmethod
    def of(cls, results: SortedRecords, column: Column) -> "References":
        """The clean learners of a column."""
        plain = results.clean(column.group.without_countermeasure())
        return cls(results.clean(column.group), plain, column.metrics)

    def unlearned(self) -> list[str]:
        """Tasks that clean learners were tested on and did not learn."""
        return [
            task for task in self.metrics if _records(self.clean, task, self.metrics[task]) and not self._taught(task)
        ]

    def recovery(self, record: Record, seed: int, task: str) -> Sample | None:
        """One learner's recovery; NaN where clean learners did not learn the task, None without one of this seed."""
        metric = self.metrics[task]
        base = _records({seed: self.clean.get(seed, {})}, task, metric)
        if not base:
            return None
        return pair([record], base, task, metric).quotient if self._taught(task) else NO_SAMPLE

    def _taught(self, task: str) -> bool:
        metric = self.metrics[task]
        ours, theirs = (_records(seeds, task, metric) for seeds in (self.clean, self.plain))
        return why_undefined(*(pair(its, its, task, metric).gain for its in (ours, theirs))) is None


def mean_of(samples: Sequence[Sample]) -> Sample:
    """The mean over tasks of one seed's recoveries, of those that are numbers; draw by draw, too."""
    taught = [one for one in samples if not math.isnan(one.mean)]
    counts = {one.draws.shape[1] for one in taught}
    draws = np.mean([one.draws for one in taught], 0) if len(counts) == 1 else np.empty((1, 0))
    return Sample(np.mean([one.values for one in taught], 0), draws)


def _records(seeds: Seeds, task: str, metric: str) -> list[Record]:
    found = (records[task] for records in seeds.values() if task in records)
    return [record for record in found if not math.isnan(record.metrics[task].get(metric, math.nan))]
