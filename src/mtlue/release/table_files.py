"""CSV files of a release: one line per row, in quotes what a reader would otherwise take for the end of a cell."""

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TextIO


def write_table(path: Path, columns: Mapping[str, Sequence[str]]) -> None:
    """Write a table in UTF-8, whose lines end in ``\\n`` on every system.

    Args:
        path: the file.
        columns: name -> cells, of one length.

    Raises:
        OSError: it cannot be written.
    """
    with path.open("w", encoding="utf-8", newline="") as stream:
        write_rows(stream, columns)


def write_rows(stream: TextIO, columns: Mapping[str, Sequence[str]], header: bool = True) -> None:
    """Write a table, or with ``header=False`` further rows of one, to a stream that leaves ends of lines alone."""
    writer = csv.writer(_Lines(stream), lineterminator=_Lines.END)
    if header:
        writer.writerow(columns)
    writer.writerows(zip(*columns.values(), strict=True))


class _Lines:
    """Takes rows that end in CR LF, so that :mod:`csv` puts cells with either in quotes, and writes ``\\n`` instead."""

    END = "\r\n"

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, row: str) -> None:
        self._stream.write(row.removesuffix(self.END) + "\n")
