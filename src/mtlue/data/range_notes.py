"""What is said where the range of wide numbers leaves few levels, and which range would leave more."""

from collections.abc import Collection, Mapping

from mtlue.data.levels import Extent, Range, stands_apart, written

_HANDFUL = 16
"""A file whose numbers cover less than this part of the range is left with 16 levels."""
_QUARTER = 4
"""Numbers that cover less than this part of the range are said: 64 levels are left."""
_EDGE = 0.1
"""Share of the files whose numbers may lie outside the bulk of all."""


def range_notes(extents: Mapping[str, Extent], chosen: Range) -> list[str]:
    """Notes on numbers (by file) that ``chosen`` leaves few levels.

    The first that holds is said of these: numbers that stand for none, by their distance from all others; a bulk of
    numbers in a small part of the range. A file that decides the range alone is named as well.
    """
    width = chosen[1] - chosen[0]
    return [*_outlier(extents, width), *(_no_values(extents) or _few_levels(extents.values(), chosen))]


def _outlier(extents: Mapping[str, Extent], width: float) -> list[str]:
    """A note where a few files take most of the range, and most others come out in a handful of levels."""
    widths = {file: extent.high - extent.low for file, extent in extents.items()}
    usual = sorted(widths.values())[len(widths) // 2]
    widest = max(widths, key=lambda file: widths[file])
    if usual * _HANDFUL >= width or widths[widest] * 2 < width:
        return []
    return [
        f"{widest} decides the range: its numbers go from {extents[widest].low:g} to {extents[widest].high:g}, those "
        f"of half of the files cover {usual:g} at most and get few levels; correct it, or give --value-range"
    ]


def _no_values(extents: Mapping[str, Extent]) -> list[str]:
    """A note on a least or greatest number that lies apart from all others of the dataset."""
    low, high = min(one.low for one in extents.values()), max(one.high for one in extents.values())
    for ends in ((low, high), (low,), (high,)):
        others = _without(extents.values(), ends)
        if others is not None and all(stands_apart(end, others) for end in ends):
            return [_no_value(extents.values(), ends, others)]
    return []


def _without(extents: Collection[Extent], ends: Collection[float]) -> Range | None:
    """The least and the greatest number of a dataset but for its ends; None where there are no others."""
    numbers = [number for one in extents for number in (one.low, one.high, *(one.inner or ())) if number not in ends]
    return (min(numbers), max(numbers)) if numbers else None


def _no_value(extents: Collection[Extent], ends: Collection[float], others: Range) -> str:
    count = sum(one.low in ends or one.high in ends for one in extents)
    numbers = " or ".join(f"{end:.15g}" for end in ends)
    first, last = written(others)
    return (
        f"{count} file(s) hold the number {numbers}, far from all others ({first} to {last}): if it says that a pixel "
        f"has no value, give --value-range {first} {last}, which leaves all levels to the others"
    )


def _few_levels(extents: Collection[Extent], chosen: Range) -> list[str]:
    """A note where most numbers of most files lie in a small part of the range."""
    width = chosen[1] - chosen[0]
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
        f"{levels} of 256 levels; give --value-range {black} {white} to use them all"
    ]


def _nearly_least(numbers: list[float]) -> float:
    return numbers[int(len(numbers) * _EDGE)]
