"""Tables as people write them, through the command line: read as they were meant, or refused in a sentence."""

from pathlib import Path

import pandas as pd
import pytest
from people_tables import COUNT, Mtlue, classes, images, read, rows, write

from mtlue.tables.raw import MOST_COLUMNS

REFUSED: dict[str, tuple[str, str | bytes, str]] = {
    "half a character": ("labels.jsonl", '{"file":"0.png"}\n{"file":"1.png","kind":"\\ud83d"}\n', "line 2 .*half"),
    "deep": ("labels.jsonl", '{"file":' + "[" * 100_000 + "]" * 100_000 + "}\n", "line 1 .*too deeply"),
    "no object": ("labels.jsonl", "1\n", "line 1 is not a JSON object"),
    "an array": ("labels.jsonl", '[{"file": "0.png"}]', "begins an array: write each of its objects on a line"),
    "JSON": ("labels.csv", '{"file": "0.png", "kind": "cat"}', "JSON: .*[.]jsonl"),
    "a name twice": ("labels.jsonl", '{"file":"0.png","a":1,"a":2}\n', "line 1 .*'a' twice"),
    "no JSON": ("labels.jsonl", '{"file":"0.png"}\n{"file": oops}\n', "line 2 is not JSON"),
    "cp1252 in JSON": ("labels.jsonl", '{"file":"é"}'.encode("cp1252"), "line 1 .*save it as UTF-8"),
    "long name": ("labels.csv", rows(header="file," + "k" * 140_000), "column 2 has 140000 characters"),
    "no header": ("labels.csv", rows().split("\n", 1)[1], "line 1 names an image .*write a first line"),
    "workbook": ("labels.csv", b"PK\x03\x04" + bytes(50), "Excel workbook.*save it as CSV UTF-8"),
    "web page": ("labels.csv", "\n<!DOCTYPE html><html>", "web page"),
    "pointer": ("labels.csv", "version https://git-lfs.github.com/spec/v1\n", "git lfs pull"),
    "Polish": ("labels.csv", rows().replace("cat", "Łódź").encode("cp1250"), "line 2 .*save it as CSV UTF-8"),
    "Russian": ("labels.csv", rows().replace("cat", "кошка").encode("cp1251"), "line 2 .*save it as CSV UTF-8"),
    "Turkish": ("labels.csv", rows().replace("cat", "kırmızı").encode("cp1254"), "line 2 .*save it as CSV UTF-8"),
    "Czech": ("labels.csv", rows().replace("dog", "černý").encode("cp1250"), "line 3 .*save it as CSV UTF-8"),
    "Gdańsk": ("labels.csv", rows().replace("dog", "Gdańsk").encode("cp1250"), "line 3 .*save it as CSV UTF-8"),
    "Lithuanian": ("labels.csv", rows().replace("dog", "žalia").encode("cp1257"), "line 3 .*save it as CSV UTF-8"),
    "UTF-16 with umlauts": ("labels.csv", rows().replace("dog", "Bär").encode("utf-16-le"), "NUL .*CSV UTF-8"),
    "UTF-16 without a mark": ("labels.csv", rows().encode("utf-16-le"), "NUL .*save it as CSV UTF-8"),
    "quote": ("labels.csv", rows().replace("3.png", '"3.png'), "line 5: .*never closed"),
    "more cells": ("labels.csv", rows().replace("3.png", "3.png,x"), "line 5 has 3 cells, the header 2"),
    "wide": ("labels.csv", "file" + ",x" * 100_000 + "\n", f"100001 columns, and at most {MOST_COLUMNS} are read"),
    "not Parquet": ("labels.parquet", b"PAR1" + bytes(60) + b"PAR1", "not a Parquet file, or damaged"),
    "split of another meaning": ("labels.csv", rows("{i}.png,{kind},banana", "file,kind,split"), "--split-column none"),
    "ids that repeat": ("labels.csv", rows("{i}.png,{kind},{half}", "file,kind,id"), "--id-column file"),
    "no header, stems": (
        "labels.csv",
        "0,mel\n" + rows("{i},{kind}").split("\n", 2)[2],
        "names an image .'0'.*file,label1",
    ),
    "a comment": ("labels.csv", "# made by hand\n" + rows(), "line 1 .'# made by hand'.*title or a comment"),
    "a comment of two": ("labels.csv", "# by hand, 2024\n" + rows(), "line 1 .'# by hand'.*title or a comment"),
    "a comment of three": ("labels.csv", "# by hand, in May, 2024\n" + rows(), "line 1 .'# by hand'.*a comment"),
    "a title": ("labels.csv", "Animals,,\n" + rows("{i}.png,{kind},{half}", "file,kind,half"), "'Animals'.*title"),
    "a table below": ("sub/labels.csv", rows(), "none there, but sub/labels.csv: name it with --labels"),
    "a long cell": ("labels.csv", "file,kind\n" + "9" * 5000 + ".png,cat\n", "9{100}[.]{3}"),
    "no columns": ("labels.csv", "file\n0.png\n1.png\n", "no column of labels"),
    "a comma of either kind": ("labels.csv", rows("{i}.png;1{i},100", "file;age"), "decimal or a thousands comma"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_read_is_refused_with_its_place_and_a_remedy(case: str, tmp_path: Path, mtlue: Mtlue) -> None:
    name, content, message = REFUSED[case]
    images(tmp_path)
    write(tmp_path, content, name)
    outcome = mtlue("inspect", "--dataset", "table", "--data", tmp_path)
    assert outcome.status == 2
    assert len(outcome.err) < 800
    assert pd.Series([outcome.err]).str.contains(message, regex=True).all(), outcome.err


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        (rows(), "utf-8-sig"),
        (rows(), "utf-16"),
        (rows().replace(",", "\t"), "utf-16"),
        ("sep=;\n" + rows("{i}.png;{kind}", "file;kind"), "utf-8-sig"),
        (rows('"{i}.png", "{kind}"', "file, kind"), "utf-8"),
        (rows("{i}.png,{kind}", 'file,"kind"'), "utf-8"),
        (rows(header=",kind"), "utf-8"),
        (rows() + ",\n , \n", "utf-8"),
        (rows("{i},{i}.png,{kind},x", ",file,kind,"), "utf-8"),
    ],
)
def test_separators_encodings_and_columns_without_names(content: str, encoding: str, tmp_path: Path) -> None:
    images(tmp_path)
    write(tmp_path, content, encoding=encoding)
    collection = read(tmp_path)
    assert [task.name for task in collection.tasks] == ["kind"]
    assert classes(collection, "kind") == ("cat", "cow", "dog")
    assert len(collection.listing) == COUNT
    assert not collection.skipped


def test_western_letters_of_windows_are_read_with_a_note(tmp_path: Path, mtlue: Mtlue) -> None:
    images(tmp_path)
    write(tmp_path, rows().replace("cat", "niño").replace("dog", "Größe").replace("cow", "cão"), encoding="cp1252")
    outcome = mtlue("inspect", "--dataset", "table", "--data", tmp_path)
    assert "Größe, cão, niño" in outcome.out
    assert "Windows-1252" in outcome.err
    assert "CSV UTF-8" in outcome.err


@pytest.mark.parametrize(
    ("header", "name"), [('file,"kind\nof animal"', "kind of animal"), ('file,"a; b; c; d"', "a; b; c; d")]
)
def test_headers_in_quotes(header: str, name: str, tmp_path: Path) -> None:
    images(tmp_path)
    write(tmp_path, rows(header=header))
    assert [task.name for task in read(tmp_path).tasks] == [name]


def test_ids_and_splits_of_other_meaning_have_a_way_out_that_works(tmp_path: Path, mtlue: Mtlue) -> None:
    images(tmp_path)
    write(tmp_path, rows("{i}.png,{kind},{half},banana {half}", "picture,kind,id,split"))
    base = ("inspect", "--dataset", "table", "--data", tmp_path)
    first = mtlue(*base)
    assert "--id-column picture" in first.err
    second = mtlue(*base, "--id-column", "picture")
    assert "--split-column none" in second.err
    third = mtlue(*base, "--id-column", "picture", "--split-column", "none")
    assert third.status == 0, third.err
    assert "column 'id' is not protected" in third.err
    assert "column 'split' is not protected" in third.err
    rules = "{tasks: {id_label: {column: id}, split_label: {column: split}}}"
    (tmp_path / "tasks.yaml").write_text(rules)
    fourth = mtlue(*base, "--id-column", "picture", "--split-column", "none", "--tasks", tmp_path / "tasks.yaml")
    assert fourth.status == 0, fourth.err
    assert "banana a, banana b" in fourth.out


def test_the_header_that_is_advised_works(tmp_path: Path, mtlue: Mtlue) -> None:
    images(tmp_path)
    lines = rows("{i}.png,{kind},{half}").split("\n", 1)[1]
    write(tmp_path, lines)
    base = ("inspect", "--dataset", "table", "--data", tmp_path)
    advised = mtlue(*base).err.split("such as '")[1].split("'")[0]
    write(tmp_path, f"{advised}\n{lines}")
    assert mtlue(*base).status == 0


@pytest.mark.parametrize("newline", ["\r", "\r\n"])
def test_line_ends_of_other_systems(newline: str, tmp_path: Path) -> None:
    images(tmp_path)
    write(tmp_path, rows().replace("\n", newline))
    assert len(read(tmp_path).listing) == COUNT
