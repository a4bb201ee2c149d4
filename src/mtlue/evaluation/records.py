"""Results as JSON: one record a learner. Tables and the report are built from records alone."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal

from mtlue._version import __version__
from mtlue.errors import InputError
from mtlue.files import write_json
from mtlue.structured import read_json

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

    def __post_init__(self) -> None:
        if not self.metrics:
            raise InputError("a record has no task")
        for what in (self.trivial, self.directions, self.headline):
            if set(what) != set(self.metrics):
                raise InputError(f"a record scores {_names(self.metrics)} and describes {_names(what)}")
        for task, scores in self.metrics.items():
            if not set(scores) == set(self.directions[task]) == set(self.trivial[task]):
                raise InputError(f"a record describes other metrics of task '{task}' than it has")
            if self.headline[task] not in scores:
                raise InputError(f"a record has no '{self.headline[task]}' of task '{task}', which it puts first")


def _names(tasks: Iterable[str]) -> str:
    return ", ".join(tasks) or "nothing"


def installed_versions() -> dict[str, str]:
    """Versions of the packages that decide the numbers."""
    return {"mtlue": __version__, **{name: version(name) for name in ("torch", "torchvision", "timm", "numpy")}}


def write_records(path: Path, records: Sequence[Record]) -> None:
    """Write records as one JSON list, whole."""
    write_json(path, [asdict(record) for record in records])


def read_records(path: Path) -> list[Record]:
    """Read what :func:`write_records` wrote.

    Raises:
        InputError: there is no such file, or it holds something else.
    """
    return read_json(path, list[Record], "give the results.json that evaluate wrote", exact=True, before=_with_nan)


def _with_nan(rows: Any) -> Any:
    """Scores that do not exist as NaN: JSON has none, so they are written as null."""
    if not isinstance(rows, list):
        return rows
    return [{**row, **_scores_with_nan(row)} if isinstance(row, dict) else row for row in rows]


def _scores_with_nan(row: dict[str, Any]) -> dict[str, Any]:
    return {name: _nan_for_null(row[name]) for name in ("metrics", "trivial", "curves") if name in row}


def _nan_for_null(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _nan_for_null(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_nan_for_null(inner) for inner in value]
    return math.nan if value is None else value
