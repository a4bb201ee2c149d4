"""The cells of one column, counted: which texts they hold, whether they are numbers, what separates their labels."""

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import pandas as pd

SEPARATORS = ("|", ";")
"""What may separate the labels of one cell; others must be named in a tasks file."""
_NUMBER = re.compile(r"-?(?:(?:0|[1-9][0-9]*)(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-][0-9]{1,3})?")


@dataclass(frozen=True)
class ColumnCells:
    """The texts of a column that are not missing, and how many rows hold each, in the order of their first row."""

    counts: Mapping[str, int]

    @classmethod
    def of(cls, column: "pd.Series[str]") -> "ColumnCells":
        return cls(Counter(cell for cell in column.tolist() if isinstance(cell, str)))

    @property
    def values(self) -> Sequence[str]:
        return list(self.counts)

    @cached_property
    def rows(self) -> int:
        return sum(self.counts.values())

    @cached_property
    def first_text(self) -> str | None:
        """The first value that is not written as a number; None where all are."""
        return next((value for value in self.counts if not is_number(value)), None)

    @property
    def are_numbers(self) -> bool:
        return self.first_text is None

    @cached_property
    def are_whole(self) -> bool:
        """Whether all are whole numbers; ``3.0``, which pandas makes of them where cells are missing, is one."""
        return self.are_numbers and all(float(value).is_integer() for value in self.counts)

    def share_in(self, rows: int) -> float:
        """The share of the values that at least ``rows`` rows hold."""
        return sum(count >= rows for count in self.counts.values()) / max(len(self.counts), 1)


def is_number(text: str) -> bool:
    """Whether a program would write a finite number so; ``02100``, ``+5``, ``1_007``, ``3E1``, ``0x10`` are codes."""
    return _NUMBER.fullmatch(text) is not None and math.isfinite(float(text))


def means_number(text: str) -> bool:
    """Whether a text can be read as a finite number at all, however it is written."""
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False


def ordered(values: Iterable[str]) -> list[str]:
    """By number where all are numbers, else by text."""
    texts = sorted(values)
    return sorted(texts, key=float) if all(map(is_number, texts)) else texts


def split_cell(cell: str, separator: str) -> list[str]:
    """The labels of a cell, without the blanks around them."""
    return [part.strip() for part in cell.split(separator) if part.strip()]


def found_separator(values: Sequence[str]) -> str | None:
    """The separator where cells hold several labels: the labels are then not more than the different cells."""
    for separator in SEPARATORS:
        if any(separator in value for value in values):
            labels = {label for value in values for label in split_cell(value, separator)}
            if len(labels) <= max(len(values), 2):
                return separator
    return None


def usual_separator(values: Iterable[str]) -> str:
    """The separator that cells use which are known to hold several labels."""
    texts = list(values)
    return next((mark for mark in SEPARATORS if any(mark in text for text in texts)), SEPARATORS[0])
