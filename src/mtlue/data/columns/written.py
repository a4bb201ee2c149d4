"""Numbers and lists as people write them in CSV: read as such where they are meant, else left as they are written."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from mtlue.data.columns.discovery import Discovery, find_tasks
from mtlue.data.columns.known import columns_for
from mtlue.data.columns.rules import ColumnRule, TaskRules
from mtlue.errors import InputError
from mtlue.faults import explained
from mtlue.tables.cells import Respelling
from mtlue.tables.lists import note_on_lists, read_lists
from mtlue.tables.numerals import read_numerals
from mtlue.tasks import Categorical, Regression, Task


@dataclass(frozen=True)
class WrittenCells:
    """What was read of the columns' cells.

    Attributes:
        columns: column -> how its cells are written.
    """

    columns: Mapping[str, Respelling]

    @property
    def changed(self) -> frozenset[str]:
        """Columns that can be read in another way than they are written."""
        return frozenset(name for name, cells in self.columns.items() if cells.plain)

    def plain(self, frame: pd.DataFrame, names: Collection[str]) -> pd.DataFrame:
        """The frame with plain numbers, and labels between bars, in some of its columns."""
        changed = {
            name: [self.columns[name].plain.get(cell, cell) for cell in frame[name]] for name in self.changed & {*names}
        }
        return frame.assign(**{name: pd.Series(cells, frame.index, dtype=object) for name, cells in changed.items()})

    def notes(self, as_numbers: Collection[str]) -> list[str]:
        """What to say, where some columns were read as numbers."""
        pairs = [(cells.reading if name in as_numbers else None, cells.doubt) for name, cells in self.columns.items()]
        return [note for pair in pairs for note in pair if note]


def tasks_as_meant(
    frame: pd.DataFrame,
    rules: TaskRules,
    table: str,
    separator: str | None,
    root: Path | None,
    classes: Collection[str],
    required: bool = True,
) -> Discovery:
    """Tasks by what cells mean (:func:`find_tasks`); a column that holds classes keeps its cells as written.

    Raises:
        InputError: as ``find_tasks``, with what is in doubt.
    """
    written = written_cells(frame, rules, separator)
    try:
        discovery = find_tasks(written.plain(frame, written.changed), rules, table, root, classes, required)
        numbers, whole = columns_by_kind(discovery.tasks, rules.of_columns(list(frame.columns), table))
        if whole & written.changed:
            plain = written.plain(frame, written.changed - whole)
            discovery = find_tasks(plain, rules, table, root, {*classes, *(whole & written.changed)}, required)
    except InputError as error:
        raise explained(error, written.notes(())) from error
    return replace(discovery, notes=(*written.notes(numbers), *discovery.notes))


def columns_as_meant(
    frame: pd.DataFrame, tasks: Sequence[Task], rules: TaskRules, table: str, separator: str | None
) -> pd.DataFrame:
    """The columns of known tasks (:func:`columns_for`) by what their cells mean."""
    numbers, whole = columns_by_kind(tasks, rules.of_columns(list(frame.columns), table))
    written = written_cells(frame, rules, separator, numbers)
    return columns_for(written.plain(frame, written.changed - whole), tasks, rules, table)


def written_cells(
    frame: pd.DataFrame, rules: TaskRules, separator: str | None, quantities: Collection[str] = ()
) -> WrittenCells:
    """How the cells of a table's columns are written; what a rule says is text is not looked at.

    Args:
        frame: columns of strings, None where missing.
        rules: what the user says about some columns.
        separator: what separates cells; None where the format says itself what is a number.
        quantities: columns that are known to hold numbers.
    """
    if separator is None:
        return WrittenCells({})
    columns = {}
    for name in frame.columns:
        stated = [rule for rule in rules.rules.values() if rule.column == name]
        if name in rules.dropped or any(_says_text(rule) for rule in stated):
            continue
        ignored = {word for rule in stated for word in rule.ignore}
        cells = {cell for cell in frame[name] if isinstance(cell, str)} - ignored
        certain = name in quantities or any(rule.bins or rule.kind == Regression.kind for rule in stated)
        columns[name] = _read(name, cells, separator, certain)
    return WrittenCells(columns)


def _read(name: str, cells: Collection[str], separator: str, quantity: bool) -> Respelling:
    lists = read_lists(name, cells)
    if lists is not None:
        return lists
    numbers = read_numerals(name, cells, separator, quantity)
    return numbers if numbers.doubt else replace(numbers, doubt=note_on_lists(name, cells))


def _says_text(rule: ColumnRule) -> bool:
    """Whether a rule says that a column's cells are classes, lists, or anything else but one number each."""
    return not rule.bins and ((not rule.open and rule.kind != Regression.kind) or rule.size > 1)


def columns_by_kind(tasks: Sequence[Task], rules: Mapping[str, ColumnRule]) -> tuple[frozenset[str], frozenset[str]]:
    """(columns that are read as numbers, columns that are classes alone) of tasks; bins are made of numbers."""
    ruled = [(task, rules[task.name]) for task in tasks if task.name in rules]
    numbers = {rule.column for task, rule in ruled if rule.bins or (isinstance(task, Regression) and task.size == 1)}
    classes = {rule.column for task, rule in ruled if isinstance(task, Categorical)}
    return frozenset(numbers), frozenset(classes - numbers)
