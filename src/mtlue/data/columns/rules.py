"""What a user says of a table's columns: rules by task name."""

import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import pandas as pd

from mtlue.errors import InputError
from mtlue.tables.advice import quoted

RESERVED = ("file_name", "id", "split", "image")
"""Columns of a release's own table, and what Hugging Face calls the pictures in it: no task may be called so."""

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
"""What may be said of a column -> the kinds that it means something for; None where no kind is named."""
_NUMBERS = ("scale", "high", "size")
"""Those of them whose default counts where nothing is said."""


@dataclass(frozen=True)
class ColumnRule:
    """How one task comes from one column.

    Attributes:
        column: the table's column.
        kind: one of :data:`mtlue.tasks.KINDS`; found from the cells by default.
        classes: the classes in their order; every other value is an error.
        codes: what stands for each class in mask files: numbers, or colours as #rrggbb.
        bins: bounds that make classes of numbers; a bound belongs to the class above it.
        ignore: values (of cells, or of a mask's pixels) that count as missing.
        separator: what stands between several labels in a cell; each label becomes a binary task.
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
            InputError: a value that should be put into a bin is no number.
        """
        kept = column.where(~column.isin(self.ignore), None) if self.ignore else column
        return kept.map(self._bin, na_action="ignore") if self.bins else kept

    @property
    def bin_names(self) -> tuple[str, ...]:
        """Names of the bins, in their order."""
        bounds = [f"{bound:.15g}" for bound in self.bins]
        between = [f"{low} to {high}" for low, high in pairwise(bounds)]
        return (f"under {bounds[0]}", *between, f"{bounds[-1]} and over")

    def _bin(self, cell: str) -> str:
        try:
            value = float(cell)
        except ValueError:
            value = math.nan
        if math.isnan(value):
            raise InputError(
                f"column '{self.column}' holds '{cell}', which fits in no bin: ignore it in the tasks file"
            )
        return self.bin_names[bisect_right(self.bins, value)]


@dataclass(frozen=True)
class TaskRules:
    """Rules by task name; ``others`` says whether columns without one are tasks too."""

    rules: dict[str, ColumnRule]
    dropped: frozenset[str] = frozenset()
    others: bool = True

    def of_columns(self, columns: Sequence[str], table: str) -> dict[str, ColumnRule]:
        """Task name -> rule, for a table with these columns.

        Raises:
            InputError: a rule names an absent column, or a task has a reserved name.
        """
        present = set(columns)
        for name, rule in self.rules.items():
            if name in RESERVED:
                raise InputError(
                    f"a task cannot be called '{name}', as a release's table has a column of this name: to protect "
                    f"the column, say '{name}_label: {{column: {quoted(rule.column)}}}' below 'tasks:' in a tasks file "
                    "(--tasks tasks.yaml)"
                )
            if rule.column not in present:
                raise InputError(
                    f"--tasks: '{rule.column}' is not a column of {table} (columns: {', '.join(map(str, columns))})"
                )
        absent = sorted(self.dropped - present)
        if absent:
            raise InputError(f"--tasks: '{absent[0]}' is to be dropped and is not a column of {table}")
        taken = {rule.column for rule in self.rules.values()} | self.dropped | set(RESERVED)
        rest = [name for name in columns if name not in taken] if self.others else []
        twice = [name for name in rest if name in self.rules]
        if twice:
            raise InputError(
                f"--tasks: two tasks would be called '{twice[0]}', that of column '{self.rules[twice[0]].column}' and "
                f"that of the column '{twice[0]}' of {table}: rename the first, or say 'others: false'"
            )
        return {**self.rules, **{name: ColumnRule(name) for name in rest}}


def binary_name(task: str) -> tuple[str, str | None]:
    """(column, label) of a binary task that was made of one label; (the name, None) of any other."""
    column, sign, label = task.partition("=")
    return (column, label) if sign else (task, None)
