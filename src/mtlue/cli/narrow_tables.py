"""Tables that are wider than the terminal: text gives way, numbers stay whole."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import rich.console
from rich.cells import cell_len
from rich.measure import Measurement
from rich.table import Column, Table

from mtlue.visible import visible

_LEAST_TEXT, _EDGES = 8, 2
"""Characters of a column of text, where it has so many, and left and right of a table."""
_UNLIMITED = 10_000
"""Columns that no table needs."""


def least_width(table: Table, console: rich.console.Console) -> int:
    """Let columns of text alone become narrower where a table is wider than the terminal; a header breaks at spaces.

    Where that is not enough, ``0.500 ± 0.005`` breaks at its spaces, too, and columns stand closer.

    Returns:
        The least width of the table.
    """
    unlimited = console.options.update(max_width=_UNLIMITED)
    if Measurement.get(console, unlimited, table).maximum <= console.width:
        return 0
    for column in table.columns:
        if column.justify != "right":
            column.overflow, column.no_wrap = "fold", False
    needed = _with_widths(table, lambda cell: [cell])
    if needed > console.width:
        table.padding = 0
        needed = _with_widths(table, lambda cell: re.split(r"(?<!±)\s", cell))
    _between_words(table, console.width)
    return needed


def _with_widths(table: Table, parts: Callable[[str], list[str]]) -> int:
    """Make each column of numbers as wide as the longest part of a cell; how wide the table is then, at least."""
    numbers, texts = 0, 0
    for column in table.columns:
        if column.justify == "right":
            words = [part for cell in column.cells for part in parts(str(cell))] + str(column.header).split()
            column.width = _longest(words)
            numbers += column.width
        else:
            texts += min(_LEAST_TEXT, _longest(_texts(column)))
    return numbers + texts + _around(table)


def _around(table: Table) -> int:
    """Characters of a table beside those of its columns."""
    _, right, _, left = table.padding
    padding = left + right if table.pad_edge else 0
    return (left + right + 1) * (len(table.columns) - 1) + _EDGES + padding


def _between_words(table: Table, width: int) -> None:
    """Columns of text that break between words alone, where a table ``width`` characters wide leaves room for that."""
    columns = [column for column in table.columns if column.justify != "right"]
    left = width - _around(table) - sum(column.width or 0 for column in table.columns if column.justify == "right")
    shared = widths(
        [_longest([word for text in _texts(column) for word in text.split()]) for column in columns],
        [_longest(_texts(column)) for column in columns],
        left,
    )
    for column, characters in zip(columns, shared, strict=False):
        column.width = characters


def widths(least: Sequence[int], most: Sequence[int], left: int) -> list[int]:
    """The widths of columns that share what is left of a line: the narrowest grow first; none where it is too little.

    >>> widths([4, 6], [30, 9], 20), widths([4, 6], [30, 9], 8)
    ([11, 9], [])
    """
    if sum(least) > left:
        return []
    shared = list(least)
    while sum(shared) < left and (growing := [place for place, one in enumerate(shared) if one < most[place]]):
        shared[min(growing, key=shared.__getitem__)] += 1
    return shared


def _texts(column: Column) -> list[str]:
    return [visible(str(text)) for text in (column.header, *column.cells)]


def _longest(texts: Sequence[str]) -> int:
    return max(map(cell_len, texts), default=1)
