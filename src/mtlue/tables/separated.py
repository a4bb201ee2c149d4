"""CSV and TSV to columns of text: which separator, where the header ends, and rows that do not fit it."""

import csv
import io
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from itertools import chain, islice
from pathlib import Path

from mtlue.imaging.formats import SUFFIXES
from mtlue.tables.cells import is_release, shown_cell
from mtlue.tables.encodings import read_text
from mtlue.tables.ragged import RaggedRows
from mtlue.tables.raw import MOST_COLUMNS, MOST_NAME, RawTable

SEPARATORS = (",", ";", "\t", "|")
LARGEST_CELL = 2**24
"""Characters of one cell; a quote that is never closed swallows the rest of a file."""
_SEARCHED_ROWS = 30
_FILE_NAMES = ("file", "file_name", "filename", "image", "image_path", "image_id")
"""What tables often call the column of images."""
_EXCEL_HINT = re.compile(r'"?sep=(?P<separator>[^"\r\n])"?(\r\n|\r|\n)', re.IGNORECASE)


def read_separated(path: Path, rows: int | None = None) -> RawTable:
    """A CSV or TSV file. The first line names the columns, also across line breaks inside quotes.

    Rows that do not fit the header are faults of the table that is returned, as is the row where reading had to end.

    Args:
        path: of the file.
        rows: how many are read, by default all.

    Raises:
        ValueError: it is not such a table; the text names the line where that is known.
        OSError: it cannot be read.
    """
    text, notes = read_text(path, legacy=True)
    hint = _EXCEL_HINT.match(text)
    body = text[hint.end() :] if hint else text
    with _large_cells():
        separator = hint["separator"] if hint else _separator(body)
        found = _rows(body, separator, 2 if hint else 1, verbatim=is_release(path))
        read = islice(found, None if rows is None else rows + 1)
        return replace(_table(read, notes, separator), separator=separator)


@contextmanager
def _large_cells() -> Iterator[None]:
    """Python's own limit, which is one for the whole process, is too low for captions and conversations."""
    limit = csv.field_size_limit(LARGEST_CELL)
    try:
        yield
    finally:
        csv.field_size_limit(limit)


def _table(rows: Iterator[tuple[int, list[str]]], notes: tuple[str, ...], separator: str) -> RawTable:
    first, names = next(rows, (1, []))
    ends: list[str] = []
    body = _until_fault(rows, ends)
    beginning = [*islice(body, _SEARCHED_ROWS)]
    _check_header(names, [row for _, row in beginning], first, separator)
    suspicious = names[0].lstrip().startswith("#") or [*filter(str.strip, names)] == names[:1]
    columns: list[list[str]] = [[] for _ in names]
    lines: list[int] = []
    ragged = RaggedRows(names)
    same: dict[str, str] = {}
    for line, row in chain(beginning, body):
        if suspicious and _is_title(names, row):
            raise ValueError(
                f"line {first} ('{shown_cell(names[0].strip())}') does not name the columns of line {line}: delete it "
                "if it is a title or a comment; the first line should name each column"
            )
        cells = ragged.fitting(row, line)
        if cells is not None:
            lines.append(line)
            for column, cell in zip(columns, cells, strict=True):
                column.append(same.setdefault(cell, cell))
    return RawTable(names, columns, notes, lines=lines, faults=[*ragged.faults(), *ends])


def _until_fault(rows: Iterator[tuple[int, list[str]]], faults: list[str]) -> Iterator[tuple[int, list[str]]]:
    """The rows up to the one where a file can be read no further; ``faults`` takes the reason."""
    try:
        yield from rows
    except ValueError as error:
        faults.append(str(error))


def _rows(text: str, separator: str, first_line: int = 1, verbatim: bool = False) -> Iterator[tuple[int, list[str]]]:
    """Each row with text in a cell (spreadsheets leave rows of separators), with the number of its first line.

    Args:
        text: of the file.
        separator: of its cells.
        first_line: its number.
        verbatim: whether every space belongs to a cell, as in a release of mtlue.
    """
    spaced = not verbatim and f'{separator} "' in text  # "a", "b": the space before a quote is not part of the cell
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True, skipinitialspace=spaced)
    while True:
        line = reader.line_num + first_line
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise ValueError(f"line {line}: {_explained(error)}") from error
        if any(map(str.strip, row)):
            yield line, row


def _explained(error: csv.Error) -> str:
    text = str(error)
    if "unexpected end" in text:
        return 'a cell begins with a quote (") that is never closed: close it, or write the quote twice'
    if "field limit" in text:
        return f'a cell is longer than {LARGEST_CELL} characters: is a quote (") never closed?'
    if "expected after" in text:
        return 'text follows the quote (") that closes a cell: write quotes inside a cell twice'
    return text


def _separator(text: str) -> str:
    """The one that cuts the first rows into as many cells as the header; among several such, the one of most cells."""
    best = {separator: _cells(text, separator) for separator in SEPARATORS}
    fitting = [separator for separator, counts in best.items() if counts[0] > 1 and len(set(counts)) == 1]
    likely = fitting or [separator for separator in SEPARATORS[:3] if best[separator][0] > 1]
    header = re.sub(r'"(?:[^"]|"")*"', "", text[:MOST_NAME] if "\n" not in text else text.split("\n", 1)[0])
    counts = {separator: best[separator][0] if fitting else header.count(separator) for separator in likely}
    return max(likely, key=counts.__getitem__, default=SEPARATORS[0])


def _cells(text: str, separator: str) -> list[int]:
    """How many cells the header and the first rows have."""
    counts: list[int] = []
    with suppress(ValueError):  # with another separator the quotes may be elsewhere
        counts += [len(row) for _, row in islice(_rows(text, separator), _SEARCHED_ROWS)]
    return counts or [0]


def _check_header(names: list[str], below: Sequence[list[str]], line: int, separator: str) -> None:
    """Refuse a first line that names no columns, with the first rows below it.

    Raises:
        ValueError: says what it is instead.
    """
    if not names:
        raise ValueError("it is empty")
    if len(names) > MOST_COLUMNS:
        raise ValueError(f"its header names {len(names)} columns, and at most {MOST_COLUMNS} are read: leave some out")
    for column, name in enumerate(names):
        if _is_image_name(name) and _are_image_names([row[column] for row in below if column < len(row)]):
            raise ValueError(no_header(name.strip(), len(names), separator, line))


def _is_image_name(cell: str) -> bool:
    return Path(cell.strip()).suffix.lower() in SUFFIXES


def _are_image_names(cells: Sequence[str]) -> bool:
    """Whether most cells name images, as below an image in a first line that is a row: ``colour.rgb`` may be a column.

    Without a cell nothing speaks against it.
    """
    present = [cell for cell in cells if cell.strip()]
    return 2 * sum(map(_is_image_name, present)) >= len(present)


def _is_title(names: list[str], row: list[str]) -> bool:
    """Whether the first line has one name and a row below it more; or begins with # and is not that row's header."""
    if names[0].lstrip().startswith("#") and len(names) > 1:
        return len(row) != len(names) or any(cell.strip().lower() in _FILE_NAMES for cell in row)
    return any(map(str.strip, row[1:]))


def no_header(image: str, columns: int, separator: str, line: int = 1) -> str:
    """What to do where the first line of a table is a row that names an image."""
    example = separator.join(["file", *(f"label{i}" for i in range(1, min(columns, 4)))])
    return (
        f"line {line} names an image ('{shown_cell(image)}'), so the columns have no names: write a first line "
        f"that names all {columns} of them, such as '{example}'"
    )
