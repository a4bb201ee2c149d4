"""A release's tables read back cell for cell, by pandas and by Python's csv."""

import csv
import io
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conftest import Outcome, save_image
from mtlue.release.table_files import write_table

ODD = ("\r", "\n", "\r\n", "\t", "\x0b", "\x0c", "\x1c", "\x85", "\u2028", '"', ",", " ", "'", ";", "\\")
CELLS = st.lists(st.sampled_from(["", "a", "ü", *ODD]), max_size=4).map("".join)


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("tables") / "table.csv"


@settings(deadline=None, max_examples=100)
@given(st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=5))
def test_cells_read_back_as_they_were(path: Path, rows: list[tuple[str, str]]) -> None:
    write_table(path, dict(zip(("first", "second\r"), map(list, zip(*rows, strict=True)), strict=True)))
    text = path.read_bytes().decode()
    table = pd.read_csv(path, dtype=str, keep_default_na=False)
    assert list(table.itertuples(index=False, name=None)) == rows
    assert list(map(tuple, csv.reader(io.StringIO(text, newline=""), strict=True))) == [("first", "second\r"), *rows]


@settings(deadline=None, max_examples=50)
@given(st.lists(CELLS.filter(lambda cell: "\r" not in cell), min_size=1, max_size=5))
def test_ordinary_tables_are_those_that_pandas_writes(path: Path, cells: list[str]) -> None:
    write_table(path, {"id": cells, "label": cells})
    expected = pd.DataFrame({"id": cells, "label": cells}).to_csv(index=False, lineterminator="\n")
    assert path.read_bytes().decode() == expected


@pytest.mark.parametrize("layout", ["folders", "table"])
def test_labels_and_names_with_any_character_are_released(
    mtlue: Callable[..., Outcome], tmp_path: Path, layout: str
) -> None:
    data, out = tmp_path / "data", tmp_path / "out"
    labels = [f"a{odd}b" for odd in ODD for _ in range(2)]
    names = [f"{label}/{i}\r.png" if layout == "folders" else f"{i}.png" for i, label in enumerate(labels)]
    for i, name in enumerate(names):
        save_image(data / name, (16, 16), seed=i)
    if layout == "table":
        with (data / "labels.csv").open("w", newline="", encoding="utf-8") as stream:
            writer = csv.writer(stream, quoting=csv.QUOTE_ALL)
            writer.writerows([("file", "label"), *zip(names, labels, strict=True)])
    source = ("--dataset", "imagefolder" if layout == "folders" else "table", "--data", data)
    done = mtlue("protect", *source, "--out", out, "--method", "lsp-patch", "--test-fraction", 0)
    assert done.status == 0, done.err
    assert mtlue("verify", out, *source).status == 0
    table = pd.read_csv(out / "release/metadata.csv", dtype=str, keep_default_na=False)
    assert dict(zip(table["id"], table["label"], strict=True)) == dict(zip(names, labels, strict=True))
