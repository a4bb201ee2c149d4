"""Columns to tasks: which hold classes, several labels in a cell, or numbers; and which hold nothing to protect."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

import pandas as pd

from mtlue.data.columns.kinds import Fault, class_fault, judge_numbers, too_few
from mtlue.data.columns.masks import dense_task, names_label_maps
from mtlue.data.columns.numberlike import suspicion
from mtlue.data.columns.quantities import MOST_LISTED, note_on_several, numbers_per_cell, quantity
from mtlue.data.columns.rules import BINARY, ColumnRule, TaskRules
from mtlue.data.columns.several import SeveralLabels
from mtlue.errors import InputError
from mtlue.faults import Faults, explained, listed
from mtlue.suggestions import clear
from mtlue.tables.advice import advice, note_on_numbers, yaml_quoted
from mtlue.tables.column_cells import ColumnCells, found_separator, is_number, ordered, split_cell, usual_separator
from mtlue.tables.likeness import note_on_alike
from mtlue.tasks import KINDS, Categorical, ImageTask, Regression, Task

MOST_LABELS = 200
"""Different labels that the cells of a column of several labels may hold."""
_COUNTER_NAME = re.compile(r"|index|level_\d+|unnamed(: \d+)?(_level_\d+)?")
"""Names that data frames give to a column of row numbers."""
_COUNTED_ROWS = 10
"""A column of another name that counts fewer rows than this may be a label."""
_MOST_RESTARTS = 3
"""How often row numbers may start again, as they do in concatenated tables."""


@dataclass(frozen=True)
class Discovery:
    """Tasks, the columns that hold their labels (one per task and named like it), and what the owner should know."""

    tasks: tuple[Task, ...]
    columns: pd.DataFrame
    notes: tuple[str, ...]


@dataclass(frozen=True)
class ColumnReading:
    """What one column was read as.

    Attributes:
        tasks: its tasks with their labels.
        fault: why there are none.
        notes: what the owner should know.
        doubt: whether it is a quantity and how many different numbers it holds, where it might be the other kind.
    """

    tasks: Sequence[tuple[Task, "pd.Series[str]"]] = ()
    fault: Fault | None = None
    notes: Sequence[str] = ()
    doubt: tuple[bool, int] | None = None


def find_tasks(
    frame: pd.DataFrame,
    rules: TaskRules,
    table: str,
    root: Path | None = None,
    classes: Collection[str] = (),
    required: bool = True,
) -> Discovery:
    """The tasks of a table.

    Args:
        frame: columns of strings, None where missing.
        rules: what the user says about some columns.
        table: the name of the table in errors.
        root: folder that columns of files are looked for in.
        classes: columns whose cells are classes whatever they look like, unless a rule gives them another kind.
        required: whether a table without any task is refused.

    Raises:
        InputError: the user named a column that is absent or holds no task; or no column holds any.
    """
    found, faults = _Found(table), Faults()
    for name, rule in rules.of_columns(list(frame.columns), table).items():
        with faults.gathered():
            read = _read(name, rule.applied(frame[rule.column]), _certain(rule, classes), root)
            found.add(name, rule, read)
    faults.check()
    if required and not found.tasks:
        raise explained(_without_tasks(list(frame.columns), rules, table), found.notes)
    columns = pd.DataFrame(found.columns, index=frame.index)
    return Discovery(tuple(found.tasks.values()), columns, (*found.notes_on_kinds(), *found.notes))


class _Found:
    """What the columns that were read so far hold.

    Args:
        table: its name in errors.
    """

    def __init__(self, table: str) -> None:
        self._table = table
        self._doubts: dict[bool, list[tuple[str, int]]] = {True: [], False: []}
        self.tasks: dict[str, Task] = {}
        self.columns: dict[str, pd.Series[str]] = {}
        self.notes: list[str] = []

    def add(self, name: str, rule: ColumnRule, read: ColumnReading) -> None:
        """Count one more column.

        Raises:
            InputError: the user asked for it and it holds no task, or there is a task of this name already.
        """
        self.notes += [*read.notes, *_fault_notes(name, rule, read, self._table)]
        if read.doubt is not None:
            self._doubts[read.doubt[0]].append((name, read.doubt[1]))
        for task, labels in read.tasks:
            if task.name in self.tasks:
                raise InputError(f"{self._table}: two tasks would be named '{task.name}': rename one with a tasks file")
            self.tasks[task.name] = task
            self.columns[task.name] = labels

    def notes_on_kinds(self) -> list[str]:
        """On columns that might be of the other kind: quantities first."""
        return [note for quantity in (True, False) for note in note_on_numbers(self._doubts[quantity], quantity)]


def _without_tasks(columns: Sequence[str], rules: TaskRules, table: str) -> InputError:
    present = ", ".join(map(clear, columns)) or "none but the image"
    dropped = [name for name in columns if name in rules.dropped]
    why = f"; the tasks file drops {listed(dropped)}: leave one of them" if dropped else ""
    return InputError(f"{table} has no column of labels to protect (columns: {present}){why}")


def _certain(rule: ColumnRule, classes: Collection[str]) -> ColumnRule:
    return replace(rule, kind=Categorical.kind) if rule.column in classes and rule.open else rule


def _fault_notes(name: str, rule: ColumnRule, read: ColumnReading, table: str) -> list[str]:
    """A note on a column that holds no task.

    Raises:
        InputError: the user asked for it.
    """
    if read.fault is None:
        return []
    if rule.asked:
        raise InputError(f"column '{rule.column}' of {table} {read.fault.reason}: {read.fault.remedy}")
    hint = f"; {read.fault.hint}" if read.fault.hint else ""
    return [f"column '{name}' {read.fault.reason}: it is not protected{hint}"]


def _read(name: str, column: "pd.Series[str]", rule: ColumnRule, root: Path | None) -> ColumnReading:
    if root is not None and names_label_maps(column, rule, root):
        mask, fault, notes = dense_task(name, column, rule, root)
        return ColumnReading([] if mask is None else [(mask, column)], Fault(fault) if fault else None, notes)
    cells = ColumnCells.of(column)
    if rule.kind == Regression.kind:
        return _numbers(name, column, cells, rule.size)
    if rule.kind not in (None, Categorical.kind):
        return _of_kind(name, column, KINDS[rule.kind])
    if rule.separator is not None:
        return _several(name, column, rule.separator)
    return _by_itself(name, column, cells, rule) if rule.open else _classes(name, column, cells, rule)


def _by_itself(name: str, column: "pd.Series[str]", cells: ColumnCells, rule: ColumnRule) -> ColumnReading:
    """A column that no rule describes, except perhaps as a task."""
    if not rule.asked and counts_rows(name, column):
        return ColumnReading(fault=Fault("counts the rows"))
    size = numbers_per_cell(cells)
    if size:
        return _vectors(name, column, cells, size)
    separator = found_separator(cells.values)
    if separator is not None:
        return _noted(_several(name, column, separator), _note_on_split(name, cells, separator))
    if cells.counts and cells.are_numbers:
        return _judged_numbers(name, column, cells, rule)
    return _noted(_texts(name, column, cells, rule), _note_on_unsplit(name, cells))


def _vectors(name: str, column: "pd.Series[str]", cells: ColumnCells, size: int) -> ColumnReading:
    """Several numbers in every cell: a quantity, unless they are too many for labels."""
    if size > MOST_LISTED:
        remedy = f"if they are labels, {advice(name, f'kind: regression, size: {size}')}"
        reason = f"holds {size} numbers in every cell, more than {MOST_LISTED}"
        return ColumnReading(fault=Fault(reason, remedy, hint=remedy))
    return _noted(_numbers(name, column, cells, size), note_on_several(name, cells, size))


def _judged_numbers(name: str, column: "pd.Series[str]", cells: ColumnCells, rule: ColumnRule) -> ColumnReading:
    """One number in every cell: a quantity, or classes."""
    verdict = judge_numbers(f"{rule.column} {name}", cells, rule.asked)
    read = _numbers(name, column, cells, 1) if verdict.quantity else _classes(name, column, cells, rule)
    if verdict.doubtful and read.tasks:
        return replace(read, doubt=(verdict.quantity, len(cells.counts)))
    return read


def _texts(name: str, column: "pd.Series[str]", cells: ColumnCells, rule: ColumnRule) -> ColumnReading:
    """Classes; a note points out where they may be meant as numbers."""
    read = _classes(name, column, cells, rule)
    suspected = suspicion(name, cells)
    if suspected is None:
        return read
    if read.fault is not None:
        return replace(read, fault=Fault(f"{suspected.holds} and {read.fault.reason}", hint=suspected.remedy))
    return _noted(read, f"column '{name}' {suspected.holds}, read as classes: {suspected.remedy}")


def _noted(read: ColumnReading, *notes: str | None) -> ColumnReading:
    return replace(read, notes=[*filter(None, notes), *read.notes])


def _classes(name: str, column: "pd.Series[str]", cells: ColumnCells, rule: ColumnRule) -> ColumnReading:
    classes = list(rule.classes) or ordered(cells.counts)
    fault = class_fault(cells) if rule.open and not rule.asked else None
    if len(classes) < 2:
        fault = too_few(classes)
    if fault:
        return ColumnReading(fault=fault)
    return ColumnReading([(Categorical(name, tuple(classes)), column)], notes=_note_on_classes(name, classes))


def _note_on_classes(name: str, classes: Sequence[str]) -> list[str]:
    remedy = "they stay apart; where they mean the same, write them alike"
    note = note_on_alike(f"column '{name}': the classes", classes, remedy)
    return [note] if note else []


def _numbers(name: str, column: "pd.Series[str]", cells: ColumnCells, size: int) -> ColumnReading:
    task, fault = quantity(name, cells, size)
    return ColumnReading(fault=fault) if task is None else ColumnReading([(task, column)])


def _of_kind(name: str, column: "pd.Series[str]", kind: type[Task]) -> ColumnReading:
    """A column of another package's kind of task, which reads the cells itself."""
    if not issubclass(kind, ImageTask):
        return ColumnReading(fault=Fault(f"names no files, which the kind '{kind.kind}' reads its labels from"))
    try:
        texts = [cell if isinstance(cell, str) else None for cell in column.tolist()]
        return ColumnReading([(kind.of_texts(name, texts), column)])
    except InputError as error:
        return ColumnReading(fault=Fault(f"is not of the kind '{kind.kind}'", error.text))


def _several(name: str, column: "pd.Series[str]", separator: str) -> ColumnReading:
    """A yes/no task for each label that cells hold between separators."""
    several = SeveralLabels(column, separator)
    labels = several.labels
    if len(labels) > MOST_LABELS:
        remedy = f"to read each cell as one class, {advice(name, 'kind: categorical')}"
        reason = f"holds {len(labels)} different labels between '{separator}', more than {MOST_LABELS}"
        return ColumnReading(fault=Fault(reason, remedy, hint=remedy))
    if not labels:
        return ColumnReading(fault=too_few(labels))
    tasks = [(Categorical(f"{name}={label}", BINARY), several.yes_or_no(label)) for label in labels]
    return ColumnReading(tasks, notes=_note_on_classes(name, labels))


def _note_on_split(name: str, cells: ColumnCells, separator: str) -> str:
    return (
        f"column '{name}': {_held(cells, separator)}, so each label between them is a yes/no task: if cells are to "
        f"stay whole, {advice(name, 'kind: categorical')}"
    )


def _note_on_unsplit(name: str, cells: ColumnCells) -> str | None:
    """A hint where some cells look as if they held several labels, and are read as one."""
    separator = usual_separator(cells.counts)
    if not any(len(split_cell(cell, separator)) > 1 for cell in cells.counts):
        return None
    return (
        f"column '{name}': {_held(cells, separator)}, and are read as one class each: if they hold several labels, "
        f"{advice(name, f'separator: {yaml_quoted(separator)}')}"
    )


def _held(cells: ColumnCells, separator: str) -> str:
    """How many cells hold a separator, in words with an example."""
    counts = {cell: rows for cell, rows in cells.counts.items() if separator in cell}
    return f"{sum(counts.values())} of {cells.rows} cells hold '{separator}', as in '{next(iter(counts))}'"


def counts_rows(name: str, column: "pd.Series[str]") -> bool:
    """Whether a column only says which row it is in: 0, 1, 2 ...; any order will do where its name says so."""
    cells = column.tolist()
    if len(cells) < 2 or not all(isinstance(cell, str) and cell.isdecimal() and is_number(cell) for cell in cells):
        return False
    steps = [later - earlier for earlier, later in pairwise(map(int, cells))]
    if _COUNTER_NAME.fullmatch(name.strip().lower()):
        return len(set(cells)) == len(cells) or sum(step <= 0 for step in steps) <= _MOST_RESTARTS
    return cells[0] in ("0", "1") and len(cells) >= _COUNTED_ROWS and set(steps) == {1}
