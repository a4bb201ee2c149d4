"""Do two files of records hold the same numbers, whichever versions wrote them?

Times and versions do not count, nor does what only one of the versions writes.

python benchmarks/same_records.py before/results.json after/results.json
"""

import sys
from dataclasses import fields, replace
from pathlib import Path

from mtlue.evaluation.records import Record, read_records


def main() -> None:
    before, after = (list(map(without_times, read_records(Path(path)))) for path in sys.argv[1:3])
    differing = [one for one, other in zip(before, after, strict=False) if not same(one, other)]
    for record in differing:
        learner = record.learner
        print(f"{record.label or record.condition}: {learner.name}, {learner.countermeasure}, seed {learner.seed}")
    print(f"{len(before)} and {len(after)} records, {len(differing)} differ")
    sys.exit(1 if differing or len(before) != len(after) else 0)


def same(one: Record, other: Record) -> bool:
    """Whether two records hold the same, of what both of them hold."""
    pairs = ((getattr(one, item.name), getattr(other, item.name)) for item in fields(Record))
    return all(repr(ours) == repr(theirs) for ours, theirs in pairs if ours != {} != theirs)


def without_times(record: Record) -> Record:
    return replace(record, seconds=0.0, versions={})


if __name__ == "__main__":
    main()
