"""Rows of a separated table that have fewer or more cells than its header names."""

from collections.abc import Iterator, Sequence

from mtlue.faults import listed
from mtlue.wording import counted

_SHOWN_ROWS = 5


class RaggedRows:
    """Tells rows that fit a header from those that do not, and keeps the latter's lines.

    Args:
        names: of the columns; some may be empty.

    >>> rows = RaggedRows(["file", "kind", ""])
    >>> rows.fitting(["a.png", "cat"], line=2), rows.fitting(["b.png"], line=3)
    (['a.png', 'cat', ''], None)
    >>> list(rows.faults())
    ['line 3 has 1 cell, the header 2: correct the row, and leave a cell empty where a label is missing']
    """

    def __init__(self, names: Sequence[str]) -> None:
        self._most = len(names)
        self._least = max((number for number, name in enumerate(names, start=1) if name.strip()), default=0)
        self._short: list[str] = []
        self._long: list[str] = []

    def fitting(self, row: list[str], line: int) -> list[str] | None:
        """A row's cells, one for each column; None for a row with fewer, or with text in more."""
        if len(row) < self._least:
            self._short.append(f"line {line} has {counted(len(row), 'cell')}")
        elif any(cell.strip() for cell in row[self._most :]):
            self._long.append(f"line {line} has {counted(len(row), 'cell')}")
        else:
            return [*row[: self._most], *[""] * (self._most - len(row))]
        return None

    def faults(self) -> Iterator[str]:
        """What is wrong with the rows that do not fit: the first of them, and how many there are."""
        if self._short:
            row = "the row" if len(self._short) == 1 else "the rows"
            yield (
                f"{listed(self._short, _SHOWN_ROWS)}, the header {self._least}: correct {row}, and leave a cell empty "
                "where a label is missing"
            )
        if self._long:
            yield (
                f"{listed(self._long, _SHOWN_ROWS)}, the header {self._most}: put quotes around a cell that holds the "
                "separator, or name the columns that are not named"
            )
