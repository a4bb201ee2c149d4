"""What ``analyse`` keeps of one learner, so that an interrupted run resumes where it stopped."""

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from mtlue.errors import InputError
from mtlue.evaluation.probes.features import ClassSpread
from mtlue.files import write_json
from mtlue.jobs.learners.run_folder import CellStore, RunFolder
from mtlue.methods.weights import write_weights
from mtlue.structured import read_json

_FEATURES = "features"
_REMEDY = "delete it, and its learner will be trained again"


@dataclass(frozen=True)
class Measurement:
    """One learner's view of its training images: the spread of each class, and features [P, D] of the shown images."""

    classes: tuple[ClassSpread, ...]
    features: Tensor = field(compare=False)


@dataclass(frozen=True)
class _SavedSpreads:
    classes: tuple[ClassSpread, ...]


def measurement_cells(folder: RunFolder) -> CellStore[Measurement]:
    """Cells that hold a learner's measurement each: a JSON file, and a .safetensors file of features next to it."""
    return CellStore(folder, _read, _write)


def _write(path: Path, measurement: Measurement) -> None:
    write_weights(path.with_suffix(".safetensors"), {_FEATURES: measurement.features})
    write_json(path, {"classes": [asdict(spread) for spread in measurement.classes]})


def _read(path: Path) -> Measurement:
    classes = read_json(path, _SavedSpreads, _REMEDY, exact=True, before=_with_nan).classes
    return Measurement(classes, _features(path.with_suffix(".safetensors")))


def _features(path: Path) -> Tensor:
    try:
        features = load_file(path)[_FEATURES]
    except (OSError, SafetensorError, KeyError) as error:
        raise InputError(f"{path} cannot be used ({error}): {_REMEDY}") from error
    if features.ndim != 2 or features.dtype != torch.float32:
        raise InputError(f"{path} holds no features: {_REMEDY}")
    return features


def _with_nan(values: Any) -> Any:
    """A spread that does not exist as NaN: JSON has none, so it is null there."""
    if not isinstance(values, dict) or not isinstance(values.get("classes"), list):
        return values
    rows = [row for row in values["classes"] if isinstance(row, dict)]
    return {**values, "classes": [{k: float("nan") if v is None else v for k, v in row.items()} for row in rows]}
