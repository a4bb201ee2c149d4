"""What a user says about a table's columns: rules by task name. Imports no torch."""

import math
from bisect import bisect_right
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import pandas as pd

from mtlue.data.columns.absent import absent_columns
from mtlue.errors import InputError, param
from mtlue.faults import Faults, listed
from mtlue.tables.advice import yaml_quoted

RESERVED = ("file_name", "id", "split", "image")
"""Columns of a release's own table, and what Hugging Face calls the pictures in it: no task may have such a name."""

BINARY = ("no", "yes")
"""Classes of a task that was made of one label of a column of several."""

GOES_WITH: dict[str, tuple[str | None, ...]] = {
    "classes": (None, "categorical", "segmentation"),
    "bins": (None, "categorical"),
    "separator": (None, "categorical"),
    "ignore": (None, "categorical", "segmentation", "regression"),
    "codes": ("segmentation",),
    "scale": ("depth",),
    "high": ("depth",),
    "size": ("regression",),
}
"""What a rule may say about a column -> the kinds that it goes with; None where no kind is named."""
_NUMBERS = ("scale", "high", "size")
"""Those whose default counts unless a rule says otherwise."""


@dataclass(frozen=True)
class ColumnRule:
    """How one task is made from one column.

    Attributes:
        column: the table's column.
        kind: one of :data:`mtlue.tasks.KINDS`; found from the cells by default.
        classes: the classes in their order; every other value is an error.
        codes: each class's code in mask files: numbers, or colours as #rrggbb.
        bins: bounds that make classes of numbers; a bound belongs to the class above it.
        ignore: values (of cells, or of a mask's pixels) that count as missing.
        separator: what separates several labels in a cell; each label becomes a binary task.
        scale: what the numbers of depth files are multiplied with.
        high: the largest depth.
        size: how many numbers a cell of a column of numbers holds, with spaces between them.
        asked: whether the user asked for this column, so that it must hold a task.
    """

    column: str
    kind: str | None = None
    classes: tuple[str, ...] = ()
    bins: tuple[float, ...] = ()
    ignore: tuple[str, ...] = ()
    separator: str | None = None
    codes: tuple[str, ...] = ()
    scale: float = 1.0
    high: float = 10.0
    size: int = 1
    asked: bool = False

    @property
    def open(self) -> bool:
        """Whether the cells themselves have to say what they are: classes, several labels or numbers."""
        return self.kind is None and not self.classes and self.separator is None

    def says(self, key: str) -> bool:
        """Whether the tasks file gives the column this attribute, or its kind implies the attribute's default."""
        implied = self.kind is not None and self.kind in GOES_WITH[key] and key in _NUMBERS
        return implied or getattr(self, key) != getattr(ColumnRule, key)

    def applied(self, column: "pd.Series[str]") -> "pd.Series[str]":
        """The column's cells with ignored values missing and numbers put into their bins.

        Raises:
            InputError: values that should be put into bins are not numbers.
        """
        kept = column.where(~column.isin(self.ignore), None) if self.ignore else column
        if not self.bins:
            return kept
        bins = {cell: self._bin(cell) for cell in kept.dropna().unique()}
        unfit = [f"'{cell}'" for cell, name in bins.items() if name is None]
        if unfit:
            words = "which is not a number" if len(unfit) == 1 else "which are not numbers"
            raise InputError(
                f"column '{self.column}' holds {listed(unfit)}, {words}, and bins need numbers: ignore such cells in "
                "the tasks file, or leave 'bins' out"
            )
        return kept.map(bins.get, na_action="ignore")

    @property
    def bin_names(self) -> tuple[str, ...]:
        """Names of the bins, in their order."""
        bounds = [f"{bound:.15g}" for bound in self.bins]
        between = [f"{low} to {high}" for low, high in pairwise(bounds)]
        return (f"under {bounds[0]}", *between, f"{bounds[-1]} and over")

    def _bin(self, cell: str) -> str | None:
        """The bin of a cell; None where it is not a number."""
        try:
            value = float(cell)
        except ValueError:
            return None
        return None if math.isnan(value) else self.bin_names[bisect_right(self.bins, value)]


@dataclass(frozen=True)
class TaskRules:
    """Rules by task name; ``others`` says whether columns without one are tasks too."""

    rules: dict[str, ColumnRule]
    dropped: frozenset[str] = frozenset()
    others: bool = True

    def of_columns(self, columns: Sequence[str], table: str) -> dict[str, ColumnRule]:
        """Task name -> rule, for a table with these columns.

        Raises:
            InputError: rules name absent columns, or tasks have names that are taken: all of them.
        """
        faults = Faults()
        faults.add(*self._misnamed(), *self._absent(columns, table))
        names = {rule.column for rule in self.rules.values()} | self.dropped | set(RESERVED)
        unruled = [name for name in columns if name not in names] if self.others else []
        faults.add(*self._clashing(unruled, table))
        faults.check()
        return {**self.rules, **{name: ColumnRule(name) for name in unruled}}

    def without(self, names: Container[str]) -> "TaskRules":
        """The same without the rules of some tasks."""
        return replace(self, rules={name: rule for name, rule in self.rules.items() if name not in names})

    def _misnamed(self) -> Iterator[str]:
        for name in RESERVED:
            if name in self.rules:
                yield (
                    f"a task cannot be named '{name}', because a release's table has a column of this name: to protect "
                    f"the column, say '{name}_label: {{column: {yaml_quoted(self.rules[name].column)}}}' below "
                    f"'tasks:' in a tasks file ({param('tasks')} tasks.yaml)"
                )

    def _absent(self, columns: Sequence[str], table: str) -> Iterator[str]:
        present = list(map(str, columns))
        absent = list(dict.fromkeys(rule.column for rule in self.rules.values() if rule.column not in present))
        if absent:
            yield f"{param('tasks')}: {absent_columns(absent, table, present)}"
        for name in sorted(self.dropped - {*present}):
            yield f"{param('tasks')}: {absent_columns([name], table, present, 'is to be dropped and ')}"

    def _clashing(self, others: Sequence[str], table: str) -> Iterator[str]:
        """Rules whose task would have the name of another column that is a task too."""
        for name in others:
            if name in self.rules:
                yield (
                    f"{param('tasks')}: two tasks would be named '{name}', those of column '{self.rules[name].column}' "
                    f"and of column '{name}' of {table}: rename the first, or say 'others: false'"
                )


def binary_name(task: str, columns: Container[str]) -> tuple[str, str | None]:
    """(column, label) of a binary task that was made of one label; (the name, None) of any other.

    Args:
        task: its name.
        columns: those that may hold several labels, by the names of their rules; of two that fit, the longer counts.

    >>> binary_name("a=b=c", ["a=b"]), binary_name("a=b=c", ["a"]), binary_name("b=c", ["a"])
    (('a=b', 'c'), ('a', 'b=c'), ('b=c', None))
    """
    signs = [place for place, letter in enumerate(task) if letter == "="]
    return next(
        ((task[:place], task[place + 1 :]) for place in reversed(signs) if task[:place] in columns), (task, None)
    )
