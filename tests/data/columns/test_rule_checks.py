"""Cells that are not what a tasks file says."""

import pandas as pd

from mtlue.data.columns.rule_checks import unknown_cells
from mtlue.data.columns.rules import ColumnRule, TaskRules


def faults(rule: ColumnRule) -> list[str]:
    cells = ["a", "b", "c", None, "?", "c"]
    rows = pd.Series([f"row {i}" for i in range(6)])
    return list(unknown_cells(pd.DataFrame({"x": cells}, dtype=object), TaskRules({"x": rule}), rows))


def test_cells_beside_the_classes_are_named_with_their_rows() -> None:
    (fault,) = faults(ColumnRule("x", classes=("a", "b")))
    assert "labels 'c' (row 2, row 5), '?' (row 4) of task 'x' are unknown (known: a, b)" in fault
    assert faults(ColumnRule("x", classes=("a", "b"), ignore=("c", "?"))) == []


def test_other_rules_say_nothing_about_cells() -> None:
    for rule in (
        ColumnRule("x"),
        ColumnRule("y", classes=("a",)),
        ColumnRule("x", classes=("a",), kind="segmentation"),
        ColumnRule("x", classes=("a",), separator=";"),
    ):
        assert faults(rule) == []
