"""One cell of a table as text, and when it is missing: one rule for CSV, TSV, Parquet and JSONL."""

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

LIST_SEPARATOR = "|"
MISSING_WORDS = frozenset({"nan", "NaN"})
"""What programs write for a number that is not there."""
_NOT_A_NUMBER = ("-1.#IND", "-1.#QNAN", "1.#IND", "1.#QNAN", "-NaN", "-nan", "NaN", "nan")
READ_AS_MISSING = frozenset(
    (*_NOT_A_NUMBER, "#N/A", "#N/A N/A", "#NA", "<NA>", "N/A", "NA", "NULL", "None", "n/a", "null")
)
"""Texts that pandas, and so Hugging Face ``datasets``, reads as missing in a CSV by default."""
_SHOWN = 100
_LARGEST_WRITTEN_OUT = 1e22
"""Whole floats below this are written with all their digits, as Python's integers are."""
_HALF = re.compile("[\ud800-\udfff]")
MANIFEST = "manifest.json"
"""What mtlue puts beside the tables of a release."""
_MANIFEST_HEAD = re.compile(rb'\s*\{\s*"tool":\s*"mtlue"')


RawCell = str | tuple[str | None, ...] | None
"""A cell as text, or a list of such; None where it is missing."""


class ObjectCellError(ValueError):
    """A cell that holds an object (a box, a conversation) instead of a label."""


@dataclass(frozen=True)
class Respelling:
    """How to read a column whose cells people or programs wrote in their own way.

    Attributes:
        plain: cell -> what it is read as; empty where no cell is changed.
        reading: what to say if the column is read as numbers.
        doubt: what to say in any case.
    """

    plain: Mapping[str, str] = field(default_factory=dict)
    reading: str | None = None
    doubt: str | None = None


def cell_text(value: Any) -> str | None:
    """A cell as text; None where it is missing.

    The rule, for every kind of table:

    * Missing are: an empty or blank text; null (None, pd.NA, NaT); the number NaN; and the texts ``nan`` and ``NaN``
      (:func:`is_missing_word`), which programs write for a number that is not there.
    * Everything else is a label as it is written, also ``NA``, ``None`` and ``null``. What an owner means by these is
      said with ``ignore`` in a tasks file.
    * In a release of mtlue (:func:`is_release`) only empty cells are missing, because that is how missing labels are
      written there: the classes ``nan`` and `` `` come back as they were.
    * A folder's name, and a named group of a file's name, is never missing: neither passes through here.

    A number keeps its digits; a whole float is written without its point, because programs turn whole numbers into
    floats where some are missing. Bytes are text in UTF-8. A list becomes its parts between ``LIST_SEPARATOR``, which
    stands for an empty one (:mod:`mtlue.tables.lists`).

    Raises:
        ObjectCellError: the value is an object, a list, or bytes that are not text; says which.
    """
    if isinstance(value, dict | list | tuple):
        raise ObjectCellError("objects, not labels")
    if isinstance(value, bytes):
        return _decoded(value)
    if value is None or (not isinstance(value, str) and value != value):  # NaN, NaT
        return None
    if isinstance(value, float):
        return float_text(value)
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, date) and not isinstance(value, datetime):
        return value.isoformat()
    text = str(value)
    return text if text.strip() else None


def float_text(value: float) -> str:
    """A number without the point of a whole one: '3', '0.5', '123456789012345680'."""
    return str(int(value)) if value.is_integer() and abs(value) < _LARGEST_WRITTEN_OUT else str(value)


def is_missing_word(text: str | None) -> bool:
    """Whether a text stands for a missing number, outside releases of mtlue."""
    return text is not None and text.strip() in MISSING_WORDS


def is_release(table: Path) -> bool:
    """Whether a manifest of mtlue lies next to a table, or next to its folder, as it does for shards."""
    return any(_is_manifest(folder / MANIFEST) for folder in (table.parent, table.parent.parent))


def _is_manifest(path: Path) -> bool:
    try:
        with path.open("rb") as stream:
            return _MANIFEST_HEAD.match(stream.read(100)) is not None
    except OSError:
        return False


def has_half_a_character(value: Any) -> bool:
    """Whether a value of JSON holds half a surrogate pair, which no file can hold as text."""
    return _HALF.search(json.dumps(value, ensure_ascii=False)) is not None


def stripped(cells: Sequence[str | None]) -> list[str | None]:
    """Cells without the spaces and line breaks around their texts, which belong to none where people wrote them."""
    plain = {cell: cell and cell.strip() for cell in set(cells)}
    return [plain[cell] for cell in cells]


def shown_cell(text: str) -> str:
    """A cell as a message shows it: its first characters where it is long."""
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."


def cell_of(value: Any, text: Callable[[Any], str | None] = cell_text) -> RawCell:
    """A value as text, or each part of a list as text."""
    return tuple(map(text, value)) if isinstance(value, list | tuple) else text(value)


def cells_of(values: Iterable[Any], text: Callable[[Any], str | None] = cell_text) -> list[RawCell]:
    """A column's cells; equal ones are one object, so that a column of classes takes little memory."""
    same: dict[RawCell, RawCell] = {}
    texts: dict[str, RawCell] = {}

    def once(value: Any) -> RawCell:
        if type(value) is not str:
            cell = cell_of(value, text)
            return same.setdefault(cell, cell)
        if value not in texts:
            texts[value] = text(value)
        return texts[value]

    return list(map(once, values))


def _decoded(value: bytes) -> str | None:
    try:
        return cell_text(value.decode())
    except UnicodeDecodeError as error:
        raise ObjectCellError("bytes that are neither text nor images") from error
