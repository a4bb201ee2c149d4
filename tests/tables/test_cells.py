"""One cell as text."""

import math
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from mtlue.tables.cells import ObjectCellError, cell_of, cell_text, cells_of, is_release, shown_cell


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (3.0, "3"),
        (0.5, "0.5"),
        (1e22, "1e+22"),
        (True, "True"),
        (7, "7"),
        (Decimal("1.50"), "1.50"),
        (date(2020, 1, 2), "2020-01-02"),
        (b"\xc3\xa4", "ä"),
        (" ", None),
        ("NA", "NA"),
        (None, None),
        (math.nan, None),
    ],
)
def test_values_keep_what_they_say(value: object, text: str | None) -> None:
    assert cell_text(value) == text


@pytest.mark.parametrize("value", [{"a": 1}, b"\xff\xfe\x00"])
def test_objects_are_no_cells(value: object) -> None:
    with pytest.raises(ObjectCellError):
        cell_text(value)


def test_lists_are_tuples_of_cells_and_equal_cells_are_one_object() -> None:
    assert cell_of([1, None, "a"]) == ("1", None, "a")
    first, second = cells_of(["ab"[:1] + "c", "".join(["a", "c"])])
    assert first is second


def test_long_texts_are_cut_and_releases_known_by_their_manifest(tmp_path: Path) -> None:
    assert shown_cell("x" * 101) == "x" * 100 + "..."
    assert not is_release(tmp_path / "metadata.csv")
    (tmp_path / "manifest.json").write_text('{"tool": "mtlue"}')
    assert is_release(tmp_path / "metadata.csv")
