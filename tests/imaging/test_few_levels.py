"""Where a dataset's range leaves few levels, that is said, with a range that leaves more."""

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from ramps import RAMP, OfRamp, read, write

from conftest import Outcome


def empty(kind: type, number: float, ramp: NDArray[np.float64], white: float) -> NDArray[np.generic]:
    """Numbers from 0 to white, and some pixels without a value."""
    return np.where(ramp * 100 % 7 < 1, number, np.round(ramp * white)).astype(kind)


FEW: dict[str, tuple[OfRamp, tuple[float, float]]] = {
    "integers far from 0": (lambda ramp: (32768 + 1200 * ramp).astype(np.uint16), (32768, 33968)),
    "far from 0, some without a value": (lambda ramp: empty(np.uint16, 0, 25 + ramp, 1200), (30000, 31200)),
    "small fractions": (lambda ramp: (0.02 * ramp).astype(np.float32), (0, 0.02)),
    "small fractions with noise below 0": (lambda ramp: 0.02 * ramp - 0.00001, (0, 0.02)),
    "tiny fractions": (lambda ramp: 3e-9 * ramp, (0, 3e-9)),
    "-9999": (lambda ramp: empty(np.int32, -9999, ramp, 250), (0, 250)),
    "-9999 in floats": (lambda ramp: empty(np.float32, -9999, ramp, 250), (0, 250)),
    "65535": (lambda ramp: empty(np.uint16, 65535, ramp, 4095), (0, 4095)),
    "-32768": (lambda ramp: empty(np.int16, -32768, ramp, 3700), (0, 3700)),
    "-9999 and 99999": (lambda ramp: empty(np.int32, -9999, np.where(ramp < 0.02, 399.996, ramp), 250), (0, 250)),
    "65534 and 65535": (lambda ramp: np.where(ramp < 0.1, 65534, empty(np.uint16, 65535, ramp, 4095)), (410, 4095)),
    "-9999 and -8888": (lambda ramp: np.where(ramp < 0.1, -8888, empty(np.int32, -9999, ramp, 250)), (20, 250)),
    "often without a value": (lambda ramp: np.where(ramp < 0.4, -9999, ramp * 1000).astype(np.float32), (400, 1000)),
    "1e20": (lambda ramp: empty(np.float32, 1e20, ramp, 250), (0, 250)),
    "a glaring pixel": (lambda ramp: np.where(ramp == ramp.max(), 60000, ramp * 900).astype(np.uint16), (0, 900)),
}


@pytest.mark.parametrize("name", FEW)
def test_few_levels_are_said_with_a_range_that_leaves_more(
    name: str, tmp_path: Path, mtlue: Callable[..., Outcome]
) -> None:
    values, (black, white) = FEW[name]
    root = write(tmp_path / "scans", lambda path, ramp: np.save(path.with_suffix(".npy"), values(ramp)))
    said = mtlue("inspect", "--dataset", "table", "--data", root)
    assert said.status == 0
    low, high = re.findall(r"give --value-range (\S+) (\S+?)[,;]? ", said.err)[-1]
    tolerance = (white - black) / 20
    assert abs(float(low) - black) <= tolerance
    assert abs(float(high) - white) <= tolerance
    again = mtlue("inspect", "--dataset", "table", "--data", root, "--value-range", low, high)
    assert again.status == 0
    assert "give --value-range" not in again.err
    levels = read(root, value_range=(float(low), float(high))).images[:]
    assert len(levels.unique()) > 150


USUAL: dict[str, OfRamp] = {
    "12 bits": lambda ramp: (ramp * 4095).astype(np.uint16),
    "fractions": lambda ramp: ramp,
    "noise below 0": lambda ramp: ramp - 0.0001,
    "what a filter leaves below 0": lambda ramp: ramp * 1.05 - 0.05,
    "both signs": lambda ramp: ramp * 2 - 1,
    "black and white": lambda ramp: (ramp > 0.4).astype(np.float32),
    "half of the range": lambda ramp: 0.5 + ramp / 2,
    "one number": lambda ramp: np.full_like(ramp, 7.5),
    "three numbers": lambda ramp: np.where(ramp < 0.3, 0, np.where(ramp < 0.6, 5, 255)).astype(np.int32),
    "black frame": lambda ramp: np.where(np.arange(20) < 5, 0, ramp * 4095).astype(np.uint16),
}


@pytest.mark.parametrize("name", USUAL)
def test_where_levels_are_left_nothing_more_is_said(name: str, tmp_path: Path) -> None:
    root = write(tmp_path / "scans", lambda path, ramp: np.save(path.with_suffix(".npy"), USUAL[name](ramp)))
    collection = read(root)
    (note,) = collection.notes
    assert "choose another range with" in note
    assert name in ("black and white", "one number", "three numbers") or len(collection.images[:][0].unique()) > 120


def test_files_without_any_value_do_not_hide_what_has_none(tmp_path: Path) -> None:
    root = write(tmp_path / "scans", lambda path, ramp: np.save(path.with_suffix(".npy"), np.full(ramp.shape, -9999)))
    for i in range(4):
        np.save(root / f"{i}.npy", np.where(RAMP < 0.2, -9999, RAMP * 1000).astype(np.int32))
    assert any("8 files hold numbers such as -9999, far from all others (" in note for note in read(root).notes)
