"""JSON lines, one object per row, to columns of text; numbers keep the digits that the file shows."""

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from mtlue.tables.cells import ObjectCellError, RawCell, cell_of, float_text, has_half_a_character
from mtlue.tables.encodings import read_text
from mtlue.tables.lists import joined
from mtlue.tables.raw import MOST_COLUMNS, RawTable
from mtlue.wording import counted

_SHOWN_LINES = 5


def read_json_lines(path: Path, rows: int | None = None) -> RawTable:
    """A JSONL file. A column that holds objects is left out with a note.

    Lines that are not JSON objects, or hold something other than text, are faults of the table that is returned.

    Args:
        path: of the file.
        rows: how many are read, by default all.

    Raises:
        ValueError: it is no such table at all.
        OSError: it cannot be read.
    """
    text, notes = read_text(path, legacy=False)
    if text.lstrip().startswith("["):
        raise ValueError(
            "line 1 is not a JSON object, but begins an array: write each of its objects on a line of its own"
        )
    read = _Rows()
    faults: list[str] = []
    for number, line in enumerate(text.split("\n"), start=1):
        if len(read.lines) == rows:
            break
        if not line.strip():
            continue
        try:
            row = _parsed(line, number)
        except ValueError as error:
            faults.append(str(error))
            continue
        read.add(row, number)
    left_out = [
        f"column '{name}' of {path.name} holds objects (line {line}), not labels: it is left out"
        for name, line in read.objects.items()
    ]
    table = _with_lists(path, read.columns(), [*notes, *left_out])
    return replace(table, lines=read.lines, faults=_first(faults))


class _Rows:
    """The rows that were read so far.

    Attributes:
        lines: of the file, one per row.
        objects: name of a column that holds objects -> the line of the first.
    """

    def __init__(self) -> None:
        self._columns: dict[str, list[RawCell]] = {}
        self._same: dict[RawCell, RawCell] = {}
        self.lines: list[int] = []
        self.objects: dict[str, int] = {}

    def add(self, row: Mapping[str, Any], number: int) -> None:
        """Count one more row, of line ``number``.

        Raises:
            ValueError: there are too many columns now.
        """
        for name, value in row.items():
            cells = self._columns.setdefault(name, [])
            cells += [None] * (len(self.lines) - len(cells))
            cell = self._cell(name, value, number)
            cells.append(self._same.setdefault(cell, cell))
        self.lines.append(number)
        if len(self._columns) > MOST_COLUMNS:
            raise ValueError(
                f"line {number} brings the number of names to {len(self._columns)}: at most {MOST_COLUMNS} are read"
            )

    def columns(self) -> dict[str, list[RawCell]]:
        """Every column of labels, as long as there are rows."""
        count = len(self.lines)
        return {
            name: [*cells, *[None] * (count - len(cells))]
            for name, cells in self._columns.items()
            if name not in self.objects
        }

    def _cell(self, name: str, value: Any, number: int) -> RawCell:
        try:
            return cell_of(value)
        except ObjectCellError:
            self.objects.setdefault(name, number)
            return None


def _first(faults: list[str]) -> list[str]:
    """The first faults, and how many more there are."""
    more = len(faults) - _SHOWN_LINES
    rest = [counted(more, "more line cannot be read", "more lines cannot be read")] if more > 0 else []
    return [*faults[:_SHOWN_LINES], *rest]


def _with_lists(path: Path, columns: dict[str, list[RawCell]], notes: list[str]) -> RawTable:
    kept = {}
    for name, cells in columns.items():
        try:
            kept[name], more = joined(name, cells)
            notes += more
        except ObjectCellError as error:
            notes.append(f"column '{name}' of {path.name} holds {error}: it is left out")
    return RawTable(list(kept), list(kept.values()), tuple(notes))


def _parsed(line: str, number: int) -> dict[str, Any]:
    try:
        row = json.loads(
            line,
            parse_int=str,
            parse_float=_as_written,
            parse_constant=lambda word: None if word == "NaN" else word,
            object_pairs_hook=_without_repeats,
        )
        _require_text(row, line)
    except RecursionError as error:
        raise ValueError(f"line {number} is nested too deeply: write plain values, or lists of them") from error
    except json.JSONDecodeError as error:
        raise ValueError(f"line {number} is not JSON ({error.msg} at character {error.pos + 1}): correct it") from error
    except ValueError as error:
        raise ValueError(f"line {number} {error}") from error
    return dict(row)


def _require_text(row: Any, line: str) -> None:
    """Refuse what is not an object, and half a surrogate pair, which no file can hold as text."""
    if not isinstance(row, dict):
        raise ValueError('is not a JSON object: write one per line, such as {"file": "a.png", "label": "cat"}')
    escaped = "\\ud" in line.lower()  # the only way to write a half
    half = next((name for name, value in row.items() if escaped and has_half_a_character([name, value])), None)
    if half is not None:
        shown = half.encode("utf-8", "backslashreplace").decode()
        raise ValueError(f"holds half a character in '{shown}' (\\ud800 to \\udfff without its other half): correct it")


def _as_written(text: str) -> str:
    """A number with its digits; a whole one without its point, and 1e5 in full, as in every other table."""
    return float_text(float(text)) if "e" in text.lower() else re.sub(r"\.0+$", "", text)


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    row = dict(pairs)
    if len(row) < len(pairs):
        names = [name for name, _ in pairs]
        repeated = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"has the name '{repeated}' twice: keep one")
    return row
