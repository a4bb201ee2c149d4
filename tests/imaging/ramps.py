"""One picture, a ramp from black to white, in files of numbers wider than a byte."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import DTypeLike, NDArray
from PIL import Image

from conftest import read_data, write_table

RAMP = np.linspace(0, 1, 16 * 20).reshape(16, 20)
OfRamp = Callable[[NDArray[np.float64]], NDArray[np.generic]]


def save(path: Path, ramp: NDArray[np.float64], white: float, kind: DTypeLike) -> None:
    values = (ramp * white if kind is np.float32 else np.round(ramp * white)).astype(kind)
    Image.fromarray(values).save(path.with_suffix(".png" if kind is np.uint16 else ".tif"))


def save_array(path: Path, ramp: NDArray[np.float64], white: float, kind: DTypeLike) -> None:
    values = ramp * white if np.dtype(kind).kind == "f" else np.round(ramp * white)
    np.save(path.with_suffix(".npy"), values.astype(kind))


def write(root: Path, write_one: Callable[[Path, NDArray[np.float64]], None], count: int = 8) -> Path:
    """Images of one ramp: all of it, and darker ones, with a table of two classes."""
    root.mkdir(parents=True, exist_ok=True)
    for i in range(count):
        write_one(root / f"{i}", RAMP * (1 - i / (2 * count)))
    files = sorted(path.name for path in root.iterdir())
    write_table(root, [{"file": file, "kind": "ab"[i % 2]} for i, file in enumerate(files)])
    return root


read = partial(read_data, "table")
