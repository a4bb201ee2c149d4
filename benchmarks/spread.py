"""How far the releases of one method lie apart: what comes back of each, and by how much the worst exceeds the mean.

    python benchmarks/spread.py benchmarks/records/spread.json

Prints a row a task: recovery of each seed's release, their mean, and the worst without the mean. Scores are divided by
the mean of clean learners over all seeds.
"""

import statistics
import sys
from pathlib import Path

from mtlue.evaluation.records import Record, read_records
from mtlue.evaluation.recoveries.recovery import recovered


def main() -> None:
    records = read_records(Path(sys.argv[1]))
    released = [record for record in records if record.condition == "protected"]
    for task in released[0].metrics:
        clean = statistics.fmean(_score(record, task) for record in records if record.condition == "clean")
        values = [recovered(_score(one, task), clean, one.trivial[task][one.headline[task]]) for one in released]
        mean = statistics.fmean(values)
        each = "  ".join(f"{value:5.2f}" for value in values)
        print(f"{task:16}  {each}  mean {mean:.2f}  worst - mean {max(values) - mean:.2f}")


def _score(record: Record, task: str) -> float:
    return record.metrics[task][record.headline[task]]


if __name__ == "__main__":
    main()
