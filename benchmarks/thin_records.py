"""Thin a file of records to what tables are made of: some metrics, and the two ends of every curve.

    python benchmarks/thin_records.py benchmarks/records/gpu/celeba5k.json --metrics auc
    python benchmarks/thin_records.py benchmarks/records/chestxray14.json --metrics auc --without-draws

Each task keeps its headline metric and those that are named. Draws of the test images, which intervals are made of,
stay unless they are left out. The file is replaced; a row stays on its line.
"""

import argparse
import json
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

from mtlue.files import write_text

SCORES = ("metrics", "trivial", "directions")
DRAWS = ("replicates", "trivial_replicates")


def of_metrics(scores: dict[str, dict[str, Any]], headline: dict[str, str], more: Collection[str] = ()) -> Any:
    """Task -> its headline metric's score, and those of ``more`` metrics that it has."""
    return {
        task: {name: score for name, score in of_task.items() if name == headline[task] or name in more}
        for task, of_task in scores.items()
    }


def ends(curve: list[float]) -> list[float]:
    """A curve's first and last value; a shorter one as it is."""
    return curve if len(curve) < 3 else [curve[0], curve[-1]]


def thinned(row: dict[str, Any], more: Collection[str] = (), draws: bool = True) -> dict[str, Any]:
    """A record's JSON with its headline metrics and ``more`` ones alone, curves' ends, and its ``draws`` if wanted."""
    scores = {name: of_metrics(row[name], row["headline"], more) for name in SCORES}
    without: dict[str, Any] = {} if draws else {name: {} for name in DRAWS if name in row}
    return {**row, **scores, **without, "curves": {name: ends(curve) for name, curve in row["curves"].items()}}


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path)
    parser.add_argument("--metrics", nargs="*", default=[], help="kept besides each task's headline metric")
    parser.add_argument("--without-draws", action="store_true", help="no interval is to be made of them")
    given = parser.parse_args(arguments)
    rows = [
        thinned(row, given.metrics, not given.without_draws)
        for row in json.loads(given.file.read_text(encoding="utf-8"))
    ]
    lines = (json.dumps(row, ensure_ascii=False, separators=(",", ":")) for row in rows)
    write_text(given.file, "[\n" + ",\n".join(lines) + "\n]\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
