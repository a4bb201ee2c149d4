"""Which of a folder's tables hold labels of its images, and which only say what is for testing. Imports no torch."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from mtlue.data.listing import TEST, TRAIN
from mtlue.data.options import DataOptions
from mtlue.data.rows.image_files import ImageFiles, SeveralColumnsError, image_column
from mtlue.data.rows.parts import tables_below
from mtlue.data.rows.split_column import SPLIT_COLUMN
from mtlue.data.rows.splits import SPLIT_WORDS, split_in
from mtlue.errors import InputError, param
from mtlue.faults import Faults
from mtlue.tables.reading import UNNAMED, USUAL_NAMES, find_tables, given_table, read_label_table

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
    """

    path: Path
    columns: tuple[str, ...]
    says_split: bool

    @property
    def only_splits(self) -> bool:
        """Whether it says nothing else of the images."""
        return self.says_split and len(self.columns) == 1

    @property
    def labels(self) -> bool:
        """Whether it may hold labels."""
        return len(self.columns) > self.says_split


def table_options(files: ImageFiles, options: DataOptions) -> DataOptions | None:
    """The options that read a folder's labels from its tables; None where none names images of it.

    Raises:
        InputError: several tables may be meant; or the only one cannot be read.
    """
    faults = Faults()
    tables = list(_image_tables(files, options, faults))
    labelled = _labelled(tables, files.root, options)
    if not labelled:
        if not files.names:  # the images may lie inside the table
            inside = [path for path in find_tables(files.root) if path.suffix.lower() == ".parquet"]
            labelled = [ImageTable(path, (), False) for path in inside]
        if len(labelled) != 1:
            faults.check()
            return None
    found = {"labels": labelled[0].path}
    if len(labelled) == 2:
        found["test_labels"] = labelled[1].path
    elif not labelled[0].says_split and options.split_column is None:
        found |= _split_table([table for table in tables if table.only_splits], files.root, options)
    given = {name: path for name in found if (path := getattr(options, name)) is not None}
    named = {name: _as_given(path, files.root) for name, path in found.items()}
    return replace(options, **{"dataset": "table", **named, **given})


def _image_tables(files: ImageFiles, options: DataOptions, faults: Faults) -> Iterator[ImageTable]:
    """The tables that name images; what is wrong with the others that are tables goes to ``faults``."""
    below = tables_below(files.root)
    for path in below if len(below) <= _MOST else find_tables(files.root):
        with faults.gathered():
            frame, image = _beginning(path, files, options)
            if image is None:
                continue
            columns = [str(name) for name in frame.columns if name != image and not UNNAMED.fullmatch(str(name))]
            says_split = any(name == SPLIT_COLUMN or _holds_splits(set(frame[name].dropna())) for name in columns)
            yield ImageTable(path, tuple(columns), says_split)


def _beginning(path: Path, files: ImageFiles, options: DataOptions) -> tuple[pd.DataFrame, str | None]:
    """A table's first rows, and the column that names images; all rows only where none of these names any.

    Raises:
        InputError: it is not a table, or several columns may be meant.
    """
    for rows in (_ROWS, None):
        frame = read_label_table(path, rows=rows).frame
        try:
            return frame, image_column(frame, path, files.root, options.image_column)
        except SeveralColumnsError:
            raise
        except InputError:
            if len(frame) < _ROWS:
                break
    return frame, None


def _holds_splits(words: set[str]) -> bool:
    return bool(words) and all(word.strip().lower() in SPLIT_WORDS for word in words)


def _labelled(tables: Sequence[ImageTable], root: Path, options: DataOptions) -> list[ImageTable]:
    """The table of labels; those of training and of test images; none.

    Raises:
        InputError: it may be one of several.
    """
    if options.labels is not None:
        given = given_table(options.labels, root, "labels")
        same = [table for table in tables if table.path.resolve() == given.resolve()]
        return same or [ImageTable(given, (), True)]
    labelled = [table for table in tables if table.labels]
    for name in USUAL_NAMES:
        usual = [table for table in labelled if table.path.stem.lower() == name and table.path.parent == root]
        if len(usual) == 1:
            return usual
    pair = {split_in(table.path.name): table for table in labelled}
    if len(labelled) == 2 and pair.keys() == {TRAIN, TEST} and pair[TRAIN].columns == pair[TEST].columns:
        return [pair[TRAIN], pair[TEST]]
    if len(labelled) > 1:
        ways = _ways("labels", labelled, root)
        raise InputError(f"{root}: {len(labelled)} tables name images and may hold their labels: add {ways}")
    return labelled


def _split_table(tables: Sequence[ImageTable], root: Path, options: DataOptions) -> dict[str, Path]:
    """The table that says what is for testing, as an option.

    Raises:
        InputError: several do.
    """
    if options.split_table is not None or options.test_labels is not None or not tables:
        return {}
    if len(tables) > 1:
        ways = _ways("split_table", tables, root)
        raise InputError(
            f"{root}: {len(tables)} tables say which images are for testing: add {ways}; or "
            f"{param('split_column')} none to hold out a share of them"
        )
    return {"split_table": tables[0].path}


def _ways(option: str, tables: Sequence[ImageTable], root: Path) -> str:
    return " or ".join(f"{param(option)} {_as_given(table.path, root)}" for table in tables)


def _as_given(path: Path, root: Path) -> Path:
    """A table below the folder by its path from there, as options take it."""
    return path.relative_to(root) if path.is_relative_to(root) else path
