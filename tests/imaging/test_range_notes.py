"""Notes on ranges that leave few levels."""

from mtlue.errors import param
from mtlue.imaging.levels import Extent
from mtlue.imaging.range_notes import range_notes


def extents(*pairs: tuple[float, float]) -> dict[str, Extent]:
    return {f"{i}.npy": Extent(low, high, True, (low, high), (low, high)) for i, (low, high) in enumerate(pairs)}


def test_numbers_that_fill_the_range_need_no_note() -> None:
    assert range_notes(extents((0, 4000), (10, 4095)), (0, 4095)) == []


def test_a_small_part_of_the_range_is_noted_with_a_better_one() -> None:
    (note,) = range_notes(extents((0, 300), (10, 290)), (0, 4095))
    assert f"give {param('value_range')} 0 300" in note


def test_a_file_that_alone_decides_the_range_is_named() -> None:
    first, *_ = range_notes(extents((0, 100), (0, 90), (0, 60000)), (0, 65535))
    assert first.startswith("2.npy decides the range")
