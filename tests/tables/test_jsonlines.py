"""JSON lines to columns of text."""

import re
from pathlib import Path

import pytest

from mtlue.tables.jsonlines import read_json_lines


def read(folder: Path, text: str) -> dict[str, list[str | None]]:
    (folder / "a.jsonl").write_text(text)
    table = read_json_lines(folder / "a.jsonl")
    return dict(zip(table.names, map(list, table.columns), strict=True))


def test_keys_that_only_some_rows_have_are_missing_elsewhere(tmp_path: Path) -> None:
    text = '{"a": 1.50, "b": ["x", "y"]}\n\n{"c": NaN}\n{"a": 1e3}\n'
    assert read(tmp_path, text) == {"a": ["1.50", None, "1000"], "b": ["x|y", None, None], "c": [None, None, None]}


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("[1]", "not a JSON object"),
        ("1", "not a JSON object"),
        ('{"a": 1', "is not JSON"),
        ('{"a": 1, "a": 2}', "'a' twice"),
        ('{"a": "\\ud800"}', "half a character in 'a'"),
        ('{"a": 1, "b": ["x", "\\ud800"]}', "half a character in 'b'"),
        ('{"a": {"c": "\\ud800"}}', "half a character in 'a'"),
    ],
)
def test_lines_that_cannot_be_read_are_named(text: str, why: str, tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"b": 1}\n' + text + "\n")
    table = read_json_lines(tmp_path / "a.jsonl")
    assert table.lines == [1]
    (fault,) = table.faults
    assert re.fullmatch(f"line 2.*{why}.*", fault)


def test_all_lines_that_cannot_be_read_are_counted(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text("".join(f'{number}\n\n{{"a": {number}}}\n' for number in range(8)))
    table = read_json_lines(tmp_path / "a.jsonl")
    assert table.lines == [3 * number + 3 for number in range(8)]
    assert [fault.split(" is ")[0] for fault in table.faults] == [
        *(f"line {3 * number + 1}" for number in range(5)),
        "3 more lines cannot be read",
    ]
    assert list(table.columns) == [[str(number) for number in range(8)]]


def test_an_array_is_no_table_of_lines(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"line 1.*begins an array"):
        read(tmp_path, "[1]")
