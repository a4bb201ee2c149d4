"""Numbers wider than a byte to 8 bits: one range for a whole dataset, black at its low end and white at its high."""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Range: TypeAlias = tuple[float, float]
"""(black, white)."""

_FULL = (255, 1023, 4095, 16383, 65535)
"""White of 8, 10, 12, 14 and 16 bits."""
_HALF_LEVEL = 1 / 510
"""Of a range: numbers that lie no further outside come out as its ends do. Rounding leaves such, below 0 most often."""
_SAMPLED = 2**8
"""Rows, and columns, of a file that its bulk is estimated from."""
_MOST_CUTS, _FEW = 4, 4
_BLOCK = 2**20
_NO_NUMBER = 1e37
"""Magnitude from which a float stands for a missing value: maps are filled with the greatest or least one."""


@dataclass(frozen=True, slots=True)
class Extent:
    """The numbers of a wide file.

    Attributes:
        low: the least.
        high: the greatest.
        whole: whether their type is an integer.
        core: their ends without a few numbers that lie far from all others; None where it is not known.
        bulk: the 1st and 99th percentile of the core; None where it is not known.
    """

    low: float
    high: float
    whole: bool
    core: Range | None = None
    bulk: Range | None = None


def measure_extent(values: NDArray[Any]) -> Extent | None:
    """The extent of an array's numbers, without missing ones; None where there are no others."""
    ends = _ends(values, number_mask)
    if ends is None:
        return None
    rows, columns = (max(1, side // _SAMPLED) for side in values.shape[:2])
    sample = values[::rows, ::columns]
    numbers = sample[number_mask(sample)].astype(np.float64)
    above, below = _core_bounds(np.unique(np.append(numbers, ends)))
    core = _ends(values, lambda block: number_mask(block) & (block > above) & (block < below)) or ends
    usual = numbers[(numbers >= core[0]) & (numbers <= core[1])]
    bulk = np.percentile(usual, (1, 99)).tolist() if usual.size else core
    return Extent(*ends, values.dtype.kind in "iub", core, (bulk[0], bulk[1]))


def _core_bounds(distinct: NDArray[np.float64]) -> Range:
    """Between which numbers the core lies: what is cut off lies further from the rest than this covers.

    Args:
        distinct: sorted. A rest of few numbers may be classes, so that it stays together.
    """
    above, below = -math.inf, math.inf
    for _ in range(_MOST_CUTS):
        if distinct.size < 2:
            break
        cut = int(np.diff(distinct).argmax()) + 1
        middle, parts = (distinct[cut - 1] + distinct[cut]) / 2, (distinct[:cut], distinct[cut:])
        larger = max(parts, key=lambda part: (part.size, -np.abs(part).min()))
        if distinct[cut] - distinct[cut - 1] <= larger[-1] - larger[0] or 1 < larger.size < _FEW:
            break
        above, below = (above, middle) if larger is parts[0] else (middle, below)
        distinct = larger
    return above, below


def _ends(values: NDArray[Any], select: Callable[[NDArray[Any]], NDArray[np.bool_]]) -> Range | None:
    """The least and the greatest of the selected numbers; None where none is selected."""
    lows, highs = [], []
    for block in _blocks(values):
        selected = block[select(block)]
        if selected.size:
            lows.append(float(selected.min()))
            highs.append(float(selected.max()))
    return (min(lows), max(highs)) if lows else None


def stands_apart(end: float, others: Range) -> bool:
    """Whether a number lies further from the others than these cover: then it hardly means a brightness."""
    return min(abs(others[0] - end), abs(others[1] - end)) > others[1] - others[0] > 0


def common_range(extents: Sequence[Extent]) -> Range:
    """The range to read all wide files of a dataset by.

    The smallest full range that holds all numbers: 0..1 or -1..1 for fractions, 0..255, 0..1023, 0..4095, 0..16383,
    0..65535. Where none does, or where fractions use less than half of it, from the least to the greatest number.
    Numbers so little below 0 that they come out as 0 does count as 0.
    """
    low, high = min(extent.low for extent in extents), max(extent.high for extent in extents)
    if -high * _HALF_LEVEL <= low < 0:
        low = 0.0
    if not all(extent.whole for extent in extents) and low >= -1 and high <= 1 and (low >= 0 or low <= -high / 2):
        return (0.0, 1.0) if low >= 0 else (-1.0, 1.0)
    white = next((white for white in _FULL if low >= 0 and high <= white), None)
    if white is not None and (all(extent.whole for extent in extents) or high > white / 2):
        return 0.0, float(white)
    return low, high if high > low else low + max(1.0, abs(low) * _HALF_LEVEL)


def to_bytes(values: NDArray[Any], value_range: Range) -> NDArray[np.uint8]:
    """Numbers of any shape as 0..255; those outside the range are clipped, and missing ones are black."""
    low, high = value_range
    levels = np.empty(values.shape, np.uint8)
    for block, target in zip(_blocks(values), _blocks(levels), strict=True):
        wide = np.where(number_mask(block), block, low).astype(np.float64)
        target[...] = np.round((wide.clip(low, high) - low) / (high - low) * 255)
    return levels


def number_mask(values: NDArray[Any]) -> NDArray[np.bool_]:
    """Where an array holds numbers: not NaN, not infinity, and no float so large that it means a missing value."""
    if values.dtype.kind != "f":
        return np.ones(values.shape, np.bool_)
    largest = min(_NO_NUMBER, float(np.finfo(values.dtype).max))
    return np.asarray(np.abs(values) <= largest, np.bool_)


def exceeds(extent: Extent, value_range: Range) -> bool:
    """Whether some numbers are clipped, by more than rounding to levels changes them."""
    low, high = value_range
    margin = (high - low) * _HALF_LEVEL
    return extent.low < low - margin or extent.high > high + margin


def written(value_range: Range) -> tuple[str, str]:
    """Both ends of a range as one gives them, to a thousandth of what it covers."""
    digits = 4 - math.ceil(math.log10(value_range[1] - value_range[0]))
    if not 0 <= digits <= 12:
        digits = 0 if -12 <= digits < 0 else -1
    return _text(value_range[0], digits), _text(value_range[1], digits)


def _text(number: float, digits: int) -> str:
    """A number with at most ``digits`` decimals; as it is where ``digits`` is -1."""
    if digits < 0:
        return repr(number)
    text = f"{round(number, digits) + 0.0:.{digits}f}"  # + 0.0: no minus before 0
    return text.rstrip("0").rstrip(".") if "." in text else text


def _blocks(values: NDArray[Any]) -> Iterable[NDArray[Any]]:
    """Some rows at a time: double precision takes eight times the memory of bytes."""
    step = max(1, _BLOCK // max(1, values[:1].size))
    return (values[start : start + step] for start in range(0, len(values), step))
