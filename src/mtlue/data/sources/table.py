"""Any folder of images with a table of labels (CSV, TSV, Parquet, JSONL): one row an image, one column a task."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd
from torch import Tensor

from mtlue.data.folders import find_files, hashed_split, locate, require_folder
from mtlue.data.images import SUFFIXES
from mtlue.data.inference import chosen_tasks, found_tasks
from mtlue.data.listing import TEST, TRAIN, Listing, Skipped
from mtlue.data.options import DataOptions
from mtlue.data.tables import find_table, read_labels
from mtlue.data.transforms import Pipeline
from mtlue.errors import InputError
from mtlue.tasks import Task, UnknownLabelError

IMAGE_COLUMNS = ("file_name", "filename", "file", "image", "image_path", "path", "img", "image_id", "name")
ID_COLUMN = "id"
SPLIT_COLUMN = "split"
SPLIT_NAMES = {"train": TRAIN, "training": TRAIN, "test": TEST, "testing": TEST}

_FILE, _ROW, _TABLE_SPLIT = "\0file", "\0row", "\0split"
"""Columns of our own: the image's path, the row in words, and the split that the row's table implies."""
_OWN = (_FILE, _ROW, _TABLE_SPLIT)
_SEARCHED_ROWS = 200


def read_table(options: DataOptions, tasks: Sequence[Task] | None) -> Listing:
    """The source ``table``. Classes are found from the data unless ``tasks`` fixes them (none: no label is read)."""
    root = require_folder(options)
    table = find_table(root, options.labels)
    frame = _read_rows(table, root, options)
    if options.test_labels is not None:
        held_out = _read_rows(options.test_labels, root, options)
        frame = pd.concat([frame.assign(**{_TABLE_SPLIT: TRAIN}), held_out.assign(**{_TABLE_SPLIT: TEST})])
    frame, skipped, notes = _usable_rows(frame.reset_index(drop=True), root, table)
    ids = _ids(frame, table, options)
    found, more_notes = _tasks(frame, table, options) if tasks is None else (tuple(tasks), [])
    return Listing(
        tasks=found,
        ids=ids,
        files=list(frame[_FILE]),
        splits=_splits(frame, ids, table, options),
        labels={task.name: _labels(frame, task, table) for task in found},
        pipeline=Pipeline(),
        root=root,
        skipped=skipped,
        notes=[*notes, *more_notes],
    )


def _read_rows(table: Path, root: Path, options: DataOptions) -> pd.DataFrame:
    """A table's columns as stripped text, with the columns of our own instead of the one that names the images."""
    frame = read_labels(table)
    if frame.empty:
        raise InputError(f"{table} has no rows: there is nothing to read")
    image = _image_column(frame, table, root, options)
    texts = {name: [value and value.strip() for value in frame[name]] for name in frame.columns if name != image}
    rows = [f"row {number} of {table.name}" for number in range(1, len(frame) + 1)]
    own = {_FILE: frame[image], _ROW: rows, _TABLE_SPLIT: None}
    return pd.DataFrame({**texts, **own}, index=frame.index, dtype=object)


def _image_column(frame: pd.DataFrame, table: Path, root: Path, options: DataOptions) -> str:
    """The column given; else the first whose cells are files in the folder; else one whose cells look like it."""
    if options.image_column is not None:
        return _existing(frame, options.image_column, table, "--image-column")
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


def _existing(frame: pd.DataFrame, column: str, table: Path, flag: str) -> str:
    if column not in frame.columns:
        names = ", ".join(str(name) for name in frame.columns if name not in _OWN)
        raise InputError(f"{flag} '{column}' is not a column of {table} (columns: {names})")
    return column


def _usable_rows(frame: pd.DataFrame, root: Path, table: Path) -> tuple[pd.DataFrame, list[Skipped], list[str]]:
    """Rows whose file lies inside the folder and exists; the others, with reasons; and files that no row names."""
    skipped, keep, paths = [], [], []
    for row, (name, words) in enumerate(zip(frame[_FILE], frame[_ROW], strict=True)):
        path, reason = locate(root, name) if name else (None, "it names no file")
        if path is None:
            skipped.append(Skipped(f"{words} ({name or 'no file'})", reason))
        else:
            keep.append(row)
            paths.append(path)
    if not keep:
        raise InputError(f"no row of {table} has a usable image ({skipped[0].name}: {skipped[0].reason})")
    usable = frame.iloc[keep].reset_index(drop=True).assign(**{_FILE: paths})
    unnamed = sorted(set(find_files(root)) - set(paths))
    notes = []
    if unnamed:
        notes.append(f"{len(unnamed)} image file(s) in {root} have no row and are left out (the first: {unnamed[0]})")
    return usable, skipped, notes


def _ids(frame: pd.DataFrame, table: Path, options: DataOptions) -> list[str]:
    column = _special(frame, table, options.id_column, ID_COLUMN, "--id-column") or _FILE
    ids = frame[column]
    if ids.isna().any():
        raise InputError(f"{frame[_FILE][int(ids.isna().to_numpy().argmax())]} has no id in {table}: give it one")
    repeated = ids[ids.duplicated(keep=False)]
    if len(repeated):
        same = frame[_ROW][repeated.index[repeated == repeated.iloc[0]]]
        raise InputError(
            f"id '{repeated.iloc[0]}' stands {len(same)} times ({', '.join(same.head(3))}; {repeated.nunique()} "
            "id(s) are repeated): every image needs one row and an id of its own"
        )
    return list(ids)


def _special(frame: pd.DataFrame, table: Path, chosen: str | None, usual: str, flag: str) -> str | None:
    """A column with a meaning of its own: the one given, else the usual one where there is one."""
    if chosen is not None:
        return _existing(frame, chosen, table, flag)
    return usual if usual in frame.columns else None


def _splits(frame: pd.DataFrame, ids: Sequence[str], table: Path, options: DataOptions) -> list[str]:
    if options.test_labels is not None:
        return [str(split) for split in frame[_TABLE_SPLIT]]
    column = _special(frame, table, options.split_column, SPLIT_COLUMN, "--split-column")
    if column is None:
        return [hashed_split(identifier, options.test_fraction) for identifier in ids]
    splits = frame[column]
    if splits.isna().any():
        file = frame[_FILE][int(splits.isna().to_numpy().argmax())]
        raise InputError(f"{file} has no value in the split column '{column}' of {table}: write train or test")
    return [SPLIT_NAMES.get(split.lower(), split) for split in splits]


def _tasks(frame: pd.DataFrame, table: Path, options: DataOptions) -> tuple[tuple[Task, ...], list[str]]:
    special = {
        _special(frame, table, options.id_column, ID_COLUMN, "--id-column"),
        _special(frame, table, options.split_column, SPLIT_COLUMN, "--split-column"),
    }
    columns = frame[[name for name in frame.columns if name not in _OWN and name not in special]]
    if options.tasks is not None:
        return chosen_tasks(columns, options.tasks, str(table)), []
    return found_tasks(columns, str(table))


def _labels(frame: pd.DataFrame, task: Task, table: Path) -> Tensor:
    if task.name not in frame.columns:
        names = ", ".join(str(name) for name in frame.columns if name not in _OWN)
        raise InputError(
            f"{table} has no column '{task.name}' (columns: {names}): every task needs one; "
            "empty cells count as missing labels"
        )
    try:
        return task.parse(list(frame[task.name]))
    except UnknownLabelError as error:
        raise InputError(
            f"{frame[_FILE][error.position]}: {error}: mend it ({frame[_ROW][error.position]}), "
            "leave the cell empty if the label is missing, or fit again with it"
        ) from error
