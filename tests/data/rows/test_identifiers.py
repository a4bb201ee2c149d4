"""The id of each row."""

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from mtlue import InputError
from mtlue.data.options import DataOptions
from mtlue.data.rows.identifiers import row_ids
from mtlue.data.rows.rows import FILE, ROW, Rows
from mtlue.errors import ways_in
from mtlue.faults import FaultsError


def rows(**columns: list[str | None]) -> Rows:
    count = len(next(iter(columns.values())))
    own = {FILE: [f"{i}.png" for i in range(count)], ROW: [f"row {i + 1}" for i in range(count)]}
    return Rows(pd.DataFrame({**columns, **own}, dtype=object), Path(), "t.csv", image_columns=frozenset({"photo"}))


def test_a_column_of_ids_else_the_path() -> None:
    assert row_ids(rows(x=["a", "b"]), DataOptions("table")) == ["0.png", "1.png"]
    assert row_ids(rows(id=["a", "b"]), DataOptions("table")) == ["a", "b"]
    assert row_ids(rows(id=["a", "a"]), DataOptions("table", id_column="photo")) == ["0.png", "1.png"]
    assert row_ids(rows(x=["a", "b"]), DataOptions("table", id_column="x")) == ["a", "b"]
    with pytest.raises(InputError, match=r"id_column 'y' is not a column of t\.csv"):
        row_ids(rows(x=["a"]), DataOptions("table", id_column="y"))


def test_missing_and_repeated_ids_are_named_together() -> None:
    with pytest.raises(FaultsError) as raised:
        row_ids(rows(id=["a", None, "a", "b", "b", None]), DataOptions("table"))
    missing, repeated = raised.value.faults
    assert "1.png, 5.png have no id" in missing
    assert "id 'a' appears 2 times (row 1, row 3), id 'b' appears 2 times (row 4, row 5)" in repeated
    assert "give each row one of its own, or use the image's path as the id" in repeated
    assert ways_in(repeated) == [{"id_column": "photo"}]


def test_rows_of_one_image_get_no_advice_that_would_repeat_its_id() -> None:
    twice = rows(id=["a", "a", "b"])
    frame = twice.frame.assign(**{FILE: ["0.png", "0.png", "1.png"]})
    with pytest.raises(InputError, match=r"\(row 1, row 2\): keep one of the rows of each image"):
        row_ids(replace(twice, frame=frame), DataOptions("table"))
    with pytest.raises(InputError, match=r"give each row one of its own$"):
        row_ids(replace(twice, frame=frame.assign(id=["a", "b", "b"])), DataOptions("table"))
