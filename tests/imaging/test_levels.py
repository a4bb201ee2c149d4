"""The extent of numbers wider than a byte, the range for all of them, and the levels that they become."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from ramps import RAMP

from mtlue.imaging.levels import Extent, common_range, exceeds, measure_extent, to_bytes, written

NUMBERS = st.floats(-1e6, 1e6, allow_nan=False)


@given(st.lists(st.tuples(NUMBERS, NUMBERS), min_size=1, max_size=5), st.booleans())
def test_no_number_lies_outside_the_common_range(pairs: list[tuple[float, float]], whole: bool) -> None:
    extents = [Extent(min(pair), max(pair), whole) for pair in pairs]
    low, high = common_range(extents)
    assert low < high
    assert not any(exceeds(extent, (low, high)) for extent in extents)  # what is rounded away is not clipped


@given(st.lists(NUMBERS, min_size=2, max_size=30))
def test_levels_keep_the_order_of_numbers(numbers: list[float]) -> None:
    values = np.array(sorted(numbers))[None]
    extent = measure_extent(values)
    assert extent is not None
    levels = to_bytes(values, common_range([extent]))[0]
    assert (np.diff(levels.astype(int)) >= 0).all()


@pytest.mark.parametrize("bits", [8, 10, 12, 14, 16])
def test_full_ranges_are_taken_whole(bits: int) -> None:
    assert common_range([Extent(3, 2**bits - 1, True)]) == (0, 2**bits - 1)
    assert common_range([Extent(0, 1.0, False)]) == (0, 1)
    assert common_range([Extent(-0.5, 0.5, False)]) == (-1, 1)
    assert common_range([Extent(20.5, 37.25, False)]) == (20.5, 37.25)
    assert common_range([Extent(-0.0001, 1.0, False)]) == (0, 1)
    assert common_range([Extent(-0.05, 1.0, False)]) == (-0.05, 1)


@given(NUMBERS, st.floats(1e-6, 1e6))
def test_a_written_range_reads_all_numbers_of_the_range(low: float, width: float) -> None:
    black, white = map(float, written((low, low + width)))
    assert black < white
    assert not exceeds(Extent(low, low + width, False), (black, white))


@given(st.lists(NUMBERS, min_size=1, max_size=30))
def test_an_extent_knows_its_ends_core_and_bulk(numbers: list[float]) -> None:
    extent = measure_extent(np.array(numbers)[None])
    assert extent is not None
    assert (extent.low, extent.high) == (min(numbers), max(numbers))
    assert extent.core is not None
    assert extent.bulk is not None
    assert {*extent.core} <= {*numbers}
    assert extent.low <= extent.core[0] <= extent.bulk[0] <= extent.bulk[1] <= extent.core[1] <= extent.high


@pytest.mark.parametrize("rows", [16, 1600])
def test_a_core_is_exact_however_large_the_file_is(rows: int) -> None:
    """Percentiles are told from a sample; ends never are."""
    values = np.tile(RAMP * 1000, (rows // 16, 1)).astype(np.int32) + 10
    values[3, 3], values[5, 7], values[7, 5] = -9999, 5, 1200
    extent = measure_extent(values)
    assert extent is not None
    assert (extent.low, extent.high, extent.core) == (-9999, 1200, (5, 1200))


@given(st.lists(st.floats(-(2.0**120), 2.0**120, width=32), min_size=1, max_size=20))
def test_numbers_of_any_size_have_a_range(numbers: list[float]) -> None:
    extent = measure_extent(np.array(numbers, np.float32)[None])
    assert extent is not None
    low, high = common_range([extent])
    assert low < high
    assert not exceeds(extent, (low, high))
