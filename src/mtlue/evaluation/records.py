"""Results as JSON: one record a learner. Tables and the report are built from records alone."""

import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal

import mtlue
from mtlue.errors import InputError
from mtlue.files import write_json

Data = Literal["clean", "noise", "protected"]
Setting = Literal["mtl", "stl"]
RESULTS = "results.json"
"""The file of a folder's records."""
DATA: tuple[Data, ...] = ("clean", "noise", "protected")
SETTINGS: tuple[Setting, ...] = ("mtl", "stl")


@dataclass(frozen=True)
class Record:
    """One learner's result on clean test images.

    Attributes:
        data: what it was trained on.
        method: method of the release; None on clean images.
        metrics: task -> metric -> value; a single-task learner has one task.
        trivial: the same for the best predictor that never looks at an image.
        directions: task -> metric -> True where higher is better.
        headline: task -> the metric that recovery is reported in first.
        curves: name -> one number an epoch.
        seconds: training time.
        versions: of the packages that decide the numbers.
        countermeasure: what the learner did against a protection.
        label: how tables name the method or variant; ``method`` where it is None.
        unprotected: tasks that the release leaves learnable on purpose.
    """

    dataset: str
    data: Data
    method: str | None
    epsilon: float | None
    backbone: str
    weighting: str
    setting: Setting
    seed: int
    metrics: dict[str, dict[str, float]]
    trivial: dict[str, dict[str, float]]
    directions: dict[str, dict[str, bool]]
    headline: dict[str, str]
    train_images: int
    test_images: int
    seconds: float
    recipe: dict[str, Any]
    curves: dict[str, list[float]] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)
    countermeasure: str = "none"
    label: str | None = None
    unprotected: list[str] = field(default_factory=list)


def installed_versions() -> dict[str, str]:
    """Versions of the packages that decide the numbers."""
    return {"mtlue": mtlue.__version__, **{name: version(name) for name in ("torch", "torchvision", "timm", "numpy")}}


def write_records(path: Path, records: Sequence[Record]) -> None:
    """Write records as one JSON list, whole."""
    write_json(path, [asdict(record) for record in records])


def read_records(path: Path) -> list[Record]:
    """Read what :func:`write_records` wrote.

    Raises:
        InputError: there is no such file, or it holds something else.
    """
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(rows, list):
            raise InputError(f"{path} holds no records: give the results.json that evaluate wrote")
        return [_record(values) for values in rows]
    except FileNotFoundError as error:
        raise InputError(f"{path} does not exist: give the results.json that evaluate wrote") from error
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise InputError(f"{path} holds no records ({error}): give the results.json that evaluate wrote") from error


def _record(values: dict[str, Any]) -> Record:
    for name in ("metrics", "trivial"):  # JSON has no NaN: a score that does not exist is null
        values[name] = {
            task: {metric: math.nan if score is None else float(score) for metric, score in scores.items()}
            for task, scores in values[name].items()
        }
    record = Record(**values)
    known = all(set(its) == set(record.metrics) for its in (record.trivial, record.directions, record.headline))
    known &= all(set(record.directions[task]) == set(scores) for task, scores in record.metrics.items())
    known &= isinstance(record.recipe, dict) and isinstance(record.label, str | None)
    if not known or record.data not in DATA or record.setting not in SETTINGS:
        raise ValueError("a record's tasks, metrics, data, setting, recipe or label are not such as are written")
    return record
