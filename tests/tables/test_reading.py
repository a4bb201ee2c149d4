from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from conftest import save_image
from mtlue import InputError
from mtlue.data.files.folders import locate
from mtlue.faults import FaultsError
from mtlue.tables.reading import read_label_table


def read(tmp_path: Path, text: str, name: str = "labels.csv") -> pd.DataFrame:
    (tmp_path / name).write_text(text, encoding="utf-8")
    return read_label_table(tmp_path / name).frame


@pytest.mark.parametrize(
    "text", ["a,b\n1,x\n", "a;b\n1;x\n", "a\tb\n1\tx\n", "\ufeffa,b\n1,x\n", "a,b,\n1,x,\n", "a,b\r\n1,x\r\n"]
)
def test_separators_marks_and_line_ends(tmp_path: Path, text: str) -> None:
    assert read(tmp_path, text).to_dict("records") == [{"a": "1", "b": "x"}]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a,a\n1,2\n", "labels.csv: 2 columns are named 'a': rename one"),
        ("a,b\n1,2,3\n", "labels.csv: line 2 has 3 cells, the header 2"),
        ("a,b\n\n1,2\n3\n", "line 4 has 1 cell, the header 2"),
        ('a,b\n"1,2\n', "labels.csv: line 2: .* never closed"),
        ("", "cannot be read as a table|no rows"),
    ],
)
def test_broken_tables_are_refused(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read(tmp_path, text)


def test_names_and_rows_are_refused_together(tmp_path: Path) -> None:
    with pytest.raises(FaultsError) as raised:
        read(tmp_path, f"a,a,a,{'n' * 1001},b,b\n1\n1,2,3,4,5,6\n")
    long, triple, double, short = raised.value.faults
    assert "the name of column 4 has 1001 characters" in long
    assert triple.endswith("3 columns are named 'a': rename all but one")
    assert double.endswith("2 columns are named 'b': rename one")
    assert "line 2 has 1 cell, the header 6" in short


def test_typed_cells_become_plain_texts(tmp_path: Path) -> None:
    frame = pd.DataFrame({"count": [1.0, None], "flag": [True, False], "day": [date(2020, 1, 1), None]})
    frame["stamp"] = pd.to_datetime(frame["day"])
    frame.to_parquet(tmp_path / "labels.parquet")
    first, second = read_label_table(tmp_path / "labels.parquet").frame.to_dict("records")
    assert (first["count"], first["flag"]) == ("1", "True")
    assert second == {"count": None, "flag": "False", "day": None, "stamp": None}


def test_line_separators_inside_json_strings_are_text(tmp_path: Path) -> None:
    assert read(tmp_path, '{"a": "one\u2028two"}\n', "labels.jsonl")["a"][0] == "one\u2028two"
    with pytest.raises(InputError, match="line 2 is not a JSON object"):
        read(tmp_path, '{"a": 1}\n[2]\n', "labels.jsonl")


def test_names_are_located_as_tables_write_them(tmp_path: Path) -> None:
    root = tmp_path / "root"
    for name in ("sub/a.png", " lead.png", "1:30.png", "back\\slash.png"):
        save_image(root / name)
    save_image(tmp_path / "outside.png")
    (root / "link.png").symlink_to(tmp_path / "outside.png")
    (root / "up").symlink_to(tmp_path)
    for name in ("sub/a.png", " lead.png", "1:30.png", "back\\slash.png"):
        assert locate(root, name) == (name, "")
    for name in ("sub\\a.png", " sub/a.png ", "./sub/../sub/a.png", str(root / "sub/a.png")):
        assert locate(root, name) == ("sub/a.png", "")
    for name in ("../outside.png", "link.png", "up/outside.png", "/etc/passwd"):
        assert "points outside" in locate(root, name)[1], name
    assert "no such file" in locate(root, "none.png")[1]
    assert "not a valid file name" in locate(root, "x" * 300 + ".png")[1]
