"""Results as JSON: one record per learner; all that tables and reports are built from. Imports nothing heavy."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal

from mtlue._version import __version__
from mtlue.errors import InputError
from mtlue.evaluation.earlier_records import as_written_today
from mtlue.evaluation.learner import Learner
from mtlue.files import write_json
from mtlue.structured import read_json

Condition = Literal["clean", "noise", "protected", "own"]
CONDITIONS: tuple[Condition, ...] = ("clean", "noise", "protected")
"""What every comparison compares; ``own`` is the control of an attacker who has clean images of their own."""
RESULTS = "results.json"
"""The file of a folder's records."""
_WITH_NAN = ("metrics", "trivial", "curves", "replicates", "trivial_replicates")


@dataclass(frozen=True)
class Record:
    """One learner's result on clean test images.

    Attributes:
        dataset: its name.
        condition: which images the learner was trained on; ``own``: the attacker's own clean images alone.
        learner: how it was trained.
        method: method of the release; None on clean images.
        epsilon: of the release, in levels of 1/255; None on clean images.
        metrics: task -> metric -> value; a single-task learner has one task.
        trivial: the same for the best predictor that never looks at an image.
        directions: task -> metric -> True where higher is better.
        headline: task -> the metric that recovery is reported in first.
        train_images, test_images: how many.
        seconds: training time.
        curves: name -> one number per epoch.
        versions: of the packages that decide the numbers.
        precision: that the learner was trained in, as lightning-fabric names it; empty in records of earlier versions.
        label: how tables name the method or variant; ``method`` where it is None.
        unprotected: tasks that the release leaves learnable on purpose.
        attack: name of the attack that the learner is part of; None outside an audit.
        classes: task -> names of its classes; only for tasks that have some, as the next two.
        confusion: task -> counts of test images (pixels, for a label per pixel), [true class][predicted class].
        uncounted: task -> class -> its test images, of classes with too few of them to count in scores that are means
            over classes (:data:`mtlue.tasks.scoring.COUNTED_FROM`).
        replicates: task -> the headline metric of each bootstrap draw of test images; the draws are the same for all
            learners that are tested on the same images. Empty where a kind of task has none.
        trivial_replicates: the same of the trivial predictor, where the draws change its score.
        own_images: how many clean images of the attacker's own the learner used; None where it needs none.
        own_wanted: how many it would have used, had there been as many.
        largest_change: of a pixel, in levels, that the manifest allows the release's lossy files; None of lossless
            ones, which ``epsilon`` bounds, of other images, and in records of earlier versions.
        test_set: which test images those are, as a hash; empty in records of earlier versions.

    Raises:
        InputError: the record has no task, or its parts describe different tasks or metrics.
    """

    dataset: str
    condition: Condition
    learner: Learner
    method: str | None
    epsilon: float | None
    metrics: dict[str, dict[str, float]]
    trivial: dict[str, dict[str, float]]
    directions: dict[str, dict[str, bool]]
    headline: dict[str, str]
    train_images: int
    test_images: int
    seconds: float
    curves: dict[str, list[float]] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)
    precision: str = ""
    label: str | None = None
    unprotected: list[str] = field(default_factory=list)
    attack: str | None = None
    classes: dict[str, list[str]] = field(default_factory=dict)
    confusion: dict[str, list[list[int]]] = field(default_factory=dict)
    uncounted: dict[str, dict[str, int]] = field(default_factory=dict)
    replicates: dict[str, list[float]] = field(default_factory=dict)
    trivial_replicates: dict[str, list[float]] = field(default_factory=dict)
    own_images: int | None = None
    own_wanted: int | None = None
    largest_change: int | None = None
    test_set: str = ""

    def __post_init__(self) -> None:
        if not self.metrics:
            raise InputError("a record has no task")
        for described in (self.trivial, self.directions, self.headline):
            if set(described) != set(self.metrics):
                raise InputError(f"a record scores {_names(self.metrics)} and describes {_names(described)}")
        for task, scores in self.metrics.items():
            if not set(scores) == set(self.directions[task]) == set(self.trivial[task]):
                raise InputError(f"a record describes other metrics of task '{task}' than it has")
            if self.headline[task] not in scores:
                raise InputError(f"a record has no '{self.headline[task]}' of task '{task}', which it puts first")

    def recalls(self, task: str) -> dict[str, float]:
        """Class -> the share of its test images (pixels, for a label per pixel) that were told; NaN where it has none.

        Empty for a task without classes, and in records of earlier versions.
        """
        rows = enumerate(self.confusion.get(task, []))
        shares = (row[index] / sum(row) if any(row) else math.nan for index, row in rows)
        return dict(zip(self.classes.get(task, []), shares, strict=True))


def _names(tasks: Iterable[str]) -> str:
    return ", ".join(tasks) or "nothing"


def installed_versions() -> dict[str, str]:
    """Versions of the packages that decide the numbers."""
    return {"mtlue": __version__, **{name: version(name) for name in ("torch", "torchvision", "timm", "numpy")}}


def write_records(path: Path, records: Sequence[Record]) -> None:
    """Write records as one JSON list, whole."""
    write_json(path, [asdict(record) for record in records], numbers_in_a_line=True)


def read_records(path: Path) -> list[Record]:
    """Read what :func:`write_records` wrote, with this version or an earlier one.

    Raises:
        InputError: there is no such file, or it holds something else.
    """
    return read_json(
        path, list[Record], "give the results.json that evaluate wrote", exact=True, before=readable_records
    )


def readable_records(rows: Any) -> Any:
    """Records as they are written today, and scores that do not exist as NaN: JSON has none, so they are null there."""
    if not isinstance(rows, list):
        return rows
    return [_with_nan(as_written_today(row)) if isinstance(row, dict) else row for row in rows]


def _with_nan(row: dict[str, Any]) -> dict[str, Any]:
    return {**row, **{name: _nan_for_null(row[name]) for name in _WITH_NAN if name in row}}


def _nan_for_null(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _nan_for_null(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_nan_for_null(inner) for inner in value]
    return math.nan if value is None else value
