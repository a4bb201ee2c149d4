"""Label tables: CSV, TSV, Parquet or JSONL to columns of text; ``cells.py`` says what counts as missing."""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import pandas as pd

from mtlue.errors import InputError, param, way
from mtlue.faults import Faults
from mtlue.files import seen
from mtlue.tables.cells import is_missing_word, is_release
from mtlue.tables.encodings import SAVE_AS
from mtlue.tables.given import as_given
from mtlue.tables.jsonlines import read_json_lines
from mtlue.tables.parquet import read_parquet
from mtlue.tables.raw import MOST_NAME, RawTable
from mtlue.tables.separated import read_separated
from mtlue.wording import counted

READERS: dict[str, Callable[[Path, int | None], RawTable]] = {
    ".csv": read_separated,
    ".tsv": read_separated,
    ".parquet": read_parquet,
    ".jsonl": read_json_lines,
}
_SHOWN = 5
USUAL_NAMES = ("metadata", "labels", "annotations")
UNNAMED = re.compile(r"Unnamed: \d+|__index_level_\d+__")
"""Names that pandas gives to columns without one."""


@dataclass(frozen=True)
class LabelTable:
    """A table as text.

    Attributes:
        frame: columns of text, None where a cell is missing. Columns without a name are named as in pandas.
        notes: what was concluded or left out.
        verbatim: whether spaces around texts belong to them, as in a release of mtlue.
        separator: what separates cells where people may have written numbers their way; None elsewhere.
        lines: for each row the line of the file where it begins; None in files without lines.
    """

    frame: pd.DataFrame
    notes: tuple[str, ...]
    verbatim: bool = False
    separator: str | None = None
    lines: Sequence[int] | None = None

    def place(self, row: int) -> str:
        """A row in words, as one finds it in the file: ``line 3``, or ``row 2`` where a file has no lines."""
        return f"row {row + 1}" if self.lines is None else f"line {self.lines[row]}"


def find_tables(root: Path) -> list[Path]:
    """The tables that lie in a folder itself."""
    return sorted(path for path in root.iterdir() if path.suffix.lower() in READERS and seen(path.is_file))


def find_table(root: Path) -> Path:
    """``metadata.*``, ``labels.*``, or the only table in the folder.

    Raises:
        InputError: there is none, or which one is not clear.
    """
    tables = find_tables(root)
    for name in USUAL_NAMES:
        usual = [path for path in tables if path.stem.lower() == name]
        if len(usual) == 1:
            return usual[0]
    if len(tables) == 1:
        return tables[0]
    have = f"{len(tables)} of them: {', '.join(path.name for path in tables[:5])}" if tables else _tables_below(root)
    named = f"name it with {param('labels')}"
    if tables:
        named = f"add {' or '.join(way(labels=as_given(path, root)) for path in tables[:_SHOWN])}"
    raise InputError(
        f"{root} should hold one table of labels ({', '.join(READERS)}), found {have}: {named}"
        + (
            f", and with {param('test_labels')} or {param('split_table')} one that says which images are for testing"
            if tables
            else ""
        )
    )


def _tables_below(root: Path) -> str:
    """The tables in folders below, which are not read unless they are named."""
    below = (path for path in sorted(root.rglob("*")) if path.suffix.lower() in READERS and seen(path.is_file))
    tables = [path.relative_to(root).as_posix() for path in islice(below, _SHOWN)]
    return f"none there, but {', '.join(tables)}" if tables else "none"


def read_label_table(path: Path, found: Faults | None = None, rows: int | None = None) -> LabelTable:
    """Read a table as text.

    Args:
        path: of the file.
        found: takes what is wrong with single rows and names, which are then left out; by default it is raised.
        rows: how many are read, from the first one; by default all.

    Raises:
        InputError: the file is not such a table; the text names it and the line where that is known.
    """
    reader = READERS.get(path.suffix.lower())
    if reader is None:
        raise InputError(f"{path}: a table of labels must be one of {', '.join(READERS)} (in a spreadsheet, {SAVE_AS})")
    try:
        raw = reader(path, rows)
    except FileNotFoundError as error:
        raise InputError(f"{path}: there is no such table") from error
    except OSError as error:
        raise InputError(f"{path} cannot be read ({error.strerror or error})") from error
    except ValueError as error:
        raise InputError(f"{path} cannot be read as a table of labels: {error}") from error
    return as_label_table(path, raw, found)


def as_label_table(path: Path, raw: RawTable, found: Faults | None = None) -> LabelTable:
    """A table that was read from a file, with names checked and missing cells told from others.

    Args:
        path: of the file.
        raw: what it holds.
        found: as in :func:`read_label_table`.

    Raises:
        InputError: columns have no names that could be used, or rows are wrong.
    """
    faults = Faults() if found is None else found
    names, wrong = _names(raw.names)
    faults.add(*(f"{path}: {fault}" for fault in [*wrong, *raw.faults]))
    if found is None:
        faults.check()
    return _as_labels(path, raw, names)


def _as_labels(path: Path, raw: RawTable, names: Sequence[str]) -> LabelTable:
    """The table with missing cells told from others; of columns of one name, the first."""
    verbatim = is_release(path)
    notes = list(raw.notes)
    columns = {}
    for name, cells in zip(names, raw.columns, strict=True):
        if name not in columns:
            columns[name], note = _with_missing(name, cells, verbatim, path)
            notes += note
    kept = {name: cells for name, cells in columns.items() if not UNNAMED.fullmatch(name) or any(cells)}
    frame = pd.DataFrame(kept, dtype=object)
    return LabelTable(frame, tuple(notes), verbatim, None if verbatim else raw.separator, raw.lines)


def _names(given: Sequence[str]) -> tuple[list[str], list[str]]:
    """Names of columns in one line each, those without one as pandas calls them; and what is wrong with them."""
    plain = [re.sub(r"\s*[\r\n\t]+\s*", " ", name.strip()) for name in given]
    faults = [
        f"the name of column {number} has {len(name)} characters, and at most {MOST_NAME} are read "
        f"('{name[:20]}...'): shorten it"
        for number, name in enumerate(plain, start=1)
        if len(name) > MOST_NAME
    ]
    names = [name or f"Unnamed: {number}" for number, name in enumerate(plain)]
    repeated = [(name, count) for name, count in Counter(names).items() if count > 1]
    faults += [
        f"{count} columns are named '{name}': rename {'one' if count == 2 else 'all but one'}"
        for name, count in repeated
    ]
    return names, faults


def _with_missing(
    name: str, cells: Sequence[str | None], verbatim: bool, path: Path
) -> tuple[list[str | None], list[str]]:
    """The cells with None where they are missing; and a note where a word among other words was taken for that."""
    present = {cell: cell if cell and (verbatim or cell.strip()) else None for cell in set(cells)}
    words = {cell for cell in present.values() if not verbatim and is_missing_word(cell)}
    present.update(dict.fromkeys(words))
    kept = [present[cell] for cell in cells]
    if not words or all(_is_number(cell) for cell in present.values() if cell):
        return kept, []
    count = sum(cell in words for cell in cells)
    return kept, [
        f"column '{name}' of {path.name}: nan counts as missing in {counted(count, 'cell')}; rename it if it is a class"
    ]


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
