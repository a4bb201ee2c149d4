"""Cells that are not what a tasks file says of their column. Imports no torch."""

from collections.abc import Iterator

import pandas as pd

from mtlue.data.columns.rules import ColumnRule, TaskRules
from mtlue.faults import listed
from mtlue.tables.cells import shown_cell

_SHOWN_ROWS = 3


def unknown_cells(frame: pd.DataFrame, rules: TaskRules, row_names: "pd.Series[str]") -> Iterator[str]:
    """A sentence for each column with cells that are none of the classes that a tasks file names.

    Args:
        frame: columns of text, None where a cell is missing.
        rules: by task name; those of absent columns are passed over.
        row_names: each row in words.
    """
    for task, rule in rules.rules.items():
        if rule.column in frame.columns and _names_classes(rule):
            places = _unknown(frame[rule.column], rule)
            if places:
                yield _fault(task, rule, {cell: list(row_names[rows]) for cell, rows in places.items()})


def _names_classes(rule: ColumnRule) -> bool:
    """Whether every cell must be one of the rule's classes."""
    return bool(rule.classes) and rule.kind in (None, "categorical") and not rule.bins and rule.separator is None


def _unknown(cells: "pd.Series[str]", rule: ColumnRule) -> dict[str, list[int]]:
    """Each unknown cell with its rows."""
    places: dict[str, list[int]] = {}
    for row, cell in cells[cells.notna() & ~cells.isin([*rule.classes, *rule.ignore])].items():
        places.setdefault(cell, []).append(int(str(row)))
    return places


def _fault(task: str, rule: ColumnRule, rows: dict[str, list[str]]) -> str:
    labels = listed([f"'{shown_cell(cell)}' ({listed(names, _SHOWN_ROWS)})" for cell, names in rows.items()])
    noun, verb = ("label", "is") if len(rows) == 1 else ("labels", "are")
    return (
        f"{noun} {labels} of task '{task}' {verb} unknown (known: {', '.join(rule.classes)}): correct the table, leave "
        "cells empty where the label is missing, or name all classes in the tasks file"
    )
