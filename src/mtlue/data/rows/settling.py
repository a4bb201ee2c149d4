"""Rows with their ids, splits and rules settled, and all that is wrong with them in one error. Imports no torch."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from mtlue.data.columns.rule_checks import unknown_cells
from mtlue.data.columns.rules import TaskRules
from mtlue.data.columns.rules_file import read_rules
from mtlue.data.options import DataOptions
from mtlue.data.rows.identifiers import id_column, row_ids
from mtlue.data.rows.rows import OWN, ROW, Rows
from mtlue.data.rows.split_column import (
    SPLIT_COLUMN,
    column_splits,
    hashed_splits,
    more_tests,
    repeats_splits,
    split_advice,
    split_as_asked,
    split_column,
)
from mtlue.faults import Faults, told_first


@dataclass(frozen=True)
class SettledRows:
    """Rows of which only the labels are still to be read.

    Attributes:
        rows: as the source read them.
        ids: each row's id.
        splits: each row's split.
        rules: what the user says about the columns.
        columns: those that may hold labels.
        split_notes: what the owner should know about the splits.
        split_advice: how to get images of an absent split; {} stands for its name.
        more_tests: what would give more test images (:class:`mtlue.data.listing.Listing`).
    """

    rows: Rows
    ids: list[str]
    splits: list[str]
    rules: TaskRules
    columns: pd.DataFrame
    split_notes: Sequence[str]
    split_advice: str
    more_tests: str


def settle(rows: Rows, options: DataOptions, read_labels: bool = True) -> SettledRows:
    """Decide what each row's id and split are, and which columns may hold labels.

    Args:
        rows: as the source read them.
        options: what the user says about them.
        read_labels: whether the tasks are to be found from the columns, so that cells must be what the rules say.

    Raises:
        InputError: columns are absent, ids are missing or repeated, splits cannot be read, or cells are not what the
            rules say: everything at once, each with its rows.
    """
    rows = split_as_asked(rows, options)
    faults = Faults()
    faults.add(*rows.faults)
    special: set[str | None] = set()
    with faults.gathered():
        special.add(id_column(rows, options))
        ids = row_ids(rows, options)
    with faults.gathered():
        column = split_column(rows, options)
        special |= {column, SPLIT_COLUMN if repeats_splits(rows) else None}
        splits, notes = _splits(rows, column, options)
    with faults.gathered():
        rules = read_rules(options.tasks)
        columns = _label_columns(rows, special, rules)
        with faults.gathered():
            rules.of_columns(list(columns.columns), rows.name)
        if read_labels:
            faults.add(*unknown_cells(columns, rules, rows.frame[ROW]))
    with told_first(rows.losses):
        faults.check()
    return SettledRows(
        rows=rows,
        ids=ids,
        splits=hashed_splits(ids, options) if splits is None else splits,
        rules=rules,
        columns=columns,
        split_notes=notes,
        split_advice=split_advice(rows, column),
        more_tests=more_tests(rows, column),
    )


def _splits(rows: Rows, column: str | None, options: DataOptions) -> tuple[list[str] | None, list[str]]:
    """Each row's split where the source or a column says it, and notes on it."""
    if column is not None:
        return column_splits(rows, column)
    return None if rows.splits is None else list(rows.splits), []


def _label_columns(rows: Rows, special: set[str | None], rules: TaskRules) -> pd.DataFrame:
    """The columns that may hold labels: ids and splits may, too, where a rule asks for them."""
    passed = {*OWN, *special} - {rule.column for rule in rules.rules.values()}
    return rows.frame[[name for name in rows.frame.columns if name not in passed]]
