"""Arrays of files, as the label maps of dense tasks are read from them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mtlue.tasks.codec import UnusableMapError
from mtlue.wording import counted

if TYPE_CHECKING:
    from numpy.typing import NDArray


def single(values: NDArray[Any], name: str) -> NDArray[Any]:
    """[H, W] of an array [H, W] or [H, W, 1].

    Raises:
        UnusableMapError: it has another shape, or holds no numbers.
    """
    if values.ndim == 3 and values.shape[2] == 1:
        values = values[:, :, 0]
    if values.ndim != 2:
        raise UnusableMapError(f"its shape is {shape(values)}: {name} is one number per pixel, [H, W]")
    return require_numbers(values)


def require_numbers(values: NDArray[Any]) -> NDArray[Any]:
    """The same array, if it holds numbers.

    Raises:
        UnusableMapError: it holds something else.
    """
    if values.dtype.kind not in "biuf":
        raise UnusableMapError(f"it holds {values.dtype}, not numbers")
    return values


def whole(values: NDArray[Any]) -> NDArray[np.int64]:
    """Numbers that are whole, as integers.

    Raises:
        UnusableMapError: some are not.
    """
    if values.dtype.kind == "f" and not (np.isfinite(values).all() and (values == np.round(values)).all()):
        raise UnusableMapError("it holds numbers that are not whole: a mask's numbers stand for classes")
    return values.astype(np.int64)


def packed(values: NDArray[Any]) -> NDArray[np.int64]:
    """[H, W, 3] of colours as single numbers, [H, W]; bytes alone, [H, W], are greys.

    Raises:
        UnusableMapError: it has another shape, or holds no whole numbers.
    """
    if values.ndim == 2 and values.dtype == np.uint8:
        values = np.stack([values] * 3, axis=2)
    if values.ndim != 3 or values.shape[2] != 3:
        raise UnusableMapError(f"its shape is {shape(values)}: a mask of colours is [H, W, 3]")
    wide = whole(require_numbers(values))
    return (wide[:, :, 0] << 16) + (wide[:, :, 1] << 8) + wide[:, :, 2]


def shape(values: NDArray[Any]) -> str:
    """A shape in words."""
    return "x".join(map(str, values.shape)) or "a single number"


def notes_on_unlabelled(unknown: NDArray[Any]) -> tuple[str, ...]:
    """A note on pixels that hold no number, where there are any; ``unknown`` is true at each."""
    pixels = counted(int(unknown.sum()), "pixel is no number: it counts", "pixels are no numbers: they count")
    return (f"{pixels} as unlabelled",) if unknown.any() else ()
