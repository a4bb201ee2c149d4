"""CSV and TSV to columns of text."""

from pathlib import Path

import pytest

from mtlue.tables.separated import no_header, read_separated


def read(folder: Path, text: str) -> tuple[list[str], list[list[str | None]], str | None]:
    (folder / "a.csv").write_text(text)
    table = read_separated(folder / "a.csv")
    return list(table.names), [list(column) for column in table.columns], table.separator


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_the_separator_is_the_one_that_cuts_all_rows_alike(separator: str, tmp_path: Path) -> None:
    text = "\n".join(separator.join(cells) for cells in (("file", "x"), ("a.png", "1"), ("", ""), ("b.png", "")))
    assert read(tmp_path, text) == (["file", "x"], [["a.png", "b.png"], ["1", ""]], separator)


def test_excels_hint_and_quoted_line_breaks(tmp_path: Path) -> None:
    assert read(tmp_path, 'sep=;\n"a\nb";c\n1;2\n') == (["a\nb", "c"], [["1"], ["2"]], ";")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "it is empty"),
        ("a,b\n1\n", "line 2 has 1 cell"),
        ("a,b\n1,2,3\n", "line 2 has 3 cells"),
        ('a,b\n"1,2\n', "never closed"),
        ("Our labels\nfile,x\n", "does not name the columns"),
        ("0.png,cat\n1.png,dog\n", "names an image"),
    ],
)
def test_what_does_not_fit_is_named_with_its_line(text: str, why: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=why):
        read(tmp_path, text)


def test_an_example_of_a_header_has_as_many_columns_as_it_shows() -> None:
    assert "'file;label1;label2;label3'" in no_header("a.png", 9, ";")
