"""Rows of labels, each with the file of its image, to a listing: ids, splits, tasks and labels from the columns."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd
from torch import Tensor

from mtlue.data.columns.discovery import Found
from mtlue.data.columns.own_images import refuse_images, without_images
from mtlue.data.columns.rules import RESERVED, TaskRules
from mtlue.data.columns.rules_file import read_rules
from mtlue.data.columns.written import columns_as_meant, tasks_as_meant
from mtlue.data.files.folders import locate
from mtlue.data.hashing import hashed_split
from mtlue.data.listing import LabelFiles, Listing, Skipped
from mtlue.data.options import DataOptions
from mtlue.data.rows.elsewhere import note_on_other_readers
from mtlue.data.rows.split_words import notes_on_words
from mtlue.data.rows.splits import SPLIT_WORDS, VALIDATION, with_test_split
from mtlue.data.transforms import Pipeline
from mtlue.errors import InputError
from mtlue.tables.cells import shown
from mtlue.tasks import DenseTask, Regression, Task, UnknownLabelError, image_tasks

FILE, ROW = "\0file", "\0row"
"""Columns of our own: the image's path below the root, and the row in words."""
OWN = (FILE, ROW)
ID_COLUMN = "id"
SPLIT_COLUMN = "split"
SPLIT_NAMES = {word: split for word, split in SPLIT_WORDS.items() if split != VALIDATION}
NO_COLUMN = "none"
"""``--split-column none``: no column says train or test."""


@dataclass(frozen=True)
class Rows:
    """What a source read.

    Attributes:
        frame: one row an image, columns of text (None where missing), with :data:`OWN`.
        root: folder that the files lie in.
        name: what the table is called in errors.
        splits: each row's split where the source knows it; else a column or the id's hash says it.
        image_columns: what the table calls the column of images, where it comes from one.
        classes: columns whose cells are classes whatever they look like.
        separator: what separates the table's cells where it is CSV or TSV, in which people write their own way.
        skipped, notes: as in a listing.
    """

    frame: pd.DataFrame
    root: Path
    name: str
    splits: Sequence[str] | None = None
    skipped: Sequence[Skipped] = ()
    notes: Sequence[str] = ()
    image_columns: frozenset[str] = frozenset()
    classes: Sequence[str] = ()
    separator: str | None = None
    split_advice: str = ""


def existing(frame: pd.DataFrame, column: str, name: str, flag: str) -> str:
    """The column, or an error that lists which ones there are."""
    if column not in frame.columns:
        names = ", ".join(str(other) for other in frame.columns if other not in OWN)
        raise InputError(
            f"{flag} '{column}' is not a column of {name} (columns: {names or 'none but the image'}): "
            + ("name one of these" if names else "leave it out")
        )
    return column


def to_listing(rows: Rows, options: DataOptions, tasks: Sequence[Task] | None) -> Listing:
    """The listing of rows. Tasks are found from the columns unless ``tasks`` fixes them (none: no label is read).

    Raises:
        InputError: an id appears twice or is missing, a split or a label cannot be read; names file and row.
    """
    ids = _ids(rows, options)
    found = _found(rows, options, tasks)
    labels = {task.name: _labels(rows, found.columns[task.name], task) for task in found.tasks}
    splits, split_note = _splits(rows, ids, options)
    listing = Listing(
        tasks=found.tasks,
        ids=ids,
        files=list(rows.frame[FILE]),
        splits=splits,
        labels={name: files if isinstance(files, Tensor) else files.files for name, files in labels.items()},
        pipeline=Pipeline(),
        root=rows.root,
        skipped=rows.skipped,
        notes=[*rows.notes, *found.notes, *_shared_notes(labels), *split_note],
        chosen=True,
        split_advice=_split_advice(rows, options),
        texts={task.name: _texts(found.columns[task.name]) for task in found.tasks if isinstance(task, Regression)},
    )
    lost = {i: skipped for label in labels.values() if isinstance(label, _Located) for i, skipped in label.lost.items()}
    if not lost:
        return listing
    kept = listing.take([i for i in range(len(listing)) if i not in lost])
    return replace(kept, skipped=[*listing.skipped, *lost.values()])


def _ids(rows: Rows, options: DataOptions) -> list[str]:
    frame = rows.frame
    column = _id_column(rows, options)
    ids = frame[column]
    if ids.isna().any():
        raise InputError(
            f"{frame[FILE][int(ids.isna().to_numpy().argmax())]} has no id in {rows.name}: give it one"
            + _other_id(rows, column)
        )
    repeated = ids[ids.duplicated(keep=False)]
    if len(repeated):
        same = frame[ROW][repeated.index[repeated == repeated.iloc[0]]]
        raise InputError(
            f"id '{shown(repeated.iloc[0])}' appears {len(same)} times ({', '.join(same.head(3))}; "
            f"{repeated.nunique()} id(s) are repeated): every image needs one row (several labels in one cell: a|b) "
            "and an id of its own" + _other_id(rows, column)
        )
    return list(ids)


def _other_id(rows: Rows, column: str) -> str:
    """The way out where a column of ids is none: the images' paths."""
    return "" if column == FILE else f", or take the image's path for it (--id-column {_image_name(rows)})"


def _image_name(rows: Rows) -> str:
    return min(rows.image_columns, default="file")


def _id_column(rows: Rows, options: DataOptions) -> str:
    if options.id_column not in rows.frame.columns and options.id_column in {"file", *rows.image_columns}:
        return FILE
    return _special(rows, options.id_column, ID_COLUMN, "--id-column") or FILE


def _special(rows: Rows, chosen: str | None, usual: str, flag: str) -> str | None:
    """A column with a meaning of its own: the one given, else the usual one where there is one."""
    if chosen is not None:
        return existing(rows.frame, chosen, rows.name, flag)
    return usual if usual in rows.frame.columns else None


def _split_column(rows: Rows, options: DataOptions) -> str | None:
    """The column that says train or test; None where the source knows it, or none does."""
    if rows.splits is not None or (options.split_column == NO_COLUMN and NO_COLUMN not in rows.frame.columns):
        return None
    return _special(rows, options.split_column, SPLIT_COLUMN, "--split-column")


def _splits(rows: Rows, ids: Sequence[str], options: DataOptions) -> tuple[list[str], list[str]]:
    """Each row's split, and notes on what a column says."""
    if rows.splits is not None:
        return list(rows.splits), []
    column = _split_column(rows, options)
    if column is None:
        return [hashed_split(identifier, options.test_fraction) for identifier in ids], []
    splits, note = with_test_split(read_splits(rows, column))
    return splits, [*note, *notes_on_words(list(rows.frame[column]), splits, column)]


def _split_advice(rows: Rows, options: DataOptions) -> str:
    """How images of a split that is absent can be had; {} stands for its name."""
    column = _split_column(rows, options)
    if rows.splits is not None:
        return rows.split_advice or "say {} of some images in a second table, and protect again with --split-table"
    if column is None:
        return "protect again with another --test-fraction, or add images"
    return (
        f"write {{}} for some images in the split column '{column}' of {rows.name} and protect again; or protect again "
        f"with --split-column {NO_COLUMN}, and --test-fraction holds out a share"
    )


def read_splits(
    rows: Rows, column: str, other: str = f", or hold out a share of the images instead (--split-column {NO_COLUMN})"
) -> list[str]:
    """The splits that a column says.

    Args:
        rows: all rows.
        column: the column.
        other: what else can be done where it says none; completes a sentence.

    Raises:
        InputError: a cell is empty, or none is a word for a split.
    """
    splits = rows.frame[column]
    if splits.isna().any():
        file = rows.frame[FILE][int(splits.isna().to_numpy().argmax())]
        raise InputError(
            f"{file} has no value in the split column '{column}' of {rows.name}: write train or test{other}"
        )
    words = sorted(set(splits))
    if not any(word.lower() in SPLIT_WORDS for word in words):
        some = ", ".join(repr(shown(word)) for word in words[:3])
        raise InputError(
            f"column '{column}' of {rows.name} says neither train nor test, but {some}: write these words{other}"
        )
    return [SPLIT_NAMES.get(split.lower(), split) for split in splits]


def _found(rows: Rows, options: DataOptions, tasks: Sequence[Task] | None) -> Found:
    special = {_id_column(rows, options), _split_column(rows, options)}
    rules, images = read_rules(options.tasks), list(rows.frame[FILE])
    passed = {*OWN, *special} - {rule.column for rule in rules.rules.values()}  # ids may be labels, too, if asked for
    columns = rows.frame[[name for name in rows.frame.columns if name not in passed]]
    if tasks is not None:
        labels = columns_as_meant(columns, tasks, rules, rows.name, rows.separator)
        refuse_images(labels, tasks, rows.name, rows.root, images)
        return Found(tuple(tasks), labels, ())
    columns, left_out = without_images(columns, rules, rows.name, rows.root, images)
    try:
        found = tasks_as_meant(columns, rules, rows.name, rows.separator, rows.root, rows.classes)
    except InputError as error:  # what was noted on the way may say why
        notes = [*left_out, *rows.notes, *_reserved_notes(columns, rules)]
        raise InputError("; ".join([str(error), *notes])) from error
    reserved = _reserved_notes(columns, rules)
    return replace(found, notes=(*left_out, *found.notes, *reserved, *note_on_other_readers(found.tasks)))


def _reserved_notes(columns: pd.DataFrame, rules: TaskRules) -> list[str]:
    """Columns called as a release's own, that are labels here and are not renamed."""
    used = {rule.column for rule in rules.rules.values()} | rules.dropped
    left_out = [name for name in RESERVED if name in columns.columns and name not in used and rules.others]
    return [
        f"column '{name}' is not protected, because a release's table uses that name itself: rename it in a tasks file "
        f"('{name}_label: {{column: {name}}}') if it holds labels"
        for name in left_out
    ]


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


def _shared_notes(labels: Mapping[str, "Tensor | _Located"]) -> list[str]:
    """Masks that several images name: likely a slip, as a mask is drawn over one image."""
    notes = []
    for task, located in labels.items():
        if isinstance(located, _Located):
            counts = Counter(file for file in located.files.files if file is not None)
            shared = [file for file, count in counts.items() if count > 1]
            if shared:
                notes.append(
                    f"task '{task}': {len(shared)} label file(s) belong to several images each, such as {shared[0]} "
                    f"({counts[shared[0]]} images): is that meant?"
                )
    return notes


def _texts(cells: "pd.Series[str]") -> list[str | None]:
    return [cell if isinstance(cell, str) else None for cell in cells.tolist()]


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
