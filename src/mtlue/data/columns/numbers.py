"""Columns of numbers as people write them: plain where they are a quantity, left as they are where they are classes."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from mtlue.data.columns.rules import ColumnRule, TaskRules
from mtlue.data.numerals import Numerals, read_numerals
from mtlue.tasks import Categorical, Regression, Task


@dataclass(frozen=True)
class Written:
    """What was read of the columns' numbers.

    Attributes:
        columns: column -> how its numbers are written.
    """

    columns: Mapping[str, Numerals]

    @property
    def changed(self) -> frozenset[str]:
        """Columns whose numbers are written in another way than programs do."""
        return frozenset(name for name, numerals in self.columns.items() if numerals.plain)

    def plain(self, frame: pd.DataFrame, names: Collection[str]) -> pd.DataFrame:
        """The frame with plain numbers in some of its columns."""
        changed = {
            name: [self.columns[name].plain.get(cell, cell) for cell in frame[name]] for name in self.changed & {*names}
        }
        return frame.assign(**{name: pd.Series(cells, frame.index, dtype=object) for name, cells in changed.items()})

    def notes(self, as_numbers: Collection[str]) -> list[str]:
        """What to say, where some columns were read as numbers."""
        pairs = [
            (numerals.reading if name in as_numbers else None, numerals.doubt)
            for name, numerals in self.columns.items()
        ]
        return [note for pair in pairs for note in pair if note]


def written_numbers(
    frame: pd.DataFrame, rules: TaskRules, separator: str | None, quantities: Collection[str] = ()
) -> Written:
    """How the numbers of a table's columns are written; what a rule says is text is not looked at.

    Args:
        frame: columns of strings, None where missing.
        rules: what the user said of some columns.
        separator: what separates cells; None where the format says itself what is a number.
        quantities: columns that are known to hold numbers.
    """
    if separator is None:
        return Written({})
    columns = {}
    for name in frame.columns:
        said = [rule for rule in rules.rules.values() if rule.column == name]
        if name in rules.dropped or any(_says_text(rule) for rule in said):
            continue
        ignored = {word for rule in said for word in rule.ignore}
        cells = {cell for cell in frame[name] if isinstance(cell, str)} - ignored
        certain = name in quantities or any(rule.bins or rule.kind == Regression.kind for rule in said)
        columns[name] = read_numerals(name, cells, separator, certain)
    return Written(columns)


def _says_text(rule: ColumnRule) -> bool:
    """Whether a rule says that a column's cells are classes, lists, or anything else but one number each."""
    return not rule.bins and ((not rule.open and rule.kind != Regression.kind) or rule.size > 1)


def columns_by_kind(tasks: Sequence[Task], rules: Mapping[str, ColumnRule]) -> tuple[frozenset[str], frozenset[str]]:
    """(columns that are read as numbers, columns that are classes alone) of tasks; bins are made of numbers."""
    said = [(task, rules[task.name]) for task in tasks if task.name in rules]
    numbers = {rule.column for task, rule in said if rule.bins or (isinstance(task, Regression) and task.size == 1)}
    classes = {rule.column for task, rule in said if isinstance(task, Categorical)}
    return frozenset(numbers), frozenset(classes - numbers)
