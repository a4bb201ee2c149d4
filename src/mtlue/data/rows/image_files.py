"""The image files of a folder, and which column of a table names them. Imports no torch."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from pathlib import Path

import pandas as pd

from mtlue.data.columns.naming import says_quantity
from mtlue.data.files.folders import find_files, locate
from mtlue.data.rows.naming import FileIndex
from mtlue.data.rows.rows import require_column
from mtlue.errors import InputError, param, way
from mtlue.faults import listed
from mtlue.imaging.formats import SUFFIXES
from mtlue.suggestions import clear

IMAGE_COLUMNS = ("file_name", "filename", "file", "image", "image_path", "path", "img", "image_id", "name")
"""Usual names of the column of images."""
_SEARCHED_ROWS = 200
_SHOWN_COLUMNS = 20
_DISTINCT = 0.8
"""Share of a column's cells that must differ where they may be numbers of images as well as labels: in a column of
images, one that appears twice is an oversight."""


class SeveralColumnsError(InputError):
    """Two columns of a table each name images, and not the same."""


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

    def named_by(self, cells: Iterable[str]) -> set[str]:
        """The files that cells name; those that may mean several count for none."""
        return {path for cell in cells if (path := self.index.find(cell)[0]) is not None}


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
    files = ImageFiles(root)
    likely = [name for name in columns if _may_number(name, frame[name]) and _names_most(frame[name], files)]
    named = [name for name in likely if _distinct(frame[name]) == 1] or likely
    if not named:
        present = listed([*map(clear, columns)], _SHOWN_COLUMNS) or "none"
        raise InputError(
            f"no column of {table} names image files in {root} (columns: {present}): "
            f"name it with {param('image_column')}"
        )
    if named[0] not in usual:
        _refuse_several(named, frame, table, files)
    return named[0]


def _may_number(name: str, column: "pd.Series[str]") -> bool:
    """Whether a column may name images by numbers: ages never do, however many of them differ."""
    return _distinct(column) >= _DISTINCT and not says_quantity(name)


def _distinct(column: "pd.Series[str]") -> float:
    """The share of a column's cells that differ: 1 where no two are alike."""
    cells = [cell for cell in column if cell]
    return len({*cells}) / len(cells) if cells else 0.0


def _names_most(column: "pd.Series[str]", files: ImageFiles) -> bool:
    """Whether a column's first cells are mostly names of files without suffix or folder; or those of most files, where
    a table has more rows than there are images."""
    cells = first_cells(column)
    hits = sum(files.index.find(cell) != (None, "") for cell in cells)
    return 2 * hits > len(cells) or 2 * len(files.named_by(cell for cell in column if cell)) > len(files.names) > 0


def _refuse_several(names: Sequence[str], frame: pd.DataFrame, table: Path, files: ImageFiles) -> None:
    """Refuse a table of which two columns name images, and not the same: numbers from 1 to 100, and their ranks, say.

    Raises:
        SeveralColumnsError: names the columns.
    """
    found = {name: tuple(files.index.find(cell or "") for cell in frame[name]) for name in names}
    if len({*found.values()}) > 1:
        raise SeveralColumnsError(
            f"columns {listed([*map(clear, names)], _SHOWN_COLUMNS)} of {table} each name image files in {files.root}, "
            f"and not the same: say which one: {' or '.join(way(image_column=name) for name in names[:_SHOWN_COLUMNS])}"
        )


def first_cells(column: "pd.Series[str]") -> Sequence[str]:
    """The first cells of a column that are not missing."""
    return list(islice((cell for cell in column if cell), _SEARCHED_ROWS))
