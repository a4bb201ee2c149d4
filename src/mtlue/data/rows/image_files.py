"""The image files of a folder, and which column of a table names them. Imports no torch."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from pathlib import Path

import pandas as pd

from mtlue.data.files.folders import find_files, locate
from mtlue.data.rows.naming import FileIndex
from mtlue.data.rows.rows import require_column
from mtlue.errors import InputError, param
from mtlue.faults import listed
from mtlue.imaging.formats import SUFFIXES

IMAGE_COLUMNS = ("file_name", "filename", "file", "image", "image_path", "path", "img", "image_id", "name")
"""Usual names of the column of images."""
_SEARCHED_ROWS = 200
_SHOWN_COLUMNS = 20


@dataclass(frozen=True)
class ImageFiles:
    """The files below a folder, looked for once."""

    root: Path

    @cached_property
    def names(self) -> list[str]:
        """Paths below the root."""
        return find_files(self.root)

    @cached_property
    def index(self) -> FileIndex:
        """The same by what people write instead of the whole path."""
        return FileIndex(self.names, self.root.resolve().name)


def image_column(frame: pd.DataFrame, table: Path, root: Path, given: str | None) -> str:
    """The column given; else the first whose cells are files, or look like files, or are the names of files.

    Raises:
        InputError: the column given is absent, or no column names images.
    """
    if given is not None:
        return require_column(frame, given, str(table), "image_column")
    usual = [name for name in IMAGE_COLUMNS if name in frame.columns]
    columns = [*usual, *(str(name) for name in frame.columns if name not in usual)]
    for name in columns:
        if any(locate(root, value)[0] for value in first_cells(frame[name])):
            return name
    for name in columns:
        if any(Path(value).suffix.lower() in SUFFIXES for value in first_cells(frame[name])):
            return name
    index = ImageFiles(root).index
    for name in columns:
        hits = [index.find(value) != (None, "") for value in first_cells(frame[name])]
        if sum(hits) > len(hits) // 2 and frame[name].dropna().is_unique:
            return name
    raise InputError(
        f"no column of {table} names image files in {root} (columns: {listed(columns, _SHOWN_COLUMNS) or 'none'}): "
        f"name it with {param('image_column')}"
    )


def first_cells(column: "pd.Series[str]") -> Sequence[str]:
    """The first cells of a column that are not missing."""
    return list(islice((cell for cell in column if cell), _SEARCHED_ROWS))
