"""Cells that hold several labels."""

import re
from pathlib import Path

import pandas as pd
import pytest
from columns_of_cells import rules

from mtlue.data.columns.discovery import find_tasks
from mtlue.data.columns.known import columns_for
from mtlue.data.columns.quantities import numbers_per_cell
from mtlue.data.columns.rules_file import read_rules
from mtlue.data.columns.several import SeveralLabels
from mtlue.tables.column_cells import ColumnCells, split_cell


def test_each_label_is_a_column_of_yes_and_no() -> None:
    several = SeveralLabels(pd.Series(["a; b", "b", None, ";"], index=[4, 5, 6, 7], dtype=object), ";")
    assert several.labels == ["a", "b"]
    assert several.yes_or_no("a").to_dict() == {4: "yes", 5: "no", 6: None, 7: "no"}
    assert several.yes_or_no("c").tolist() == ["no", "no", None, "no"]


@pytest.mark.parametrize(
    ("cells", "size"),
    [
        (["1|2|2", "0|1|1"], 3),
        (["[0.5, 1.5]", "[1, 2]"], 2),
        (["(1 2)", "(2 2)"], 2),
        (["0.5;1", "1;2"], 2),
        (["1|2", "2|1"], 0),
        ([f"{i}|{i + 1}" for i in range(20)], 0),
        ([f"{i + 1}|{i}" for i in range(20)], 2),
        (["1|nan", "2|1.5"], 2),
        (["1|2|2", "0|1"], 0),
        (["a|b", "b"], 0),
        (["[5]", "[5.5]"], 0),
        (["1 2.5", "2 3"], 0),
        (["2020|01|01"], 0),
    ],
)
def test_cells_of_several_numbers_are_told_from_labels(cells: list[str], size: int) -> None:
    assert numbers_per_cell(ColumnCells.of(pd.Series(cells, dtype=object))) == size


def test_a_hint_says_which_way_cells_of_several_labels_went(tmp_path: Path) -> None:
    frame = pd.DataFrame({"few": ["x"] * 8 + ["x|y", "z"], "names": ["Smith; John", "Doe; Ann"] * 5}, dtype=object)
    result = find_tasks(frame, read_rules(None), "the table")
    assert [task.name for task in result.tasks] == ["few=x", "few=y", "few=z", "names"]
    few, names = result.notes
    assert "1 of 10 cells hold '|', as in 'x|y'" in few
    assert "10 of 10 cells hold ';', as in 'Smith; John'" in names
    for note, tasks in ((few, ["few", "names"]), (names, ["names=Ann", "names=Doe", "names=John", "names=Smith"])):
        advice = re.search(r"say '(.*)' below", note)
        assert advice is not None
        told = rules(tmp_path, f"tasks:\n  {advice[1]}\n")
        assert set(tasks) <= {task.name for task in find_tasks(frame, read_rules(told), "the table").tasks}


def test_several_labels_in_a_cell_become_yes_and_no() -> None:
    frame = pd.DataFrame({"x": ["cat|dog", "dog", None]}, dtype=object)
    columns = find_tasks(frame, read_rules(None), "the table").columns
    assert columns["x=cat"].tolist()[:2] == ["yes", "no"]
    assert columns["x=cat"].isna().tolist() == [False, False, True]


def test_cells_of_several_labels_are_split_once_however_many_labels_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    split: list[str] = []

    def counted(cell: str, separator: str) -> list[str]:
        split.append(cell)
        return split_cell(cell, separator)

    monkeypatch.setattr("mtlue.data.columns.several.split_cell", counted)
    cells = [f"t{i % 7}|t{i % 11}" for i in range(77)]
    column = pd.Series([*cells, None, *cells], dtype=object)
    several = SeveralLabels(column, "|")
    answers = {label: several.yes_or_no(label).tolist() for label in several.labels}
    assert len(split) == len(set(cells))
    for label, its in answers.items():
        assert its == [None if cell is None else "yes" if label in cell.split("|") else "no" for cell in column]


@pytest.mark.parametrize(
    ("name", "cells"),
    [("a=b", ["x|y", "x", "y", "x|y"]), ("a", ["b=x|y", "b=x", "y", "y|b=x"]), ("=", ["=|x", "=", "x", "x|="])],
)
def test_columns_and_labels_may_hold_the_sign_between_them(name: str, cells: list[str]) -> None:
    frame = pd.DataFrame({name: cells, "a=": ["p", "q", "p", "q"]}, dtype=object)
    discovery = find_tasks(frame, read_rules(None), "the table")
    assert len(discovery.tasks) == 3
    again = columns_for(frame, discovery.tasks, read_rules(None), "the table")
    pd.testing.assert_frame_equal(again, discovery.columns, check_like=True)
