"""Tasks from a table's columns: which hold classes, several labels in a cell, or numbers; and which hold nothing."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from mtlue.data.masks import DENSE_KINDS, dense_task, is_mask_column, ruled_segmentation
from mtlue.data.overrides import BINARY, ColumnRule, TaskRules, binary_name
from mtlue.errors import InputError
from mtlue.tasks import Categorical, Regression, Segmentation, Task

RESERVED = ("file_name", "id", "split")
"""Columns of a release's own table: no task may be called so."""
MOST_NUMBER_CLASSES = 12
"""Numbers of more different values are a quantity, not classes."""
MISSING_NUMBER = "nan"
"""Among several numbers in a cell, one that is missing."""
MOST_TEXT_CLASSES = 1000
MOST_LABELS = 200
"""Different labels that the cells of a column of several labels may hold."""
SEPARATORS = ("|", ";")
"""What stands between several labels in one cell; others must be named in a tasks file."""


@dataclass(frozen=True)
class Found:
    """Tasks, the columns that hold their labels (one a task, called like it), and what the owner should know."""

    tasks: tuple[Task, ...]
    columns: pd.DataFrame
    notes: tuple[str, ...]


def find_tasks(frame: pd.DataFrame, rules: TaskRules, table: str, root: Path | None = None) -> Found:
    """The tasks of a table.

    Args:
        frame: columns of strings, None where missing.
        rules: what the user said of some columns.
        table: what the table is called in errors.
        root: folder that columns of files are looked for in.

    Raises:
        InputError: the user named a column that is absent or holds no task; or no column holds any.
    """
    tasks: list[Task] = []
    labels: list[tuple[Task, pd.Series[str]]]
    fault: str | None
    columns: dict[str, pd.Series[str]] = {}
    notes: list[str] = []
    for name, rule in rules.of_columns(list(frame.columns), RESERVED, table).items():
        column = rule.applied(frame[rule.column])
        if root is not None and (rule.kind in DENSE_KINDS or (rule.kind is None and is_mask_column(column, root))):
            mask, fault, more = dense_task(name, column, rule, root)
            labels = [] if mask is None else [(mask, column)]
            notes += more
        else:
            labels, fault = _labels(name, column, rule)
        if fault and rule.asked:
            raise InputError(
                f"column '{rule.column}' of {table} {fault}: a task needs two classes, or different numbers; "
                "leave it out of --tasks"
            )
        if fault:
            notes.append(f"column '{name}' {fault}: it is not protected")
        for task, its_labels in labels:
            if task.name in columns:
                raise InputError(f"{table}: two tasks would be called '{task.name}': rename one with a tasks file")
            tasks.append(task)
            columns[task.name] = its_labels
    if not tasks:
        raise InputError(
            f"{table} has no column of labels to protect (columns: {', '.join(frame.columns) or 'none but the image'})"
            + "".join(f"; {note}" for note in notes)
        )
    return Found(tuple(tasks), pd.DataFrame(columns, index=frame.index), tuple(notes))


def columns_for(frame: pd.DataFrame, tasks: Sequence[Task], rules: TaskRules, table: str) -> pd.DataFrame:
    """The columns of tasks that are known already (when a fitted generator is applied to new images).

    Raises:
        InputError: a task has no column.
    """
    columns = {}
    _refuse_unknown_labels(frame, tasks, rules, table)
    known = rules.of_columns(list(frame.columns), RESERVED, table)
    for task in tasks:
        source, label = binary_name(task.name)
        if task.name in known:
            rule = known[task.name]
            _refuse_other_meaning(task, rule)
            columns[task.name] = rule.applied(frame[rule.column])
        elif label is not None and source in known:
            rule = known[source]
            columns[task.name] = _binary(rule.applied(frame[rule.column]), label, rule.separator)
        else:
            raise InputError(
                f"{table} has no column '{task.name}' (columns: {', '.join(map(str, frame.columns))}): every task "
                "needs one; empty cells count as missing labels"
            )
    return pd.DataFrame(columns, index=frame.index)


def _refuse_other_meaning(task: Task, rule: ColumnRule) -> None:
    """What a tasks file says of a column must be what the known task says: its labels would be published wrong.

    Raises:
        InputError: names the first thing that differs.
    """
    said: dict[str, Any] = {"kind": rule.kind} if rule.kind else {}
    said |= {key: getattr(rule, key) for key in ("classes", "scale", "high", "size") if rule.says(key)}
    known = {key: getattr(task, key, None) for key in said}
    if rule.kind == Segmentation.kind and rule.classes and isinstance(task, Segmentation):
        own = ruled_segmentation(task.name, rule)
        said |= {"codes": own.all_codes, "ignore": {*own.ignore}}
        known |= {"codes": task.all_codes, "ignore": {*task.ignore}}
    differs = next((key for key in said if said[key] != known[key]), None)
    if differs is not None:
        raise InputError(
            f"--tasks: '{differs}' of task '{task.name}' is {said[differs]}, and {known[differs]} in what was fitted: "
            "give the tasks file that protect was given"
        )


def _labels(
    name: str, column: "pd.Series[str]", rule: ColumnRule
) -> tuple[list[tuple[Task, "pd.Series[str]"]], str | None]:
    """The tasks that a column holds, each with its labels; or none, and why."""
    values = [str(value) for value in column.dropna().unique()]
    if rule.kind == "regression" or (rule.kind is None and not rule.classes and _is_quantity(values)):
        return _numbers(name, column, values, rule.size)
    separator = rule.separator or (_separator(values) if rule.kind is None and not rule.classes else None)
    if separator is not None:
        labels = sorted({label for value in values for label in _parts(value, separator)})
        if len(labels) > MOST_LABELS:
            return [], f"holds {len(labels)} different labels between '{separator}', more than {MOST_LABELS}"
        binary = [Categorical(f"{name}={label}", BINARY) for label in labels]
        return [(task, _binary(column, label, separator)) for task, label in zip(binary, labels, strict=True)], None
    classes = list(rule.classes) or _ordered(values)
    fault = None if rule.asked and len(classes) > 1 else _class_fault(classes, int(column.notna().sum()))
    if fault and rule.kind is None and len(classes) > 1 and _are_numbers(values):
        return _numbers(name, column, values, rule.size)
    return ([(Categorical(name, tuple(classes)), column)], None) if fault is None else ([], fault)


def _numbers(
    name: str, column: "pd.Series[str]", cells: Sequence[str], size: int
) -> tuple[list[tuple[Task, "pd.Series[str]"]], str | None]:
    if size > 1 and (odd := next((cell for cell in cells if len(cell.split()) != size), None)) is not None:
        return [], f"holds '{odd}', which is not {size} numbers with spaces between them"
    each = [list(cells)] if size == 1 else [list(parts) for parts in zip(*map(str.split, cells), strict=True)]
    known = [[part for part in parts if size == 1 or part.lower() != MISSING_NUMBER] for parts in each]
    texts = sorted({part for parts in known for part in parts})
    if not _are_numbers(texts):
        return [], f"holds '{next(text for text in texts if not _are_numbers([text]))}', which is no number"
    if all(len(set(parts)) < 2 for parts in known):
        return [], _too_few(texts)
    numbers = [[*map(float, parts)] or [0.0] for parts in known]
    ranges = [(min(its), max(its)) for its in numbers]
    if all(low == high for low, high in ranges):
        return [], f"holds numbers that are too alike to tell apart ({ranges[0][0]:g})"
    if size == 1:
        return [(Regression(name, *ranges[0]), column)], None
    lows = tuple(low for low, _ in ranges)
    highs = tuple(high if low < high else low + max(1.0, math.ulp(low)) for low, high in ranges)
    return [(Regression(name, lows, highs, size), column)], None


def _is_quantity(values: Sequence[str]) -> bool:
    """More numbers than classes would have, or numbers with decimals that are not all of one kind."""
    return _are_numbers(values) and len(values) > MOST_NUMBER_CLASSES


def _separator(values: Sequence[str]) -> str | None:
    """What stands between labels where cells hold several: their labels are then fewer than the different cells."""
    for separator in SEPARATORS:
        labels = {label for value in values for label in _parts(value, separator)}
        if any(separator in value for value in values) and len(labels) <= max(len(values), 2):
            return separator
    return None


def _present_separator(values: Sequence[str]) -> str:
    """For a column that is known to hold several labels a cell: the separator that its cells use."""
    return next((mark for mark in SEPARATORS if any(mark in value for value in values)), SEPARATORS[0])


def _refuse_unknown_labels(frame: pd.DataFrame, tasks: Sequence[Task], rules: TaskRules, table: str) -> None:
    """A label among several in a cell that no task stands for would be lost without a word."""
    known = rules.of_columns(list(frame.columns), RESERVED, table)
    labels: dict[str, set[str]] = {}
    for source, label in (binary_name(task.name) for task in tasks if task.name not in known):
        if label is not None and source in known:
            labels.setdefault(source, set()).add(label)
    for source, its_labels in labels.items():
        rule = known[source]
        values = [str(value) for value in rule.applied(frame[rule.column]).dropna().unique()]
        separator = rule.separator or _present_separator(values)
        unknown = sorted({part for value in values for part in _parts(value, separator)} - its_labels)
        if unknown:
            raise InputError(
                f"column '{rule.column}' of {table} holds the unknown label '{unknown[0]}' "
                f"(known: {', '.join(sorted(its_labels))}): mend it, fit again with it, or give the tasks file "
                "(--tasks) that protect was given"
            )


def _parts(cell: str, separator: str) -> list[str]:
    return [part.strip() for part in cell.split(separator) if part.strip()]


def _binary(column: "pd.Series[str]", label: str, separator: str | None) -> "pd.Series[str]":
    """Whether each cell holds ``label``; missing where the cell is."""
    usual = separator or _present_separator([str(value) for value in column.dropna().unique()])
    no, yes = BINARY
    return column.map(lambda cell: yes if label in _parts(cell, usual) else no, na_action="ignore")


def _ordered(values: Sequence[str]) -> list[str]:
    """By number where all are numbers, else by text."""
    return sorted(values, key=float) if _are_numbers(values) else sorted(values)


def _class_fault(classes: Sequence[str], rows: int) -> str | None:
    """Why a column's values are no classes, or None."""
    if len(classes) < 2:
        return _too_few(classes)
    most = min(MOST_TEXT_CLASSES, max(rows // 2, 2))
    return None if len(classes) <= most else f"has {len(classes)} different values in {rows} rows, too many for classes"


def _too_few(classes: Sequence[str]) -> str:
    return f"has {len(classes)} class(es) only ({', '.join(classes) or 'all cells are empty'})"


def _are_numbers(values: Sequence[str]) -> bool:
    try:
        return all(math.isfinite(float(value)) for value in values)
    except ValueError:
        return False
