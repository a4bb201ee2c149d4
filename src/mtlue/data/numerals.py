"""Numbers as people write them in spreadsheets, 1,5 or 12.345,6 or 1'234, to plain ones, where that is certain."""

import re
from collections.abc import Sequence
from dataclasses import replace

from mtlue.data.cells import MISSING_WORDS
from mtlue.data.raw import RawTable

_PLAIN = re.compile(r"[+-]?\d+")
_FORMS: dict[str, tuple[re.Pattern[str], str, str, str]] = {
    name: (re.compile(rf"[+-]?(?:\d{{1,3}}(?:[{groups}]\d{{3}})+|\d+)(?:{re.escape(point)}\d+)?"), groups, point, words)
    for name, groups, point, words in (
        ("continental", r".'’\u00a0\u202f", ",", "commas are read as decimal points"),
        ("english", r",", ".", "commas between thousands are left out"),
        ("apostrophe", r"'’\u00a0\u202f", ".", "signs between thousands are left out"),
    )
}
"""Name -> a number's form, the signs between thousands, the decimal sign, and what is said of it."""


def plain_numbers(table: RawTable, separator: str) -> RawTable:
    """The table with numbers as programs write them, and a note on each column that was changed.

    A comma that may be either a decimal point or between thousands is left as it is, with a note. So is one in a
    table whose cells are separated by commas and where ``1,5`` may be two labels.
    """
    columns, notes = [], []
    for name, column in zip(table.names, table.columns, strict=True):
        cells = {cell.strip() for cell in column if cell and cell.strip()} - MISSING_WORDS
        form = _form(cells, separator)
        if form is None:
            columns.append(column)
            if _is_unclear(cells, separator):
                example = next(cell for cell in sorted(cells) if "," in cell)
                notes.append(
                    f"column '{name}' holds '{example}', which may be a decimal or a thousands comma, so that it is "
                    "left as it is: write numbers with a point and nothing between thousands"
                )
            continue
        _, groups, point, words = _FORMS[form]
        columns.append([cell and _plain(cell, groups, point) for cell in column])
        notes.append(f"column '{name}': {words} ('{_example(cells)}' is {_plain(_example(cells), groups, point)})")
    return replace(table, columns=columns, notes=(*table.notes, *notes))


def _plain(cell: str, groups: str, point: str) -> str:
    return re.sub(f"[{groups}]", "", cell.strip()).replace(point, ".")


def _example(cells: set[str]) -> str:
    return min((cell for cell in cells if not _PLAIN.fullmatch(cell)), key=lambda cell: (-len(cell), cell))


def _form(cells: set[str], separator: str) -> str | None:
    """How the column's numbers are written, where one form alone can be meant and it is not the plain one."""
    marked = [cell for cell in cells if re.search(r"[,'’\u00a0\u202f]", cell)]
    if not marked:
        return None
    fitting = [name for name, (form, *_) in _FORMS.items() if all(map(form.fullmatch, cells))]
    if "continental" in fitting and not _proves_decimals(marked, separator):
        fitting.remove("continental")
    elif "continental" in fitting and any("," in cell for cell in marked):
        return "continental"
    if "english" in fitting and any("," in cell for cell in marked) and not _proves_thousands(cells, separator):
        fitting.remove("english")
    return fitting[0] if fitting else None


def _proves_decimals(marked: Sequence[str], separator: str) -> bool:
    """A comma that cannot stand between thousands, in a table whose separator is another sign."""
    return separator != "," and any(
        re.fullmatch(r".*,(\d{1,2}|\d{4,})|[+-]?0,.*|.*[.'’\u00a0\u202f].*,.*", c) for c in marked
    )


def _proves_thousands(cells: set[str], separator: str) -> bool:
    """Two commas, or a point after one; else groups of three that begin with fewer, and no longer number beside them.

    ``101,205`` alone may be two labels, so it proves nothing.
    """
    if any(re.fullmatch(r".*,\d{3},\d{3}.*|.*,\d{3}\.\d+", cell) for cell in cells):
        return True
    first = [len(re.split(r"[,.]", cell.lstrip("+-"))[0]) for cell in cells]
    return separator == "," and max(first) <= 3 and any(re.match(r"[+-]?\d{1,2},", cell) for cell in cells)


def _is_unclear(cells: set[str], separator: str) -> bool:
    marked = [cell for cell in cells if "," in cell]
    return bool(marked) and separator != "," and all(re.fullmatch(r"[+-]?\d+(,\d+)?", cell) for cell in cells)
