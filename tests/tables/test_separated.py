"""CSV and TSV to columns of text."""

from pathlib import Path

import pytest

from mtlue.tables.separated import no_header, read_separated


def read(folder: Path, text: str) -> tuple[list[str], list[list[str | None]], str | None]:
    (folder / "a.csv").write_text(text)
    table = read_separated(folder / "a.csv")
    if table.faults:
        raise ValueError("; ".join(table.faults))
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


def test_rows_that_do_not_fit_are_named_together_and_the_others_stay(tmp_path: Path) -> None:
    lines = ["a,b", "1,2", *["3"] * 7, "4,5,6", '"7\n7",8', "9,10", '"11,12']
    (tmp_path / "a.csv").write_text("\n".join(lines))
    table = read_separated(tmp_path / "a.csv")
    assert list(table.columns) == [["1", "7\n7", "9"], ["2", "8", "10"]]
    assert table.lines == [2, 11, 13]
    short, long, unclosed = table.faults
    assert short.startswith("line 3 has 1 cell, line 4 has 1 cell, line 5 has 1 cell, line 6 has 1 cell, line 7 has 1 ")
    assert "cell and 2 more, the header 2: correct the rows" in short
    assert long.startswith("line 10 has 3 cells, the header 2: put quotes")
    assert unclosed.startswith("line 14: a cell begins with a quote")


@pytest.mark.parametrize(("text", "lines"), [("sep=;\na;b\n\n1;2\n", [4]), ("a,b\r\n1,2\r3,4\n", [2, 3])])
def test_lines_are_counted_as_an_editor_does(text: str, lines: list[int], tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(text.encode())
    assert read_separated(tmp_path / "a.csv").lines == lines


def test_an_example_of_a_header_has_as_many_columns_as_it_shows() -> None:
    assert "'file;label1;label2;label3'" in no_header("a.png", 9, ";")


@pytest.mark.parametrize("name", ["colour.rgb", "model.fit", "is.bw", " shade.PNG "])
def test_a_name_of_a_column_may_end_like_that_of_an_image(tmp_path: Path, name: str) -> None:
    path = tmp_path / "labels.csv"
    path.write_text(f"file,{name}\na.png,1\nb.png,\n")
    assert read_separated(path).names == ["file", name]
    path.write_text(f"{name},1\nb.png,2\nc.png,\n")
    with pytest.raises(ValueError, match=f"names an image .'{name.strip()}'"):
        read_separated(path)


def test_in_a_release_every_space_belongs_to_a_cell(tmp_path: Path) -> None:
    text = 'file_name,kind\na.png, a\nb.png,"b, ""x"""\n'
    assert read(tmp_path, text)[1] == [["a.png", "b.png"], ["a", 'b, "x"']]
    (tmp_path / "manifest.json").write_text('{"tool": "mtlue"}')
    assert read(tmp_path, text)[1] == [["a.png", "b.png"], [" a", 'b, "x"']]
