"""Cells that hold lists."""

import pytest

from mtlue.tables.cells import ObjectCellError
from mtlue.tables.lists import joined, note_on_lists, read_lists


def test_parts_are_joined_and_gaps_are_nan_in_vectors_only() -> None:
    assert joined("x", [("a", "b"), (), None]) == (["a|b", "|", None], [])
    assert joined("x", [("1", None), ("2", "3")])[0] == ["1|nan", "2|3"]
    texts, (note,) = joined("x", [("a", None), ("b",)])
    assert texts == ["a", "b"]
    assert "1 list count as no label" in note


def test_a_label_with_the_separator_is_never_cut() -> None:
    with pytest.raises(ObjectCellError, match=r"a\|b"):
        joined("x", [("a|b", "c")])


@pytest.mark.parametrize("cell", ['["a", "b"]', "['a', 'b']", "['a' 'b']"])
def test_lists_of_json_python_and_numpy(cell: str) -> None:
    reading = read_lists("x", [cell, "[]"])
    assert reading is not None
    assert reading.plain[cell] == "a|b"


def test_other_cells_are_no_lists() -> None:
    assert read_lists("x", ["[1, 2]", "[3, 4]"]) is None  # vectors are read as they are
    assert read_lists("x", ["[a", "b"]) is None
    assert read_lists("x", ['["a", "b"]', r'["c", "\ud800"]']) is None  # half a character, which no file can hold
    assert note_on_lists("x", ["a", "b"]) is None
    assert "separator" in (note_on_lists("x", ["oak, ash", "oak, elm", "oak"]) or "")
