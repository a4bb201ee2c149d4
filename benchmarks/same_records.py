"""Do two files of records hold the same numbers, whichever versions wrote them? Times and versions do not count.

python benchmarks/same_records.py before/results.json after/results.json
"""

import sys
from dataclasses import replace
from pathlib import Path

from mtlue.evaluation.records import Record, read_records


def main() -> None:
    before, after = (list(map(without_times, read_records(Path(path)))) for path in sys.argv[1:3])
    differing = [one for one, other in zip(before, after, strict=False) if repr(one) != repr(other)]
    for record in differing:
        learner = record.learner
        print(f"{record.label or record.condition}: {learner.name}, {learner.countermeasure}, seed {learner.seed}")
    print(f"{len(before)} and {len(after)} records, {len(differing)} differ")
    sys.exit(1 if differing or len(before) != len(after) else 0)


def without_times(record: Record) -> Record:
    return replace(record, seconds=0.0, versions={})


if __name__ == "__main__":
    main()
