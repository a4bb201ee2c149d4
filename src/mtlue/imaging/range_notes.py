"""Notes where the range of wide numbers leaves few levels, and on the range that would leave more."""

from collections.abc import Collection, Mapping

from mtlue.errors import param
from mtlue.imaging.levels import Extent, Range, stands_apart, written
from mtlue.wording import counted

_HANDFUL = 16
"""A file whose numbers cover less than this part of the range is left with 16 levels."""
_QUARTER = 4
"""Numbers that cover less than this part of the range are said: 64 levels are left."""
_EDGE = 0.1
"""Share of the files whose numbers may lie outside the bulk of all."""


def range_notes(extents: Mapping[str, Extent], value_range: Range) -> list[str]:
    """Notes on numbers (by file) that ``value_range`` leaves few levels.

    The first that applies of: numbers that stand for a missing value, judged by their distance from all others; most
    numbers in a small part of the range. A file that alone decides the range is named as well.
    """
    width = value_range[1] - value_range[0]
    return [*_outlier(extents, width), *(_no_values(extents.values()) or _few_levels(extents.values(), value_range))]


def _outlier(extents: Mapping[str, Extent], width: float) -> list[str]:
    """A note where a few files take most of the range, and most others come out in a handful of levels."""
    widths = {file: extent.high - extent.low for file, extent in extents.items()}
    usual = sorted(widths.values())[len(widths) // 2]
    widest = max(widths, key=lambda file: widths[file])
    if usual * _HANDFUL >= width or widths[widest] * 2 < width:
        return []
    return [
        f"{widest} decides the range: its numbers go from {extents[widest].low:g} to {extents[widest].high:g}, but "
        f"in half of the files they cover at most {usual:g} and get few levels; correct it, or give "
        f"{param('value_range')}"
    ]


def _no_values(extents: Collection[Extent]) -> list[str]:
    """A note on least or greatest numbers that lie apart from all others of the dataset."""
    ends = min(one.low for one in extents), max(one.high for one in extents)
    cores = [one.core or (one.low, one.high) for one in extents]
    filled = [core for core in cores if core not in ((ends[0], ends[0]), (ends[1], ends[1]))]  # not one end alone
    if not filled:
        return []
    others = min(core[0] for core in filled), max(core[1] for core in filled)
    apart = [end for end in ends if stands_apart(end, others)]
    others = others[0] if ends[0] in apart else ends[0], others[1] if ends[1] in apart else ends[1]
    return [_no_value(extents, apart, others)] if apart else []


def _no_value(extents: Collection[Extent], apart: Collection[float], others: Range) -> str:
    count = sum(one.low < others[0] or one.high > others[1] for one in extents)
    numbers = " and ".join(f"{end:.15g}" for end in apart)
    first, last = written(others)
    return (
        f"{counted(count, 'file holds', 'files hold')} numbers such as {numbers}, "
        f"far from all others ({first} to {last}): if they mean that a pixel has no value, "
        f"give {param('value_range')} {first} {last}, which leaves all levels to the others"
    )


def _few_levels(extents: Collection[Extent], value_range: Range) -> list[str]:
    """A note where most numbers of most files lie in a small part of the range."""
    width = value_range[1] - value_range[0]
    first = _nearly_least(sorted((one.bulk or (one.low, one.high))[0] for one in extents))
    last = -_nearly_least(sorted(-(one.bulk or (one.low, one.high))[1] for one in extents))
    if (last - first) * _QUARTER >= width or last <= first:
        return []
    low, high = min(one.low for one in extents), max(one.high for one in extents)
    better = (low, high) if high - low <= 2 * (last - first) else (first, last)
    words = "all" if better == (low, high) else "most"
    black, white = written(better)
    levels = max(1, round((better[1] - better[0]) / width * 255) + 1)
    return [
        f"few levels are left: {words} of these numbers lie between {black} and {white}, which come out in "
        f"{levels} of 256 levels; give {param('value_range')} {black} {white} to use them all"
    ]


def _nearly_least(numbers: list[float]) -> float:
    return numbers[int(len(numbers) * _EDGE)]
