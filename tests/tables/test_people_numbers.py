"""Numbers in tables as people write them."""

import re
from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from people_tables import Mtlue, images, read, write

from conftest import Outcome
from mtlue import Runtime
from mtlue.data.loading import load
from mtlue.data.options import DataOptions
from mtlue.tables.numerals import read_numerals
from mtlue.tables.reading import read_label_table

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
