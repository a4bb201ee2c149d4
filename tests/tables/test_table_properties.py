"""Whatever texts a table holds, and in whichever form it is written, they are read as they are."""

import csv
import io
import json
import tempfile
from pathlib import Path

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from mtlue.tables.cells import MISSING_WORDS
from mtlue.tables.reading import read_label_table

_TEXT = st.text(st.characters(exclude_categories=("Cs", "Cc", "Nd")), max_size=12)
_CELL = st.one_of(st.none(), _TEXT, st.text(",;|\t\"' \nab", max_size=8), st.sampled_from(["nan", "NA", " ", "None"]))
_NAME = st.text(st.sampled_from("abcXYZ,;|\"' é"), min_size=1, max_size=8).filter(lambda name: name.strip() != "")


@st.composite
def tables(draw: st.DrawFn) -> pd.DataFrame:
    names = draw(st.lists(_NAME, min_size=2, max_size=4, unique_by=str.strip))
    count = draw(st.integers(1, 5))
    columns = {name: draw(st.lists(_CELL, min_size=count, max_size=count)) for name in names}
    columns[names[0]] = [f"{i}x" for i in range(count)]  # a row of empty cells alone is none
    return pd.DataFrame(columns, dtype=object)


def expected(frame: pd.DataFrame) -> list[list[str | None]]:
    def kept(cell: str | None) -> str | None:
        return None if cell is None or not cell.strip() or cell.strip() in MISSING_WORDS else cell

    return [[kept(cell) for cell in frame[name]] for name in frame.columns]


def read(content: bytes, suffix: str) -> list[list[str | None]]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, f"labels{suffix}")
        path.write_bytes(content)
        frame = read_label_table(path).frame
    return [list(frame.iloc[:, number]) for number in range(frame.shape[1])]


@settings(max_examples=150, deadline=None)
@given(tables(), st.sampled_from(",;\t|"), st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]))
def test_separated(frame: pd.DataFrame, separator: str, encoding: str) -> None:
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, delimiter=separator, quoting=csv.QUOTE_ALL)
    writer.writerows([list(frame.columns), *([cell or "" for cell in row] for row in frame.to_numpy().tolist())])
    assert read(stream.getvalue().encode(encoding), ".csv") == expected(frame)


@settings(max_examples=100, deadline=None)
@given(tables())
def test_json_lines_and_parquet(frame: pd.DataFrame) -> None:
    lines = "".join(json.dumps(row) + "\n" for row in frame.to_dict("records"))
    assert read(lines.encode(), ".jsonl") == expected(frame)
    stream = io.BytesIO()
    frame.to_parquet(stream)
    assert read(stream.getvalue(), ".parquet") == expected(frame)
