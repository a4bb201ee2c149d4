"""Cells that hold lists: how programs write them into CSV, and how their labels are written as one text."""

import ast
import json
import re
import warnings
from collections.abc import Collection, Sequence
from contextlib import suppress
from typing import Any

from mtlue.tables.advice import advice, yaml_quoted
from mtlue.tables.cells import (
    LIST_SEPARATOR,
    ObjectCellError,
    RawCell,
    Respelling,
    cell_text,
    has_half_a_character,
    shown_cell,
)
from mtlue.wording import counted

_MISSING_NUMBER = "nan"
_ADJACENT = re.compile(r"""(?<=['"])\s+(?=['"])""")
"""What numpy writes between texts; Python would take them for one."""
_TAGS = re.compile(r"#[^\s#]+(\s+#[^\s#]+)*")
_LISTED = re.compile(r"[^\s,],(\s+\S|[^\W\d])")
"""A comma with something behind it that makes no number of both."""
_LONGEST = 100_000
"""Characters of a cell that is read as Python's list; JSON's may be longer."""
_SHARE = 5
"""If one in this many different cells holds a sign that may separate labels, that is more than a slip."""


def joined(name: str, cells: Sequence[RawCell]) -> tuple[list[str | None], list[str]]:
    """The cells of a column, lists as one text each with ``LIST_SEPARATOR`` between their parts; and notes.

    A part without a value is ``nan`` where all lists are numbers and equally long; else it is not a label, with a note.

    Raises:
        ObjectCellError: a label holds the separator, so it would be cut; the text says so.
    """
    lists = {cell for cell in cells if isinstance(cell, tuple)}
    cut = next((part for parts in lists for part in parts if part and LIST_SEPARATOR in part), None)
    if cut is not None:
        raise ObjectCellError(
            f"lists whose parts hold '{LIST_SEPARATOR}' ('{shown_cell(cut)}'), which separates parts here"
        )
    gaps = {parts for parts in lists if None in parts}
    vectors = bool(gaps) and len({len(parts) for parts in lists}) == 1 and all(map(_holds_numbers, lists))
    texts = {parts: _text(parts, vectors) for parts in lists}
    count = sum(cell in gaps for cell in cells if isinstance(cell, tuple))
    lists_count = counted(count, "list count", "lists count")
    notes = [f"column '{name}': empty parts of {lists_count} as no label"] if gaps and not vectors else []
    return [texts[cell] if isinstance(cell, tuple) else cell for cell in cells], notes


def _text(parts: tuple[str | None, ...], vector: bool) -> str:
    if vector:
        return LIST_SEPARATOR.join(part or _MISSING_NUMBER for part in parts)
    return LIST_SEPARATOR.join(part for part in parts if part) or LIST_SEPARATOR


def _holds_numbers(parts: tuple[str | None, ...]) -> bool:
    return len(parts) > 1 and all(part is None or _is_number(part) for part in parts)


def _is_number(text: str) -> bool:
    return re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", text) is not None


def read_lists(name: str, cells: Collection[str]) -> Respelling | None:
    """How to read a CSV's column whose cells are all lists, as JSON, Python or numpy write them; None for another.

    Lists of numbers that are equally long are left to be read as they are.
    """
    if not cells or not all(cell.startswith("[") and cell.endswith("]") for cell in cells):
        return None
    lists = {cell: _parsed(cell) for cell in cells}
    parsed = [parts for parts in lists.values() if parts is not None]
    if len(parsed) < len(lists):
        return None
    if len({len(parts) for parts in parsed}) == 1 and all(part and _is_number(part) for p in parsed for part in p):
        return None
    try:
        texts, notes = joined(name, parsed)
    except ObjectCellError as error:
        return Respelling(doubt=f"column '{name}' holds {error}; its cells are read as one text each")
    return Respelling(
        {cell: text or "" for cell, text in zip(lists, texts, strict=True)}, doubt=next(iter(notes), None)
    )


def _parsed(cell: str) -> tuple[str | None, ...] | None:
    """The parts of a list as texts; None where the cell is not a list, or is one of objects or half characters."""
    try:
        value = _literal(cell)
        parts = tuple(map(cell_text, value)) if isinstance(value, list) else None
        return None if has_half_a_character(parts) else parts
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return None


def _literal(cell: str) -> Any:
    """A value as JSON, else as Python writes it; raises what their readers raise."""
    with suppress(ValueError):
        return json.loads(cell, parse_int=str, parse_float=str)
    if len(cell) > _LONGEST:
        raise ValueError("too long")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of backslashes that mean nothing to Python
        return ast.literal_eval(_ADJACENT.sub(", ", cell))


def note_on_lists(name: str, cells: Collection[str]) -> str | None:
    """A hint where many cells look like lists between commas, or of #tags, that are read as one text each."""
    if any(" #" in cell for cell in cells) and all(map(_TAGS.fullmatch, cells)):
        return _note(name, next(cell for cell in sorted(cells) if " #" in cell), " ")
    several = [cell for cell in cells if _LISTED.search(cell)]
    parts = {part.strip() for cell in cells for part in cell.split(",")}
    if len(several) < 2 or _SHARE * len(several) < len(cells) or len(parts) > len(cells):
        return None
    return _note(name, min(several), ",")


def _note(name: str, example: str, separator: str) -> str:
    return (
        f"column '{name}': cells such as '{shown_cell(example)}' are read as one text each: if they hold several "
        f"labels, {advice(name, f'separator: {yaml_quoted(separator)}')}"
    )
