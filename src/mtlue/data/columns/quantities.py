"""Columns of numbers, one or several per cell, to tasks."""

import math
from collections.abc import Sequence

from mtlue.data.columns.kinds import MOST_NUMBER_CLASSES, Fault, too_few
from mtlue.data.columns.numberlike import MOST_IGNORED, quoted_list, to_ignore
from mtlue.tables.advice import advice, yaml_quoted
from mtlue.tables.column_cells import SEPARATORS, ColumnCells, is_number, means_number, usual_separator
from mtlue.tasks import Regression
from mtlue.tasks.regression import MISSING_NUMBER, split_numbers

_BRACKETS = ("[", "(")
"""How programs begin a list that they write into one cell."""
MOST_LISTED = 256
"""Numbers in a cell that are taken for labels by themselves: more are features of images, and each needs maps."""


def quantity(name: str, cells: ColumnCells, size: int) -> tuple[Regression | None, Fault | None]:
    """The task of a column of numbers, ``size`` in each cell; or why there is no such task."""
    rows = [split_numbers(cell, size) for cell in cells.counts]
    wrong = next((cell for cell, parts in zip(cells.counts, rows, strict=True) if len(parts) != size), None)
    if wrong is not None:
        return None, Fault(f"holds '{wrong}', which is not {size} numbers with spaces between them", "write that many")
    columns = [_present(column, size) for column in zip(*rows, strict=True)] or [[]]
    texts = sorted({text for column in columns for text in column})
    words = [text for text in texts if not means_number(text)]
    if words:
        return None, _no_numbers(words, ignorable=size == 1 and len(words) < len(texts))
    if all(len(set(column)) < 2 for column in columns):
        return None, too_few(texts)
    ranges = [(min(numbers), max(numbers)) for column in columns if (numbers := [*map(float, column)] or [0.0])]
    if all(low == high for low, high in ranges):
        return None, Fault(f"holds numbers that are too alike to tell apart ({ranges[0][0]:g})")
    if size == 1:
        return Regression(name, *ranges[0]), None
    lows = tuple(low for low, _ in ranges)
    highs = tuple(high if low < high else low + max(1.0, math.ulp(low)) for low, high in ranges)
    return Regression(name, lows, highs, size), None


def _no_numbers(words: Sequence[str], ignorable: bool) -> Fault:
    """Why texts among numbers are not labels; ``ignorable``: whether numbers remain where these cells are ignored."""
    are = "which is not a number" if len(words) == 1 else "which are not numbers"
    remedy = "write plain numbers, and leave the cell empty where none is"
    if ignorable and len(words) <= MOST_IGNORED:
        remedy += f"; or, where they mean missing, add them to its rule: '{to_ignore(words)}'"
    return Fault(f"holds {quoted_list(words)}, {are}", remedy)


def _present(texts: Sequence[str], size: int) -> list[str]:
    return [text for text in texts if size == 1 or text.lower() != MISSING_NUMBER]


def numbers_per_cell(cells: ColumnCells) -> int:
    """How many numbers every cell of a column holds, in an order that matters: a list, a box, a vector; else 0.

    Labels with numbers for names look alike. They are whole, never twice in one cell, and fewer in some cells, of few
    kinds or sorted.
    """
    lists = []
    for cell in cells.counts:
        if not cell.startswith(_BRACKETS) and not any(separator in cell for separator in SEPARATORS):
            return 0
        lists.append(split_numbers(cell, 2))
        if len(lists[-1]) != len(lists[0]) or not all(map(_may_be_listed, lists[-1])):
            return 0
    return len(lists[0]) if lists and len(lists[0]) > 1 and _order_matters(lists) else 0


def _may_be_listed(text: str) -> bool:
    return is_number(text) or text.lower() == MISSING_NUMBER


def _order_matters(lists: Sequence[Sequence[str]]) -> bool:
    if any(len(set(parts)) < len(parts) for parts in lists):
        return True
    numbers = [[float(part) for part in parts] for parts in lists]
    different = {number for row in numbers for number in row}
    if not all(number.is_integer() for number in different):
        return True
    return len(different) > MOST_NUMBER_CLASSES and any(row != sorted(row) for row in numbers)


def note_on_several(name: str, cells: ColumnCells, size: int) -> str:
    """What the owner should know about a column whose cells are read as ``size`` numbers."""
    bracketed = next(iter(cells.counts)).startswith(_BRACKETS)
    other = "kind: categorical" if bracketed else f"separator: {yaml_quoted(usual_separator(cells.counts))}"
    return (
        f"column '{name}' holds {size} numbers in every cell, which are read as a quantity of {size} numbers: if they "
        f"are labels, {advice(name, other)}"
    )
