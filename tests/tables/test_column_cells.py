"""The cells of one column, counted."""

import math

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mtlue.tables.column_cells import ColumnCells, found_separator, is_number, means_number, ordered, usual_separator


def test_cells_are_counted_in_the_order_of_their_first_row() -> None:
    cells = ColumnCells.of(pd.Series(["b", None, "a", "b"], dtype=object))
    assert dict(cells.counts) == {"b": 2, "a": 1}
    assert (cells.rows, cells.first_text, cells.share_in(2)) == (3, "b", 0.5)


@pytest.mark.parametrize(
    ("text", "plain"), [("1", True), ("-0.5", True), ("007", False), ("+5", False), ("3E1", False)]
)
def test_codes_are_no_numbers_though_they_could_be_read_as_such(text: str, plain: bool) -> None:
    assert is_number(text) == plain
    assert means_number(text)


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False).map(repr), min_size=1))
def test_numbers_sort_as_numbers(texts: list[str]) -> None:
    values = list(map(float, ordered(texts)))
    assert values == sorted(values) or not all(map(is_number, texts))
    assert not means_number(f"{math.inf}")


def test_a_separator_makes_fewer_labels_than_cells() -> None:
    assert found_separator(["a|b", "b|c", "a"]) == "|"
    assert found_separator(["a|b", "c|d", "e|f"]) is None
    assert usual_separator(["a;b"]) == ";"
