"""Thin a file of records to what tables are made of: some metrics, and the two ends of every curve.

    python benchmarks/thin_records.py benchmarks/records/gpu/celeba5k.json --metrics auc

Each task keeps its headline metric and those that are named. The file is replaced; a row stays on its line.
"""

import argparse
import json
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

from mtlue.files import write_text

SCORES = ("metrics", "trivial", "directions")


def of_metrics(scores: dict[str, dict[str, Any]], headline: dict[str, str], more: Collection[str] = ()) -> Any:
    """Task -> its headline metric's score, and those of ``more`` metrics that it has."""
    return {
        task: {name: score for name, score in of_task.items() if name == headline[task] or name in more}
        for task, of_task in scores.items()
    }


def ends(curve: list[float]) -> list[float]:
    """A curve's first and last value; a shorter one as it is."""
    return curve if len(curve) < 3 else [curve[0], curve[-1]]


def thinned(row: dict[str, Any], more: Collection[str] = ()) -> dict[str, Any]:
    """A record's JSON with its headline metrics and ``more`` ones alone, and curves' ends."""
    scores = {name: of_metrics(row[name], row["headline"], more) for name in SCORES}
    return {**row, **scores, "curves": {name: ends(curve) for name, curve in row["curves"].items()}}


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path)
    parser.add_argument("--metrics", nargs="*", default=[], help="kept besides each task's headline metric")
    given = parser.parse_args(arguments)
    rows = [thinned(row, given.metrics) for row in json.loads(given.file.read_text(encoding="utf-8"))]
    lines = (json.dumps(row, ensure_ascii=False, separators=(",", ":")) for row in rows)
    write_text(given.file, "[\n" + ",\n".join(lines) + "\n]\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
