"""Tables as people write them, through the command line: read as they were meant, or refused in a sentence."""

import io
import json
import re
import unicodedata
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from conftest import SHARED, Outcome, read_data, save_image
from mtlue import Runtime
from mtlue.data.loading import Collection, load
from mtlue.data.options import DataOptions
from mtlue.data.rows.elsewhere import note_on_other_readers
from mtlue.tables.cells import READ_AS_MISSING
from mtlue.tables.numerals import read_numerals
from mtlue.tables.raw import MOST_COLUMNS
from mtlue.tables.reading import read_label_table
from mtlue.tasks import Categorical

Mtlue = Callable[..., Outcome]
COUNT = 12
KINDS = ("cat", "dog", "cow")
Form = Literal["NFC", "NFD"]


def write(root: Path, content: str | bytes, name: str = "labels.csv", encoding: str = "utf-8") -> Path:
    (root / name).parent.mkdir(parents=True, exist_ok=True)
    (root / name).write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
    return root / name


def images(root: Path, pattern: str = "{i}.png", count: int = COUNT) -> None:
    for i in range(count):
        save_image(root / pattern.format(i=i), seed=i)


def rows(row: str = "{i}.png,{kind}", header: str = "file,kind", count: int = COUNT) -> str:
    lines = [row.format(i=i, kind=KINDS[i % 3], half="ab"[i % 2]) for i in range(count)]
    return "\n".join([header, *lines, ""])


def save(frame: pd.DataFrame, path: Path) -> None:
    if path.suffix == ".parquet":
        frame.to_parquet(path)
    elif path.suffix == ".jsonl":
        path.write_text("".join(json.dumps(row) + "\n" for row in frame.to_dict("records")))
    else:
        frame.to_csv(path, index=False, sep="\t" if path.suffix == ".tsv" else ",")


def read(root: Path, dataset: str = "table", **options: Any) -> Collection:
    return read_data(dataset, root, **options)


def classes(collection: Collection, task: str) -> tuple[str, ...]:
    (found,) = (one for one in collection.tasks if one.name == task)
    assert isinstance(found, Categorical)
    return found.classes


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


DECIMALS = [f"{i},{i * 7 % 100:02d}" for i in range(20)]
LISTS = ["0,10", "1,12", "3,7", "10,12", "7,10", "3"]


@pytest.mark.parametrize(
    ("cells", "separator", "expected"),
    [
        (["1,5", "2", "3,25"], ";", ["1.5", "2", "3.25"]),
        (["0,5", "12,75"], ";", ["0.5", "12.75"]),
        (["36,5", "37,2", "38,0"], ";", ["36.5", "37.2", "38.0"]),
        (["1.234,5", "12"], ";", ["1234.5", "12"]),
        (["12,345", "1,002", "980"], ",", ["12345", "1002", "980"]),
        ([f"{i},5" for i in range(2, 8)], ";", [f"{i}.5" for i in range(2, 8)]),  # two labels each, never one or three?
        (["1,234,567", "5"], ",", ["1234567", "5"]),
        (["1,234.50", "5.25"], ",", ["1234.50", "5.25"]),
        (["1'234", "12"], ",", ["1234", "12"]),
        (["1\u202f234,5", "12"], ";", ["1234.5", "12"]),
        (DECIMALS, "\t", [cell.replace(",", ".") for cell in DECIMALS]),
        (["-1,5", "2"], "\t", ["-1.5", "2"]),
        *(
            (cells, separator, cells)
            for cells, separator in [
                (["101,205", "101"], ","),
                (["1,100"], ","),
                (["1,5", "2,7"], ","),
                (["1,234", "2,345"], ";"),
                (["1.234", "2.345"], ";"),
                (["a,5", "2,5"], ";"),
                (["1,2", "2,4"], ";"),
                (["1,2", "2,4,5"], ";"),
                (["0,10", "1"], "\t"),
                (LISTS, ";"),
                (LISTS, "\t"),
                (["0,5", "k.A."], ";"),
                (["02100", "1_007", "3E1"], ","),
            ]
        ),
    ],
)
def test_numbers_are_read_as_people_write_them_where_one_reading_is_possible(
    cells: list[str], separator: str, expected: list[str]
) -> None:
    numerals = read_numerals("n", cells, separator)
    assert [numerals.plain.get(cell, cell) for cell in cells] == expected
    assert bool(numerals.plain) <= bool(numerals.reading)
    if not numerals.plain and all(re.fullmatch(r"\d+(,\d+)*", cell) for cell in cells if "," in cell):
        assert ("," in "".join(cells)) == bool(numerals.doubt)


@given(
    st.lists(st.lists(st.integers(0, 30), min_size=1, max_size=3, unique=True).map(sorted), min_size=1, max_size=40),
    st.sampled_from([",", "\t"]),
)
def test_lists_of_labels_in_commas_or_tabs_are_never_changed(lists: list[list[int]], separator: str) -> None:
    cells = {",".join(map(str, labels)) for labels in lists}
    assert not read_numerals("tags", cells, separator).plain


class TestNumbersOfPeople:
    """A column's own text is published where it holds classes, and plain numbers where it is a quantity."""

    def folder(self, root: Path, cells: Sequence[str], separator: str = ";", suffix: str = ".csv") -> None:
        images(root, count=40)
        lines = [f"{i}.png{separator}{cells[i % len(cells)]}" for i in range(40)]
        write(root, "\n".join([f"file{separator}n", *lines]), f"labels{suffix}")

    def inspect(self, mtlue: Mtlue, root: Path, rule: str = "") -> Outcome:
        (root / "tasks.yaml").write_text(f"tasks: {{{rule}}}")
        return mtlue(
            "inspect", "--dataset", "table", "--data", root, *(["--tasks", root / "tasks.yaml"] if rule else [])
        )

    @pytest.mark.parametrize(("separator", "suffix"), [(";", ".csv"), ("\t", ".tsv")])
    def test_lists_stay_lists(self, separator: str, suffix: str, tmp_path: Path, mtlue: Mtlue) -> None:
        self.folder(tmp_path, ["1,2", "2,4", "1,4", "4"], separator, suffix)
        plain = self.inspect(mtlue, tmp_path)
        assert "1,2, 1,4, 2,4, 4" in plain.out
        assert 'n: {separator: ","}' in " ".join(plain.err.split())
        assert "n: {kind: regression}" in " ".join(plain.err.split())
        lists = self.inspect(mtlue, tmp_path, 'n: {separator: ","}')
        assert all(f"n={label}" in lists.out for label in "124")
        numbers = self.inspect(mtlue, tmp_path, "n: {kind: regression}")
        assert "1.2 to 4" in numbers.out

    def test_classes_are_published_as_written_and_quantities_plain(self, tmp_path: Path, mtlue: Mtlue) -> None:
        for name, cells in {"few": ["0,5", "12,75"], "many": [f"{i},{i * 7 % 100:02d}" for i in range(40)]}.items():
            self.folder(tmp_path / name, cells)
            out = tmp_path / f"out-{name}"
            data = ("--dataset", "table", "--data", tmp_path / name)
            done = mtlue("protect", *data, "--out", out, "--method", "lsp-patch")
            assert done.status == 0, done.err
            published = pd.read_csv(out / "release/metadata.csv", dtype=str)
            expected = set(cells) if name == "few" else {cell.replace(",", ".") for cell in cells}
            assert {*published["n"]} == expected
            assert ("commas are read as decimal points" in done.err) == (name == "many")
            assert mtlue("verify", out, "--data", tmp_path / name).status == 0

    @pytest.mark.parametrize(
        ("rule", "shown"),
        [
            ('n: {kind: regression, ignore: [n/a, "k.A."]}', "0.5 to 12.75"),
            ('n: {bins: [6.5], ignore: [n/a, "k.A."]}', "under 6.5, 6.5 and over"),
            ("n: {kind: categorical}", "0,5, 12,75"),
        ],
    )
    def test_words_for_missing_numbers(self, rule: str, shown: str, tmp_path: Path, mtlue: Mtlue) -> None:
        self.folder(tmp_path, ["0,5", "12,75", "7,25", "n/a", "k.A."])
        done = self.inspect(mtlue, tmp_path, rule)
        assert done.status == 0, done.err
        assert shown in done.out
        advised = " ".join(self.inspect(mtlue, tmp_path).err.split()).split("say '")[1].split("' below")[0]
        assert advised == 'n: {kind: regression, ignore: ["k.A.", "n/a"]}'
        assert "0.5 to 12.75" in self.inspect(mtlue, tmp_path, advised).out
        refused = self.inspect(mtlue, tmp_path, "n: {kind: regression}")
        assert "holds 'k.A.'" in " ".join(refused.err.split())

    def test_points_that_may_stand_between_thousands(self, tmp_path: Path, mtlue: Mtlue) -> None:
        self.folder(tmp_path, [*map(str, range(980, 1000)), *(f"1.{i:03d}" for i in range(20))])
        assert "write 1000" in " ".join(self.inspect(mtlue, tmp_path).err.split())


def test_known_tasks_are_read_from_cells_as_they_were_found(tmp_path: Path) -> None:
    images(tmp_path, count=40)
    columns = {
        "price": [f"{i},{i * 7 % 100:02d}" for i in range(40)],
        "half": ["0,5", "12,75"] * 20,
        "tags": ['["a", "b"]', '["b"]'] * 20,
    }
    frame = pd.DataFrame({"file": [f"{i}.png" for i in range(40)], **columns})
    frame.to_csv(tmp_path / "labels.csv", index=False, sep=";")
    found = read(tmp_path)
    assert [task.name for task in found.tasks] == ["price", "half", "tags=a", "tags=b"]
    again = load(DataOptions("table", tmp_path), Runtime("cpu"), found.tasks)
    for name, labels in found.samples.labels.items():
        assert torch.equal(again.samples.labels[name][:], labels[:])
    few = frame.iloc[:2].assign(price=["1,5", "2,7"])  # too few to tell by themselves, but the task says it
    few.to_csv(tmp_path / "labels.csv", index=False, sep=";")
    assert load(DataOptions("table", tmp_path), Runtime("cpu"), found.tasks).samples.labels["price"][:].tolist() == [
        1.5,
        2.7,
    ]


class TestLists:
    """Lists in one cell, as programs and people write them."""

    def outcome(self, mtlue: Mtlue, root: Path, cells: Sequence[str], *extra: object) -> Outcome:
        images(root)
        frame = pd.DataFrame({"file": [f"{i}.png" for i in range(COUNT)], "tags": [*cells] * (COUNT // len(cells))})
        save(frame, root / "labels.csv")
        done = mtlue("inspect", "--dataset", "table", "--data", root, *extra)
        assert done.status == 0, done.err
        return Outcome(done.status, done.out, " ".join(done.err.split()))

    @pytest.mark.parametrize(
        "cells",
        [
            ['["a","b"]', '["b"]', "[]"],
            ["['a', 'b']", "['b']", "['a']"],
            ["['a' 'b']", "['b']", "['a']"],
            ["['a', None, 'b']", "['b']", "['a']"],
            [r"['a', 'b', '\d']", "['b']", "['a']"],
        ],
    )
    def test_lists_of_programs_are_lists(self, cells: Sequence[str], tmp_path: Path, mtlue: Mtlue) -> None:
        done = self.outcome(mtlue, tmp_path, cells)
        assert "tags=a" in done.out
        assert "tags=b" in done.out
        assert ("empty parts of 4 lists count" in done.err) == ("None" in cells[0]) or "1 list" in done.err
        (tmp_path / "tasks.yaml").write_text("tasks: {tags: {kind: categorical}}")
        whole = self.outcome(mtlue, tmp_path, cells, "--tasks", tmp_path / "tasks.yaml")
        assert cells[1] in whole.out

    def test_numbers_of_labels(self, tmp_path: Path, mtlue: Mtlue) -> None:
        assert "tags=10" in self.outcome(mtlue, tmp_path, ["[0, 10]", "[10]", "[0]", "[]"]).out

    def test_labels_with_bars_are_never_cut(self, tmp_path: Path, mtlue: Mtlue) -> None:
        done = self.outcome(mtlue, tmp_path, ['["a|b","c"]', '["c"]'])
        assert "lists whose parts hold '|' ('a|b')" in done.err
        (tmp_path / "labels.csv").unlink()
        lines = [json.dumps({"file": f"{i}.png", "x": "ab"[i % 2], "tags": ["a|b", "c"]}) for i in range(COUNT)]
        write(tmp_path, "\n".join(lines), "labels.jsonl")
        err = " ".join(mtlue("inspect", "--dataset", "table", "--data", tmp_path).err.split())
        assert "column 'tags' of labels.jsonl holds lists whose parts hold '|'" in err

    @pytest.mark.parametrize(
        ("cells", "separator"),
        [
            (["a, b", "b", "a", "b, c", "c", "a, c"], ","),
            (["1, 2", "2", "1", "2, 3"], ","),
            (["#sun #sea", "#sun", "#sea"], " "),
        ],
    )
    def test_lists_of_people_are_pointed_out(
        self, cells: Sequence[str], separator: str, tmp_path: Path, mtlue: Mtlue
    ) -> None:
        done = self.outcome(mtlue, tmp_path, cells)
        advised = done.err.split("hold several labels, say '")[1].split("' below")[0]
        assert advised == f'tags: {{separator: "{separator}"}}'
        (tmp_path / "tasks.yaml").write_text(f"tasks: {{{advised}}}")
        assert f"tags={cells[1]}" in self.outcome(mtlue, tmp_path, cells, "--tasks", tmp_path / "tasks.yaml").out


MISSING: list[object] = [None, float("nan"), "", " ", "nan", "NaN"]
LABELS = ["NA", "None", "null", "N/A", "cat", "0"]


@pytest.mark.parametrize("suffix", [".csv", ".tsv", ".parquet", ".jsonl"])
def test_one_rule_for_missing_values(suffix: str, tmp_path: Path) -> None:
    values = [*MISSING, *LABELS]
    path = tmp_path / f"labels{suffix}"
    frame = pd.DataFrame({"file": [f"{i}.png" for i in range(len(values))], "kind": pd.Series(values, dtype=object)})
    save(frame, path)
    table = read_label_table(path)
    assert list(table.frame["kind"]) == [None] * len(MISSING) + LABELS
    assert any("nan counts as missing in 2 cells" in note for note in table.notes)


def test_words_that_others_read_as_missing_are_those_of_pandas() -> None:
    from pandas._libs.parsers import STR_NA_VALUES

    assert {"", *READ_AS_MISSING} == STR_NA_VALUES


@pytest.mark.parametrize(
    ("names", "noted"),
    [
        (["00000", "00001", "2"], ["00000", "00001"]),
        (["True", "False"], ["False", "True"]),
        (["+5", "3E1", "NA"], ["+5", "3E1", "NA"]),
        (["00000", "a"], []),
        (["True", "no"], []),
        (["1", "2", "-3"], []),
        (["0.5", "1.0"], []),
    ],
)
def test_classes_that_pandas_reads_as_something_else_are_pointed_out(names: list[str], noted: list[str]) -> None:
    notes = note_on_other_readers([Categorical("x", tuple(names)), Categorical("y", ("a", "b"))])
    assert len(notes) == bool(noted)
    for name in names:
        assert (f"'{name}' of task 'x'" in "".join(notes)) == (name in noted)
    assert ("read the column as text (dtype=str)" in "".join(notes)) == bool(noted)
    table = io.StringIO("".join(f"{name}\n" for name in ("x", *names)))
    returned = pd.read_csv(table)["x"].tolist()
    for name, value in zip(names, returned, strict=True):  # what is said is what happens
        assert name not in noted or value != name


def test_folders_named_like_missing_values_come_back_from_a_release(tmp_path: Path, mtlue: Mtlue) -> None:
    for kind in ("nan", "NA", "None", "cat"):
        images(tmp_path / "data" / kind, count=4)
    out = tmp_path / "out"
    outcome = mtlue(
        *("protect", "--dataset", "imagefolder", "--data", tmp_path / "data", "--out", out, "--method", "lsp-patch")
    )
    assert outcome.status == 0, outcome.err
    assert "classes differently: 'NA' of task 'label', 'None' of task 'label', 'nan'" in " ".join(outcome.err.split())
    for dataset in ("table", "imagefolder"):
        collection = read(out / "release", dataset)
        assert classes(collection, "label") == ("NA", "None", "cat", "nan")
        assert int((collection.samples.labels["label"][:] == -1).sum()) == 0


def test_the_remedy_for_a_class_that_means_missing_works(tmp_path: Path, mtlue: Mtlue) -> None:
    images(tmp_path)
    write(tmp_path, rows().replace("cow", "NA"))
    err = mtlue("inspect", "--dataset", "table", "--data", tmp_path).err
    advice = " ".join(err.split()).split("tasks file (")[1].split(")")[0]
    (tmp_path / "tasks.yaml").write_text(advice)
    outcome = mtlue("inspect", "--dataset", "table", "--data", tmp_path, "--tasks", tmp_path / "tasks.yaml")
    assert outcome.status == 0
    assert "cat, dog" in outcome.out


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


class TestNames:
    @pytest.mark.parametrize(
        ("pattern", "row", "header"),
        [
            ("imgs/ISIC_{i:04d}.jpg", "ISIC_{i:04d},{kind}", "image,kind"),
            ("images/1000{i}.jpg", "1000{i},{kind}", "id,kind"),
            ("images/1000{i}.jpg", "1000{i}.jpg,{kind}", "file,kind"),
            ("{i}.JPG", "{i}.jpg,{kind}", "file,kind"),
        ],
    )
    def test_without_suffix_or_folder(self, pattern: str, row: str, header: str, tmp_path: Path) -> None:
        images(tmp_path, pattern)
        write(tmp_path, rows(row, header))
        collection = read(tmp_path)
        assert sorted(collection.files) == sorted(pattern.format(i=i) for i in range(COUNT))
        assert any("differently from its path" in note for note in collection.notes)
        assert not collection.skipped

    @pytest.mark.parametrize(
        "row",
        [
            "https://example.org/pictures/{i}.png?size=large",
            "file:///home/ann/pictures/{i}.png",
            "C:\\Users\\Ann\\{i}.png",
            "/home/ann/pictures/{i}.png",
            "photos/{i}.png",
            "photos/a%20b/{i}.png",
        ],
    )
    def test_paths_of_another_machine(self, row: str, tmp_path: Path, mtlue: Mtlue) -> None:
        images(tmp_path / "photos")
        write(tmp_path / "photos", rows(row + ",{kind}"))
        outcome = mtlue("inspect", "--dataset", "table", "--data", tmp_path / "photos")
        assert outcome.status == 0, outcome.err
        assert "12 rows spell their image differently" in " ".join(outcome.err.split())

    def test_the_longest_end_of_an_address_counts(self, tmp_path: Path) -> None:
        for folder in ("a", "b"):
            images(tmp_path / folder)
        write(tmp_path, rows("https://x.org/y/a/{i}.png,{kind}") + "https://x.org/0.png,cat\n")
        collection = read(tmp_path)
        assert all(file.startswith("a/") for file in collection.files)
        assert any("a/0.png or b/0.png" in one.reason for one in collection.skipped)

    def test_several_files_of_one_name_are_left_out_with_both(self, tmp_path: Path) -> None:
        images(tmp_path, "a/{i}.png")
        images(tmp_path, "b/{i}.png", 1)
        write(tmp_path, rows("{i},{kind}"))
        skipped = {one.name: one.reason for one in read(tmp_path).skipped}
        assert "a/0.png or b/0.png" in skipped["line 2 of labels.csv (0)"]

    def test_masks_of_the_same_names_have_a_way_out_that_works(self, tmp_path: Path, mtlue: Mtlue) -> None:
        images(tmp_path, "images/{i}.jpg")
        images(tmp_path, "masks/{i}.png")
        table = write(tmp_path, rows("{i},{kind}", "id,kind"))
        assert "point --data at one folder" in mtlue("inspect", "--dataset", "table", "--data", tmp_path).err
        outcome = mtlue("inspect", "--dataset", "table", "--data", tmp_path / "images", "--labels", table)
        assert outcome.status == 0

    @pytest.mark.parametrize("on_disk", ["NFC", "NFD"])
    def test_accents_apart_or_in_one(self, on_disk: Form, tmp_path: Path) -> None:
        other: Form = "NFD" if on_disk == "NFC" else "NFC"
        images(tmp_path, unicodedata.normalize("NFC", "ü/") + unicodedata.normalize(on_disk, "é{i}.png"))
        write(tmp_path, rows(unicodedata.normalize("NFD", "ü/") + unicodedata.normalize(other, "é{i}.png") + ",{kind}"))
        assert len(read(tmp_path).listing) == COUNT

    def test_a_table_without_other_columns_has_no_column_to_name(self, tmp_path: Path, mtlue: Mtlue) -> None:
        images(tmp_path)
        write(tmp_path, "file\n0.png\n1.png\n")
        outcome = mtlue("inspect", "--dataset", "table", "--data", tmp_path, "--id-column", "x")
        assert "(columns: none but the image): leave it out" in " ".join(outcome.err.split())

    def test_a_name_never_leads_outside(self, tmp_path: Path) -> None:
        images(tmp_path / "data")
        save_image(tmp_path / "secret.png")
        write(tmp_path / "data", rows() + "../secret.png,cat\n../secret,cat\n")
        reasons = [one.reason for one in read(tmp_path / "data").skipped]
        assert len(reasons) == 2
        assert all("points outside" in reason for reason in reasons)


class TestSplitTable:
    def folder(self, root: Path) -> Path:
        images(root, "images/{i}.jpg")
        write(root, rows("{i},{kind}", "id,kind"), "styles.csv")
        lines = [f"{i},{'test' if i % 4 == 3 else 'train'}" for i in range(COUNT - 1)]
        write(root, "\n".join(["id,split", *lines]), "split.csv")
        return root

    def test_a_second_table_says_the_split(self, tmp_path: Path, mtlue: Mtlue) -> None:
        root = self.folder(tmp_path)
        collection = read(root, labels=Path("styles.csv"), split_table=Path("split.csv"))
        splits = dict(zip(collection.files, collection.splits, strict=True))
        assert splits["images/3.jpg"] == "test"
        assert splits["images/4.jpg"] == "train"
        assert any(one.reason == "split.csv does not name it" for one in collection.skipped)
        outcome = mtlue("inspect", "--dataset", "table", "--data", root, "--labels", "styles.csv")
        assert "not read: split.csv" in outcome.err

    @pytest.mark.skipif(not (SHARED / "fashion").is_dir(), reason="the shared samples are not here")
    def test_a_shop_as_its_owners_publish_it(self) -> None:
        tables = {"labels": Path("styles.csv"), "split_table": Path("split.csv")}
        collection = read(SHARED / "fashion", "table", **tables, size=16, limit_train=20, limit_test=10)
        assert sorted(set(collection.splits)) == ["test", "train"]
        assert {"gender", "season", "usage"} <= {task.name for task in collection.tasks}
        assert any("'10000' for images/10000.jpg" in note for note in collection.notes)

    def test_a_split_table_of_other_words_has_a_way_out_that_works(self, tmp_path: Path, mtlue: Mtlue) -> None:
        root = self.folder(tmp_path)
        write(root, "\n".join(["id,split", *(f"{i},{i % 3}" for i in range(COUNT))]), "split.csv")
        base = ("inspect", "--dataset", "table", "--data", root, "--labels", "styles.csv")
        refused = mtlue(*base, "--split-table", "split.csv")
        assert refused.status == 2
        assert "leave out --split-table" in " ".join(refused.err.split())
        assert "--split-column none" not in " ".join(refused.err.split())
        assert mtlue(*base).status == 0

    def test_without_options_both_are_named(self, tmp_path: Path, mtlue: Mtlue) -> None:
        outcome = mtlue("inspect", "--dataset", "table", "--data", self.folder(tmp_path))
        assert outcome.status == 2
        assert "--labels" in outcome.err
        assert "--split-table" in outcome.err


class TestMetadata:
    @pytest.mark.parametrize("dataset", ["table", "imagefolder"])
    @pytest.mark.parametrize("suffix", [".csv", ".jsonl", ".parquet"])
    @pytest.mark.parametrize("folders", [("train", "test"), ("data/train", "data/test"), ("a/b", "c"), ("data",)])
    def test_in_any_folder_names_the_images_below_it(
        self, folders: tuple[str, ...], suffix: str, dataset: str, tmp_path: Path
    ) -> None:
        for folder in folders:
            images(tmp_path / folder, "sub/{i}.png")
            frame = pd.DataFrame({"file_name": [f"sub/{i}.png" for i in range(COUNT)], "kind": [*KINDS] * 4})
            path = tmp_path / folder / f"metadata{suffix}"
            save(frame, path)
        collection = read(tmp_path, dataset)
        assert classes(collection, "kind") == ("cat", "cow", "dog")
        assert len(collection.listing) == COUNT * len(folders)
        if "train" in folders[0]:
            folder_of = dict(zip(collection.files, collection.splits, strict=True))
            assert all(("train" in file) == (split == "train") for file, split in folder_of.items())

    def test_columns_that_only_some_tables_have_are_missing_elsewhere(self, tmp_path: Path) -> None:
        for folder, header in (("train", "file_name,kind"), ("test", "file_name,tone")):
            images(tmp_path / folder)
            write(tmp_path / folder, rows("{i}.png,{kind}", header), "metadata.csv")
        collection = read(tmp_path)
        missing = {name: int((labels[:] == -1).sum()) for name, labels in collection.samples.labels.items()}
        assert missing == {"kind": COUNT, "tone": COUNT}

    def test_tables_that_are_not_read_are_named(self, tmp_path: Path, mtlue: Mtlue) -> None:
        for kind in KINDS:
            images(tmp_path / kind, count=4)
        write(tmp_path, rows("cat/{i}.png,{half}", count=4), "extra.csv")
        outcome = mtlue("inspect", "--dataset", "imagefolder", "--data", tmp_path)
        assert "not read: extra.csv" in outcome.err
        advised = mtlue("inspect", "--dataset", "table", "--data", tmp_path, "--labels", "extra.csv")
        assert "a, b" in advised.out

    def test_class_folders_beside_metadata_are_pointed_out(self, tmp_path: Path) -> None:
        for kind in ("cats", "dogs"):
            images(tmp_path / kind)
            write(tmp_path / kind, rows("{i}.png,{half}", "file_name,tone"), "metadata.csv")
        assert any("not taken for classes" in note for note in read(tmp_path, "imagefolder").notes)


def test_numbers_in_json_keep_their_digits_and_objects_are_left_out(tmp_path: Path) -> None:
    lines = [
        '{"file":"0.png","id":123456789012345678901,"x":0.10,"whole":2.0,"e":1e3,"boxes":[{"x":1}]}',
        '{"file":"1.png","id":123456789012345678902,"x":0.25,"whole":3,"e":5,"boxes":[]}',
    ]
    table = read_label_table(write(tmp_path, "\n".join(lines), "labels.jsonl"))
    assert table.frame.iloc[0].to_dict() == {
        "file": "0.png",
        "id": "123456789012345678901",
        "x": "0.10",
        "whole": "2",
        "e": "1000",
    }
    assert table.notes == ("column 'boxes' of labels.jsonl holds objects (line 1), not labels: it is left out",)


def test_a_mask_of_two_images_is_pointed_out(tmp_path: Path, mtlue: Mtlue) -> None:
    images(tmp_path)
    for i in range(2):
        values = np.random.default_rng(i).integers(0, 3, (20, 24), dtype=np.uint8)
        Image.fromarray(values).save(tmp_path / f"m{i}.png")
    write(tmp_path, rows("{i}.png,m{i}.png", "file,mask", 2) + "2.png,m0.png\n")
    outcome = mtlue("inspect", "--dataset", "table", "--data", tmp_path)
    assert "1 label file belongs to several images, such as m0.png (2 images)" in " ".join(outcome.err.split())
