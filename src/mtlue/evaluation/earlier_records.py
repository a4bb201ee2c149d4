"""Records of earlier versions, whose learner was spread over flat fields, as they are written today."""

from typing import Any

from mtlue.models.names import RANDOM, TIMM

_PRETRAINED = " (pretrained)"
"""Earlier versions added it to the backbone's name."""
_MOVED = ("setting", "seed", "recipe", "weighting", "countermeasure")


def as_written_today(row: dict[str, Any]) -> dict[str, Any]:
    """A record's row with its learner nested; rows of today, and rows that are not records, stay as they are."""
    backbone = row.get("backbone")
    if "learner" in row or not isinstance(backbone, str):
        return row
    learner = {
        **{name: row[name] for name in _MOVED if name in row},
        "tasks": _tasks(row),
        "backbone": backbone.removesuffix(_PRETRAINED),
        "init": TIMM if backbone.endswith(_PRETRAINED) else RANDOM,
    }
    unmoved = {name: value for name, value in row.items() if name not in ("backbone", "data", *_MOVED)}
    condition = {"condition": row["data"]} if "data" in row else {}
    return {**condition, **unmoved, "learner": learner}


def _tasks(row: dict[str, Any]) -> list[str]:
    metrics = row.get("metrics")
    return list(metrics) if isinstance(metrics, dict) else []
