"""Columns of tasks that exist already: a fitted generator is applied to new images, a release is evaluated."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from mtlue.data.columns.masks import ruled_segmentation
from mtlue.data.columns.rules import ColumnRule, TaskRules, binary_name
from mtlue.data.columns.several import SeveralLabels
from mtlue.errors import InputError, param
from mtlue.suggestions import clear
from mtlue.tables.column_cells import ColumnCells, usual_separator
from mtlue.tasks import Segmentation, Task


def columns_for(frame: pd.DataFrame, tasks: Sequence[Task], rules: TaskRules, table: str) -> pd.DataFrame:
    """The columns of tasks that exist already, one per task and named like it.

    Raises:
        InputError: a task has no column, or a rule gives it another meaning.
    """
    by_task = rules.of_columns(list(frame.columns), table)
    refuse_other_meaning(tasks, by_task)
    sources = _sources(tasks, by_task)
    several = _several(frame, tasks, by_task, table)
    columns = {}
    for task in tasks:
        source, label = binary_name(task.name, sources)
        if task.name in by_task:
            columns[task.name] = by_task[task.name].applied(frame[by_task[task.name].column])
        elif label is not None:
            columns[task.name] = several[source].yes_or_no(label)
        else:
            present = ", ".join(clear(str(name)) for name in frame.columns)
            raise InputError(
                f"{table} has no column '{task.name}' (columns: {present}): every task "
                "needs one; empty cells count as missing labels"
            )
    return pd.DataFrame(columns, index=frame.index)


def refuse_other_meaning(tasks: Sequence[Task], rules: Mapping[str, ColumnRule]) -> None:
    """What a tasks file says about a column must be what the task says: its labels would be published wrong.

    Args:
        tasks: what was fitted.
        rules: task name -> rule.

    Raises:
        InputError: names the first thing that differs.
    """
    for task in tasks:
        if task.name in rules:
            _refuse_difference(task, rules[task.name])


def _refuse_difference(task: Task, rule: ColumnRule) -> None:
    stated: dict[str, Any] = {"kind": rule.kind} if rule.kind else {}
    stated |= {key: getattr(rule, key) for key in ("classes", "scale", "high", "size") if rule.says(key)}
    fitted = {key: getattr(task, key, None) for key in stated}
    if rule.kind == Segmentation.kind and rule.classes and isinstance(task, Segmentation):
        own = ruled_segmentation(task.name, rule)
        stated |= {"codes": own.all_codes, "ignore": {*own.ignore}}
        fitted |= {"codes": task.all_codes, "ignore": {*task.ignore}}
    differs = next((key for key in stated if stated[key] != fitted[key]), None)
    if differs is not None:
        raise InputError(
            f"{param('tasks')}: '{differs}' of task '{task.name}' is {stated[differs]}, but {fitted[differs]} in "
            "the fitted method: give the tasks file that you gave to protect, or the tasks.yaml of restored images"
        )


_WHERE_FITTED = "where the method was fitted: give the tasks file that you gave to protect"
_WHERE_RELEASED = (
    "in a release and in what was restored from one, whose columns are called like the tasks: leave "
    f"{param('tasks')} out, or give the tasks.yaml that lies there"
)


def refuse_other_sources(tasks: Sequence[str], given: TaskRules, fitted: Mapping[str, ColumnRule] | None) -> None:
    """A tasks file must take a task's labels from the cells that they were taken from when the method was fitted.

    Args:
        tasks: the names of what was fitted.
        given: what is said now.
        fitted: task name -> what was said then; None of a release's own table, whose columns are called like the tasks.

    Raises:
        InputError: names the first thing that differs.
    """
    for name in dict.fromkeys([*(fitted or ()), *given.rules]):
        if any(name in (task, binary_name(task, {name})[0]) for task in tasks):
            now, then = (rules.get(name, ColumnRule(name)) for rules in (given.rules, fitted or {}))
            of_maps = Segmentation.kind in (now.kind, then.kind)  # what their pixels mean is compared elsewhere
            keys = ("column",) if of_maps or fitted is None else ("column", "bins", "ignore")
            differs = next((key for key in keys if {*_values(now, key)} != {*_values(then, key)}), None)
            if differs is not None:
                raise InputError(
                    f"{param('tasks')}: '{differs}' of task '{name}' is {_said(now, differs)}, but "
                    f"{_said(then, differs)} {_WHERE_RELEASED if fitted is None else _WHERE_FITTED}"
                )


def _values(rule: ColumnRule, key: str) -> tuple[Any, ...]:
    value = getattr(rule, key)
    return value if isinstance(value, tuple) else (value,)


def _said(rule: ColumnRule, key: str) -> str:
    values = (f"'{value}'" if isinstance(value, str) else f"{value:.15g}" for value in _values(rule, key))
    return ", ".join(values) or "none"


def _sources(tasks: Sequence[Task], rules: Mapping[str, ColumnRule]) -> frozenset[str]:
    """The columns that may hold several labels: those that are no task by themselves."""
    return frozenset(rules.keys() - {task.name for task in tasks})


def _several(
    frame: pd.DataFrame, tasks: Sequence[Task], rules: Mapping[str, ColumnRule], table: str
) -> dict[str, SeveralLabels]:
    """Columns whose cells hold several labels, by name.

    Raises:
        InputError: a cell holds a label that belongs to no task and would be lost silently.
    """
    labels: dict[str, set[str]] = {}
    sources = _sources(tasks, rules)
    for source, label in (binary_name(task.name, sources) for task in tasks if task.name not in rules):
        if label is not None:
            labels.setdefault(source, set()).add(label)
    several = {}
    for source, fitted in labels.items():
        rule = rules[source]
        column = rule.applied(frame[rule.column])
        several[source] = SeveralLabels(column, rule.separator or usual_separator(ColumnCells.of(column).counts))
        unfitted = sorted({*several[source].labels} - fitted)
        if unfitted:
            raise InputError(
                f"column '{rule.column}' of {table} holds the unknown label '{unfitted[0]}' "
                f"(known: {', '.join(sorted(fitted))}): correct it, fit again with it, or give the tasks file "
                f"({param('tasks')}) that you gave to protect"
            )
    return several
