"""Rows with ids, splits and rules settled."""

from pathlib import Path

import pandas as pd
import pytest

from mtlue.data.options import DataOptions
from mtlue.data.rows.rows import FILE, ROW, Rows
from mtlue.data.rows.settling import settle
from mtlue.faults import FaultsError

FRAME = pd.DataFrame(
    {
        "id": ["a", "b", "c"],
        "split": ["train", "Testing", "extra"],
        "kind": ["x", "y", "x"],
        FILE: ["0.png", "1.png", "2.png"],
        ROW: ["row 1", "row 2", "row 3"],
    },
    dtype=object,
)


def test_ids_and_splits_are_no_labels() -> None:
    settled = settle(Rows(FRAME, Path(), "t.csv"), DataOptions("table"))
    assert settled.ids == ["a", "b", "c"]
    assert settled.splits == ["train", "test", "extra"]
    assert list(settled.columns) == ["kind"]
    assert any("'extra' (1)" in note for note in settled.split_notes)


def test_a_source_that_knows_splits_is_believed() -> None:
    settled = settle(Rows(FRAME, Path(), "t.csv", splits=["test"] * 3), DataOptions("table"))
    assert settled.splits == ["test"] * 3
    assert list(settled.columns) == ["split", "kind"]


def test_a_column_that_repeats_what_the_source_says_of_splits_is_no_label() -> None:
    settled = settle(Rows(FRAME, Path(), "t.csv", splits=["train", "test", "extra"]), DataOptions("table"))
    assert list(settled.columns) == ["kind"]
    settled = settle(Rows(FRAME, Path(), "t.csv", splits=["train", "test", "other"]), DataOptions("table"))
    assert list(settled.columns) == ["split", "kind"]
    frame = FRAME.assign(split=["train", "Test", "val"])
    settled = settle(Rows(frame, Path(), "t.csv", splits=["train", "test", "val"]), DataOptions("table"))
    assert list(settled.columns) == ["kind"]


def test_rows_without_an_image_are_named_beside_faults() -> None:
    lost = ["row 4 (3.png): there is no such file"]
    settle(Rows(FRAME, Path(), "t.csv", lost=lost), DataOptions("table"))
    with pytest.raises(FaultsError) as raised:
        settle(Rows(FRAME, Path(), "t.csv", lost=lost), DataOptions("table", tasks=["nothing"]))
    said = "1 row has no usable image (row 4 (3.png): there is no such file), which alone would only leave it out"
    assert said in raised.value.faults
