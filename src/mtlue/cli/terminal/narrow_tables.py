"""Tables that are wider than the terminal: text gives way, numbers stay whole."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import copy
from dataclasses import replace

import rich.console
from rich.cells import cell_len
from rich.measure import Measurement
from rich.table import Column, Table

from mtlue.visible import visible

_LEAST_TEXT, _EDGES = 8, 2
"""Characters of a column of text, where it has so many, and left and right of a table."""
_UNLIMITED = 10_000
"""Columns that no table needs."""


def narrowed(table: Table, console: rich.console.Console) -> tuple[list[Table], int]:
    """A table as it fits a terminal: columns of text alone become narrower, and a header breaks at spaces.

    Where that is not enough, columns stand closer; where that is not, its columns of numbers become several tables,
    each with all columns of text. A number such as ``0.500 ± 0.005 [0.22, 0.85]`` never breaks.

    Returns:
        The tables, one below another, and their least width: more than the terminal's where one number needs that.
    """
    unlimited = console.options.update(max_width=_UNLIMITED)
    if Measurement.get(console, unlimited, table).maximum <= console.width:
        return [table], 0
    for column in table.columns:
        if column.justify == "right":
            column.width = _longest([str(cell) for cell in column.cells] + str(column.header).split())
        else:
            column.overflow, column.no_wrap = "fold", False
    if _least(table) > console.width:
        closer = copy(table)
        closer.padding = 0
        table = closer if _least(closer) <= console.width else table
    parts = _parted(table, console.width)
    for part in parts:
        _between_words(part, console.width)
    return parts, max(map(_least, parts))


def _least(table: Table, least_text: int = _LEAST_TEXT) -> int:
    """How wide a table is at least, whose columns of numbers have their widths."""
    columns = [column.width or min(least_text, _longest(_texts(column))) for column in table.columns]
    return sum(columns) + _around(table)


def _parted(table: Table, width: int) -> list[Table]:
    """The table as several of fewer columns of numbers that fit the width; the title above, the caption below.

    Texts take up to half of the width: they do not have to give way as far as in a whole table.
    """
    if _least(table) <= width:
        return [table]
    texts, numbers = _sorted_columns(table)
    least_text = max(_LEAST_TEXT, width // 2 // max(1, len(texts)))
    fewest = _filled(table, lambda part: _least(part, least_text) <= width)
    even = -(-len(numbers) // len(fewest))
    evenly = [_with_columns(table, [*texts, *numbers[i : i + even]]) for i in range(0, len(numbers), even)]
    parts = evenly if all(_least(part, least_text) <= width for part in evenly) else fewest
    for part in parts[1:]:
        part.title = None
    for part in parts[:-1]:
        part.caption = None
    return parts


def _filled(table: Table, fits: Callable[[Table], bool]) -> list[Table]:
    """Parts that each hold as many columns of numbers as fit, and one at least."""
    texts, numbers = _sorted_columns(table)
    parts = [_with_columns(table, [*texts, *numbers[:1]])]
    for column in numbers[1:]:
        wider = _with_columns(table, [*parts[-1].columns, column])
        if fits(wider):
            parts[-1] = wider
        else:
            parts.append(_with_columns(table, [*texts, column]))
    return parts


def _sorted_columns(table: Table) -> tuple[list[Column], list[Column]]:
    """Columns of text, and columns of numbers."""
    return (
        [column for column in table.columns if column.justify != "right"],
        [column for column in table.columns if column.justify == "right"],
    )


def _with_columns(table: Table, columns: Sequence[Column]) -> Table:
    """The same table with some of its columns."""
    part = copy(table)
    part.columns = [replace(column, _index=place) for place, column in enumerate(columns)]
    return part


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
