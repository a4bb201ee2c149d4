"""Any folder of images with a table of labels (CSV, TSV, Parquet, JSONL): one row an image, one column a task."""

import posixpath
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from mtlue.data.folders import find_files, locate, require_folder
from mtlue.data.image_formats import SUFFIXES
from mtlue.data.listing import TEST, TRAIN, Listing, Skipped
from mtlue.data.options import DataOptions
from mtlue.data.rows import FILE, ROW, Rows, existing, to_listing
from mtlue.data.tables import find_table, read_labels
from mtlue.errors import InputError
from mtlue.tasks import Task

IMAGE_COLUMNS = ("file_name", "filename", "file", "image", "image_path", "path", "img", "image_id", "name")

_TABLE_SPLIT = "\0split"
"""The split that a row's table implies."""
_SEARCHED_ROWS = 200


def read_table(options: DataOptions, tasks: Sequence[Task] | None) -> Listing:
    """The source ``table``. Classes are found from the data unless ``tasks`` fixes them (none: no label is read)."""
    root = require_folder(options)
    table = find_table(root, options.labels)
    frame = read_rows(table, root, options)
    if options.test_labels is not None:
        held_out = read_rows(options.test_labels, root, options)
        frame = pd.concat([frame.assign(**{_TABLE_SPLIT: TRAIN}), held_out.assign(**{_TABLE_SPLIT: TEST})])
    usable = usable_rows(frame.reset_index(drop=True), root, str(table))
    if options.test_labels is not None:
        splits = list(usable.frame[_TABLE_SPLIT])
        usable = Rows(usable.frame.drop(columns=_TABLE_SPLIT), root, str(table), splits, usable.skipped, usable.notes)
    return to_listing(usable, options, tasks)


def read_rows(table: Path, root: Path, options: DataOptions) -> pd.DataFrame:
    """A table's columns as stripped text, with the columns of our own instead of the one that names the images."""
    frame = read_labels(table)
    if frame.empty:
        raise InputError(f"{table} has no rows: there is nothing to read")
    image = _image_column(frame, table, root, options)
    texts = {name: [value and value.strip() for value in frame[name]] for name in frame.columns if name != image}
    words = [f"row {number} of {table.name}" for number in range(1, len(frame) + 1)]
    return pd.DataFrame({**texts, FILE: frame[image], ROW: words}, index=frame.index, dtype=object)


def usable_rows(frame: pd.DataFrame, root: Path, name: str) -> Rows:
    """Rows whose file lies inside the folder and exists; the others, with reasons; and files that no row names."""
    skipped, keep, paths = [], [], []
    for row, (file, words) in enumerate(zip(frame[FILE], frame[ROW], strict=True)):
        path, reason = locate(root, file) if file else (None, "it names no file")
        if path is None:
            skipped.append(Skipped(f"{words} ({file or 'no file'})", reason))
        else:
            keep.append(row)
            paths.append(path)
    if not keep:
        raise InputError(f"no row of {name} has a usable image ({skipped[0].name}: {skipped[0].reason})")
    usable = frame.iloc[keep].reset_index(drop=True).assign(**{FILE: paths})
    cells = {cell for name in frame.columns for cell in frame[name].dropna().unique()}
    named = {posixpath.normpath(cell.strip()) for cell in cells} | {*paths}
    skipped += [Skipped(file, "no row names it") for file in sorted(set(find_files(root)) - named)]
    return Rows(usable, root, name, skipped=skipped)


def _image_column(frame: pd.DataFrame, table: Path, root: Path, options: DataOptions) -> str:
    """The column given; else the first whose cells are files in the folder; else one whose cells look like it."""
    if options.image_column is not None:
        return existing(frame, options.image_column, str(table), "--image-column")
    usual = [name for name in IMAGE_COLUMNS if name in frame.columns]
    columns = [*usual, *(str(name) for name in frame.columns if name not in usual)]
    cells = {name: list(frame[name].dropna().head(_SEARCHED_ROWS)) for name in columns}
    for name in columns:
        if any(locate(root, value)[0] for value in cells[name]):
            return name
    for name in columns:
        if any(Path(value).suffix.lower() in SUFFIXES for value in cells[name]):
            return name
    raise InputError(
        f"no column of {table} names image files in {root} (columns: {', '.join(columns)}): "
        "say which one with --image-column"
    )
