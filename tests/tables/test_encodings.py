"""The characters of a text file."""

from pathlib import Path

import pytest

from mtlue.tables.encodings import read_text


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_unicode_with_or_without_a_mark(encoding: str, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes("file,größe\n".encode(encoding))
    assert read_text(tmp_path / "a.csv", legacy=False) == ("file,größe\n", ())


def test_windows_1252_only_where_that_is_certain(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes("Größe".encode("cp1252"))
    text, (note,) = read_text(path, legacy=True)
    assert text == "Größe"
    assert "Windows-1252" in note
    path.write_bytes("čeština".encode("cp1250"))
    with pytest.raises(ValueError, match="is not UTF-8"):
        read_text(path, legacy=True)


@pytest.mark.parametrize(
    ("content", "why"),
    [(b"PK\x03\x04", "Excel"), (b"PAR1", "Parquet"), (b"<html>", "web page"), (b"a\0b", "NUL"), (b'[{"a"', "JSON")],
)
def test_other_files_are_named(content: bytes, why: str, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(content)
    with pytest.raises(ValueError, match=why):
        read_text(tmp_path / "a.csv", legacy=True)
