"""Numbers wider than a byte to 8 bits: one range for a whole dataset, black at its low end and white at its high."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Range: TypeAlias = tuple[float, float]
"""(black, white)."""

_FULL = (255, 1023, 4095, 16383, 65535)
"""White of 8, 10, 12, 14 and 16 bits."""
_BLOCK = 2**20
_NO_NUMBER = 1e37
"""Magnitude from which a float stands for a missing value: maps are filled with the greatest or least one."""


@dataclass(frozen=True)
class Extent:
    """The least and the greatest number of a wide file, and whether their type is an integer."""

    low: float
    high: float
    whole: bool


def measured(values: NDArray[Any]) -> Extent | None:
    """The extent of an array's numbers, without missing ones; None where there are no others."""
    lows, highs = [], []
    for block in _blocks(values):
        finite = block[numbers(block)]
        if finite.size:
            lows.append(float(finite.min()))
            highs.append(float(finite.max()))
    return Extent(min(lows), max(highs), values.dtype.kind in "iub") if lows else None


def common_range(extents: Sequence[Extent]) -> Range:
    """The range to read all wide files of a dataset by.

    The smallest full range that holds all numbers: 0..1 or -1..1 for fractions, 0..255, 0..1023, 0..4095, 0..16383,
    0..65535. Where none does, or where fractions use less than half of it, from the least to the greatest number.
    """
    low, high = min(extent.low for extent in extents), max(extent.high for extent in extents)
    if not all(extent.whole for extent in extents) and low >= -1 and high <= 1:
        return (0.0, 1.0) if low >= 0 else (-1.0, 1.0)
    white = next((white for white in _FULL if low >= 0 and high <= white), None)
    if white is not None and (all(extent.whole for extent in extents) or high > white / 2):
        return 0.0, float(white)
    return low, high if high > low else low + 1


def to_bytes(values: NDArray[Any], value_range: Range) -> NDArray[np.uint8]:
    """Numbers of any shape as 0..255; those outside the range are clipped, and missing ones are black."""
    low, high = value_range
    levels = np.empty(values.shape, np.uint8)
    for block, target in zip(_blocks(values), _blocks(levels), strict=True):
        wide = np.where(numbers(block), block, low).astype(np.float64)
        target[...] = np.round((wide.clip(low, high) - low) / (high - low) * 255)
    return levels


def numbers(values: NDArray[Any]) -> NDArray[np.bool_]:
    """Where an array holds numbers: not NaN, not infinity, and no float so large that it means a missing value."""
    if values.dtype.kind != "f":
        return np.ones(values.shape, np.bool_)
    largest = min(_NO_NUMBER, float(np.finfo(values.dtype).max))
    return np.asarray(np.abs(values) <= largest, np.bool_)


def exceeds(extent: Extent, value_range: Range) -> bool:
    """Whether some numbers are clipped."""
    return extent.low < value_range[0] or extent.high > value_range[1]


def _blocks(values: NDArray[Any]) -> Iterable[NDArray[Any]]:
    """Some rows at a time: double precision takes eight times the memory of bytes."""
    step = max(1, _BLOCK // max(1, values[:1].size))
    return (values[start : start + step] for start in range(0, len(values), step))
