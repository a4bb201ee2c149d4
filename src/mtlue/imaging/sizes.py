"""Sizes and ranges that images can have, checked before anything is read. Imports nothing heavy."""

import math
from collections.abc import Iterable

from mtlue.errors import InputError, param
from mtlue.imaging.limits import MIN_SIDE

MAX_SIDE = 8192
"""Largest working side in pixels; larger images can be released at their own size (``native``)."""

RANGE_REMEDY = "give the number of black, then the greater one of white"

HeightWidth = tuple[int, int]
"""(height, width)."""


def check_sizes(
    size: HeightWidth | None, crop: HeightWidth | None, center_crop: int | None, channels: int | None
) -> None:
    """Refuse what no pipeline can have; None leaves a value open.

    Raises:
        InputError: a side or a number of channels is impossible, or the crop is larger than the size.
    """
    if channels not in (None, 1, 3):
        raise InputError(f"{param('channels')} {channels}: give 1 (grey) or 3 (RGB)")
    for name, sides in (("size", size), ("crop", crop)):
        if sides is not None and min(sides) < MIN_SIDE:
            raise InputError(f"{param(name)} {_as_given(sides)} is too small: at least {MIN_SIDE} pixels per side")
        if sides is not None and max(sides) > MAX_SIDE:
            raise InputError(f"{param(name)} {_as_given(sides)} is too large: at most {MAX_SIDE} pixels per side")
    if center_crop is not None and not MIN_SIDE <= center_crop <= MAX_SIDE:
        raise InputError(f"{param('center_crop')} {center_crop}: give {MIN_SIDE} to {MAX_SIDE} pixels")
    if size is not None and crop is not None:
        check_crop(crop, *size)


def _as_given(sides: HeightWidth) -> str:
    """One number where both are the same, as people give it."""
    return str(sides[0]) if sides[0] == sides[1] else f"{sides[0]} {sides[1]}"


def check_crop(crop: HeightWidth, height: int, width: int) -> HeightWidth:
    """The crop, if it fits into images of this size.

    Raises:
        InputError: it is larger.
    """
    if crop[0] > height or crop[1] > width:
        raise InputError(
            f"{param('crop')} {crop[0]}x{crop[1]} is larger than the images ({height}x{width}): choose a smaller one"
        )
    return crop


def least_and_most(sizes: Iterable[HeightWidth]) -> tuple[HeightWidth, ...]:
    """The size with the fewest pixels and the one with the most; none of none.

    >>> least_and_most([(30, 20), (10, 10), (20, 40)])
    ((10, 10), (20, 40))
    """
    ordered = sorted(set(sizes), key=lambda size: (math.prod(size), size))
    return (ordered[0], ordered[-1]) if ordered else ()


def sides(value: int | HeightWidth | None) -> HeightWidth | None:
    """(height, width) of a side or a pair."""
    return (value, value) if isinstance(value, int) else value


def is_range(value_range: tuple[float, float]) -> bool:
    """Whether these are the number of black and a greater one of white."""
    low, high = value_range
    return math.isfinite(high - low) and low < high
