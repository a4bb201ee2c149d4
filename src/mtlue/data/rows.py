"""Rows of labels, each with the file of its image, to a listing: ids, splits, tasks and labels from the columns."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd
from torch import Tensor

from mtlue.data.columns.discovery import Found, find_tasks
from mtlue.data.columns.known import columns_for
from mtlue.data.columns.rules_file import read_rules
from mtlue.data.folders import hashed_split, locate
from mtlue.data.labelmaps import LabelFiles
from mtlue.data.listing import TEST, TRAIN, Listing, Skipped
from mtlue.data.options import DataOptions
from mtlue.data.split_words import notes_on_words
from mtlue.data.transforms import Pipeline
from mtlue.errors import InputError
from mtlue.tasks import DenseTask, Regression, Task, UnknownLabelError, image_tasks

FILE, ROW = "\0file", "\0row"
"""Columns of our own: the image's path below the root, and the row in words."""
OWN = (FILE, ROW)
ID_COLUMN = "id"
SPLIT_COLUMN = "split"
SPLIT_NAMES = {"train": TRAIN, "training": TRAIN, "test": TEST, "testing": TEST}


@dataclass(frozen=True)
class Rows:
    """What a source read.

    Attributes:
        frame: one row an image, columns of text (None where missing), with :data:`OWN`.
        root: folder that the files lie in.
        name: what the table is called in errors.
        splits: each row's split where the source knows it; else a column or the id's hash says it.
        skipped, notes: as in a listing.
        classes: columns whose cells are classes whatever they look like.
    """

    frame: pd.DataFrame
    root: Path
    name: str
    splits: Sequence[str] | None = None
    skipped: Sequence[Skipped] = ()
    notes: Sequence[str] = ()
    classes: Sequence[str] = ()


def existing(frame: pd.DataFrame, column: str, name: str, flag: str) -> str:
    """The column, or an error that lists which ones there are."""
    if column not in frame.columns:
        names = ", ".join(str(its) for its in frame.columns if its not in OWN)
        raise InputError(f"{flag} '{column}' is not a column of {name} (columns: {names})")
    return column


def to_listing(rows: Rows, options: DataOptions, tasks: Sequence[Task] | None) -> Listing:
    """The listing of rows. Tasks are found from the columns unless ``tasks`` fixes them (none: no label is read).

    Raises:
        InputError: an id stands twice or is missing, a split or a label cannot be read; names file and row.
    """
    ids = _ids(rows, options)
    found = _found(rows, options, tasks)
    labels = {task.name: _labels(rows, found.columns[task.name], task) for task in found.tasks}
    splits = list(rows.splits) if rows.splits is not None else _splits(rows, ids, options)
    listing = Listing(
        tasks=found.tasks,
        ids=ids,
        files=list(rows.frame[FILE]),
        splits=splits,
        labels={name: files if isinstance(files, Tensor) else files.files for name, files in labels.items()},
        pipeline=Pipeline(),
        root=rows.root,
        skipped=rows.skipped,
        notes=[*rows.notes, *found.notes, *_split_notes(rows, splits, options)],
        chosen=True,
        texts={task.name: _texts(found.columns[task.name]) for task in found.tasks if isinstance(task, Regression)},
    )
    lost = {i: skipped for label in labels.values() if isinstance(label, _Located) for i, skipped in label.lost.items()}
    if not lost:
        return listing
    kept = listing.take([i for i in range(len(listing)) if i not in lost])
    return replace(kept, skipped=[*listing.skipped, *lost.values()])


def _ids(rows: Rows, options: DataOptions) -> list[str]:
    frame = rows.frame
    column = _special(rows, options.id_column, ID_COLUMN, "--id-column") or FILE
    ids = frame[column]
    if ids.isna().any():
        raise InputError(f"{frame[FILE][int(ids.isna().to_numpy().argmax())]} has no id in {rows.name}: give it one")
    repeated = ids[ids.duplicated(keep=False)]
    if len(repeated):
        same = frame[ROW][repeated.index[repeated == repeated.iloc[0]]]
        raise InputError(
            f"id '{repeated.iloc[0]}' stands {len(same)} times ({', '.join(same.head(3))}; {repeated.nunique()} "
            "id(s) are repeated): every image needs one row and an id of its own"
        )
    return list(ids)


def _special(rows: Rows, chosen: str | None, usual: str, flag: str) -> str | None:
    """A column with a meaning of its own: the one given, else the usual one where there is one."""
    if chosen is not None:
        return existing(rows.frame, chosen, rows.name, flag)
    return usual if usual in rows.frame.columns else None


def _splits(rows: Rows, ids: Sequence[str], options: DataOptions) -> list[str]:
    column = _special(rows, options.split_column, SPLIT_COLUMN, "--split-column")
    if column is None:
        return [hashed_split(identifier, options.test_fraction) for identifier in ids]
    splits = rows.frame[column]
    if splits.isna().any():
        file = rows.frame[FILE][int(splits.isna().to_numpy().argmax())]
        raise InputError(f"{file} has no value in the split column '{column}' of {rows.name}: write train or test")
    return [SPLIT_NAMES.get(split.lower(), split) for split in splits]


def _split_notes(rows: Rows, splits: Sequence[str], options: DataOptions) -> list[str]:
    column = _special(rows, options.split_column, SPLIT_COLUMN, "--split-column")
    return [] if column is None or rows.splits is not None else notes_on_words(list(rows.frame[column]), splits, column)


def _found(rows: Rows, options: DataOptions, tasks: Sequence[Task] | None) -> Found:
    special = {
        _special(rows, options.id_column, ID_COLUMN, "--id-column"),
        _special(rows, options.split_column, SPLIT_COLUMN, "--split-column"),
    }
    columns = rows.frame[[name for name in rows.frame.columns if name not in OWN and name not in special]]
    rules = read_rules(options.tasks)
    if tasks is None:
        return find_tasks(columns, rules, rows.name, rows.root, rows.classes)
    return Found(tuple(tasks), columns_for(columns, tasks, rules, rows.name), ())


def _texts(cells: "pd.Series[str]") -> list[str | None]:
    return [cell if isinstance(cell, str) else None for cell in cells.tolist()]


@dataclass(frozen=True)
class _Located:
    """The files of a dense task's labels; and the rows whose file cannot be used."""

    files: LabelFiles
    lost: dict[int, Skipped]


def _located(rows: Rows, cells: "pd.Series[str]", task: DenseTask) -> _Located:
    paths: list[str | None] = []
    lost = {}
    for row, cell in enumerate(cells):
        path, reason = (None, "") if pd.isna(cell) else locate(rows.root, cell)
        if reason:
            lost[row] = Skipped(rows.frame[FILE][row], f"its label for '{task.name}', {cell}: {reason}")
        paths.append(path)
    return _Located(LabelFiles(paths), lost)


def _labels(rows: Rows, cells: "pd.Series[str]", task: Task) -> Tensor | _Located:
    if isinstance(task, DenseTask):
        return _located(rows, cells, task)
    frame = rows.frame
    (image_task,) = image_tasks([task], rows.name)
    try:
        return image_task.parse(_texts(cells))
    except UnknownLabelError as error:
        raise InputError(
            f"{frame[FILE][error.position]}: {error}: mend it ({frame[ROW][error.position]}), "
            "leave the cell empty if the label is missing, or fit again with it"
        ) from error
