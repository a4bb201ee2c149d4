"""Tables that name images of a folder: what their columns are for, and which may each hold the labels. No torch."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from mtlue.data.columns.absent import absent_columns
from mtlue.data.options import DataOptions
from mtlue.data.rows.image_files import ImageFiles, SeveralColumnsError, first_cells, image_column
from mtlue.data.rows.parts import tables_below
from mtlue.data.rows.split_column import SPLIT_COLUMN
from mtlue.data.rows.splits import SPLIT_WORDS
from mtlue.errors import InputError, param, way
from mtlue.faults import Faults
from mtlue.tables.given import as_given, given_table
from mtlue.tables.reading import UNNAMED, find_tables, read_label_table

_MOST = 20
"""Tables that are looked into: where more lie below a folder, only those in the folder itself."""
_ROWS = 10_000
"""Rows of each that are looked at: the columns say in these what they hold, however many follow."""


@dataclass(frozen=True)
class ImageTable:
    """A table that names images of the folder.

    Attributes:
        path: of the table.
        columns: its columns besides the one that names images.
        says_split: whether a column says train or test.
        found: whether any of the images that it names is a file of the folder.
    """

    path: Path
    columns: tuple[str, ...]
    says_split: bool
    found: bool = True

    @property
    def only_splits(self) -> bool:
        """Whether it says nothing else of the images."""
        return self.says_split and len(self.columns) == 1

    @property
    def labels(self) -> bool:
        """Whether it may hold labels."""
        return len(self.columns) > self.says_split


def image_tables(files: ImageFiles, options: DataOptions, faults: Faults) -> list[ImageTable]:
    """The tables that name images; what is wrong with the others that are tables goes to ``faults``.

    Where ``options`` name the column of images, a table without it counts only if it says nothing but splits.
    """
    tables: list[ImageTable] = []
    lacking: dict[Path, list[str]] = {}
    for path in _looked_into(files.root):
        with faults.gathered():
            frame, image = _beginning(path, files, options.image_column)
            table = None if image is None else _image_table(path, frame, image, files)
            lacks = options.image_column not in (None, *frame.columns)
            if lacks:
                lacking[path] = [str(name) for name in frame.columns]
            if table is not None and (table.only_splits or not lacks):
                tables.append(table)
    if options.image_column is not None and options.labels is None and not any(table.labels for table in tables):
        with faults.gathered():
            _refuse_absent(options.image_column, lacking)
    return tables


def rivals_of(read: Sequence[Path], tables: Sequence[ImageTable], options: DataOptions, root: Path) -> list[ImageTable]:
    """The tables that may hold the labels as well as those that are to be read, which nothing but their name chose."""
    others = {name: path for name in ("test_labels", "split_table") if (path := getattr(options, name)) is not None}
    known = {path.resolve() for path in (*read, *(given_table(path, root, name) for name, path in others.items()))}
    return [table for table in tables if table.labels and table.found and table.path.resolve() not in known]


def several_tables(tables: Sequence[ImageTable], root: Path) -> InputError:
    """What to say of several tables that may hold the labels."""
    first, second, *others = tables
    alike = not others and first.columns == second.columns
    train, test = (as_given(table.path, root) for table in (first, second))
    both = way(labels=train, test_labels=test)
    return InputError(
        f"{root}: {len(tables)} tables name images and may hold their labels: add {ways('labels', tables, root)}"
        + (f"; or, if {test} names the test images, {both}" if alike else "")
    )


def ways(option: str, tables: Sequence[ImageTable], root: Path) -> str:
    """The options that choose one of some tables."""
    return " or ".join(way(**{option: as_given(table.path, root)}) for table in tables)


def _looked_into(root: Path) -> list[Path]:
    below = tables_below(root)
    return below if len(below) <= _MOST else find_tables(root)


def _beginning(path: Path, files: ImageFiles, given: str | None) -> tuple[pd.DataFrame, str | None]:
    """A table's first rows, and the column that names images; all rows only where none of these names any.

    Raises:
        InputError: it is not a table, or several columns may be meant.
    """
    for rows in (_ROWS, None):
        frame = read_label_table(path, rows=rows).frame
        try:
            return frame, image_column(frame, path, files.root, given if given in frame.columns else None)
        except SeveralColumnsError:
            raise
        except InputError:
            if len(frame) < _ROWS:
                break
    return frame, None


def _image_table(path: Path, frame: pd.DataFrame, image: str, files: ImageFiles) -> ImageTable:
    columns = [str(name) for name in frame.columns if name != image and not UNNAMED.fullmatch(str(name))]
    says_split = any(name == SPLIT_COLUMN or _holds_splits(set(frame[name].dropna())) for name in columns)
    return ImageTable(path, tuple(columns), says_split, bool(files.named_by(first_cells(frame[image]))))


def _holds_splits(words: set[str]) -> bool:
    return bool(words) and all(word.strip().lower() in SPLIT_WORDS for word in words)


def _refuse_absent(column: str, lacking: Mapping[Path, Sequence[str]]) -> None:
    """Refuse a column of images that no table has.

    Raises:
        InputError: says of each table which columns it has.
    """
    faults = Faults()
    for path, columns in lacking.items():
        faults.add(f"{param('image_column')} {absent_columns([column], str(path), columns)}")
    faults.check()
