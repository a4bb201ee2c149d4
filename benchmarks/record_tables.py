"""The tables of our documents that are made of records, and that no command prints.

`published_tables.py` (make tables) writes them below these lines, of files of benchmarks/records:

    <!-- spreads of analysis -->
    <!-- clipped recovery of gpu/celeba5k,gpu/celeba5k_variants -->
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import mean, stdev

from audit_tables import markdown

from mtlue.evaluation.records import Record, read_records

RECORDS = Path(__file__).resolve().parent / "records"
LEARNER = ("mtl", "resnet18", "none")
"""Setting, backbone and countermeasure of the learners whose recovery is clipped."""
METRICS = {"balanced_accuracy": "balanced accuracy", "auc": "AUC"}

Seeds = dict[int, Record]


def spreads(name: str) -> str:
    """How far apart the features of a class lie, relative to those of all images: ``mtlue analyse``'s ``tasks``.

    Args:
        name: of the analysis.
    """
    rows = json.loads((RECORDS / f"{name}.json").read_text(encoding="utf-8"))["tasks"]
    tasks, kinds = ([*dict.fromkeys(row[key] for row in rows)] for key in ("task", "images"))
    columns = [(task, measure) for task in tasks for measure in ("mean", "largest")]
    head = [f"{task}, mean" if measure == "mean" else "largest" for task, measure in columns]
    values = {
        (kind, column): [
            row[f"{column[1]}_relative"] for row in rows if (row["images"], row["task"]) == (kind, column[0])
        ]
        for kind in kinds
        for column in columns
    }
    table = [(kind, *(_with_std(values[kind, column]) for column in columns)) for kind in kinds]
    return markdown(("training images", *head), table)


def clipped_recovery(names: str) -> str:
    """What learners keep of many tasks if those below chance count as 0, one row for each kind of release.

    The release that keeps least to itself comes first.

    For each seed, the sum over tasks of what is left above the trivial score, over the same of the clean learner.

    Args:
        names: of files of records, with commas between them.
    """
    kinds: dict[str, Seeds] = {}
    for record in (one for name in names.split(",") for one in read_records(RECORDS / f"{name}.json")):
        learner = record.learner
        if (learner.setting, learner.backbone, learner.countermeasure) == LEARNER:
            kinds.setdefault(record.label or record.method or record.condition, {})[learner.seed] = record
    clean = kinds.pop("clean")
    kept = {
        kind: [[_kept(own[seed], clean[seed], metric) for seed in own] for metric in METRICS]
        for kind, own in kinds.items()
    }
    ranked = sorted(kept.items(), key=lambda row: -mean(row[1][0]))
    return markdown(("method", *METRICS.values()), [(kind, *map(_with_std, values)) for kind, values in ranked])


def _kept(record: Record, clean: Record, metric: str) -> float:
    """The share of what clean images teach above the trivial scores that a learner has, tasks below them as 0."""
    above = [_above(one, metric) for one in (record, clean)]
    return sum(max(0.0, left) for left in above[0].values()) / sum(above[1].values())


def _above(record: Record, metric: str) -> Mapping[str, float]:
    return {task: scores[metric] - record.trivial[task][metric] for task, scores in record.metrics.items()}


def _with_std(values: Sequence[float]) -> str:
    return f"{mean(values):.3f} ± {stdev(values):.3f}"
