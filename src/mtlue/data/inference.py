"""Tasks from a table's columns: which columns hold classes, and which classes."""

import math
from collections.abc import Sequence

import pandas as pd

from mtlue.errors import InputError
from mtlue.tasks import Categorical, Task

RESERVED = ("file_name", "id", "split")
"""Columns of a release's own table: no task may be called so."""
MOST_NUMBER_CLASSES = 50
MOST_TEXT_CLASSES = 1000


def chosen_tasks(frame: pd.DataFrame, names: Sequence[str], table: str) -> tuple[Task, ...]:
    """Tasks of the columns that the user named.

    Args:
        frame: columns of strings, None where missing.
        names: columns to protect.
        table: what the table is called in errors.

    Raises:
        InputError: a column is absent, or does not hold two classes.
    """
    tasks = []
    for name in names:
        if name not in frame.columns:
            raise InputError(f"--tasks '{name}' is not a column of {table} (columns: {', '.join(frame.columns)})")
        if name in RESERVED:
            raise InputError(f"a task cannot be called '{name}': a release's table uses that name; rename the column")
        classes = _ordered_classes(frame[name])
        if len(classes) < 2:
            raise InputError(f"column '{name}' of {table} {_too_few(classes)}: a task needs two classes or more")
        tasks.append(Categorical(name, tuple(classes)))
    return tuple(tasks)


def found_tasks(frame: pd.DataFrame, table: str) -> tuple[tuple[Task, ...], list[str]]:
    """Tasks of every column that holds classes, and a note on every other one.

    Raises:
        InputError: no column holds classes.
    """
    tasks: list[Task] = []
    notes: list[str] = []
    for name in (name for name in frame.columns if name not in RESERVED):
        classes = _ordered_classes(frame[name])
        fault = _fault(classes, int(frame[name].notna().sum()))
        if fault is None:
            tasks.append(Categorical(name, tuple(classes)))
        else:
            notes.append(f"column '{name}' {fault}: it is not protected")
    if not tasks:
        raise InputError(
            f"{table} has no column of classes to protect (columns: {', '.join(frame.columns) or 'none but the image'})"
            + "".join(f"; {note}" for note in notes)
        )
    return tuple(tasks), notes


def _ordered_classes(column: "pd.Series[str]") -> list[str]:
    """The different values: by number where all are numbers, else by text."""
    values = [str(value) for value in column.dropna().unique()]
    return sorted(values, key=float) if _are_numbers(values) else sorted(values)


def _fault(classes: Sequence[str], rows: int) -> str | None:
    """Why a column's values are no classes, or None."""
    if len(classes) < 2:
        return _too_few(classes)
    numbers = _are_numbers(classes)
    most = MOST_NUMBER_CLASSES if numbers else min(MOST_TEXT_CLASSES, max(rows // 2, 2))
    return None if len(classes) <= most else f"has {len(classes)} different values in {rows} rows, too many for classes"


def _too_few(classes: Sequence[str]) -> str:
    return f"has {len(classes)} class(es) only ({', '.join(classes) or 'all cells are empty'})"


def _are_numbers(values: Sequence[str]) -> bool:
    try:
        return all(math.isfinite(float(value)) for value in values)
    except ValueError:
        return False
