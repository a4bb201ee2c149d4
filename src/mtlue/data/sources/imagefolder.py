"""Hugging Face's ``imagefolder``: one folder per class, or a ``metadata`` table, with or without folders for splits."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath

import pandas as pd

from mtlue.data.files.folders import find_files, require_folder
from mtlue.data.listing import TRAIN, Skipped
from mtlue.data.options import DataOptions
from mtlue.data.rows.pairing import paired_rows
from mtlue.data.rows.parts import METADATA, METADATA_SUFFIXES, TablePart, metadata_parts, shard_parts
from mtlue.data.rows.reading import RowSource
from mtlue.data.rows.rows import FILE, ROW, Rows, refuse_image_column
from mtlue.data.rows.split_column import NO_COLUMN
from mtlue.data.rows.splits import SPLIT_WORDS, split_of_folder, with_test_split
from mtlue.data.rows.unread import unread_tables
from mtlue.data.sources.class_folders import ClassFolders, copied_folders, read_class_folders
from mtlue.errors import InputError, param

LABEL = "label"
"""The task's name where folders are classes, as Hugging Face calls it."""
_ADVICE_ON_TABLES = (
    "add a folder '{}' with images and a metadata table of them, or mark some images as {} in a second table, and "
    f"protect again with {param('dataset')} table {param('split_table')}"
)


class ImageFolder(RowSource):
    """The source ``imagefolder``: labels from ``metadata`` tables where there are any, else from the folders' names.

    A file's class is the innermost folder that it lies in and that is not a split's. Folders named for a split
    (``train``, ``Test Images``, ``val_set``; :func:`~mtlue.data.rows.splits.split_of_folder`) stand for it where they
    hold folders of classes, or where all folders next to them have such names; otherwise they are classes like any
    others. They may lie above the classes or inside them. A folder around everything, and a folder of one name inside
    every class, are looked through; a folder that holds images of its own is one class with all below it; a folder that
    repeats what lies next to it is left out. A note says where one of these happened
    (:mod:`mtlue.data.sources.class_folders`).
    """

    def rows(self, options: DataOptions, read_labels: bool) -> Rows:
        root = require_folder(options)
        parts = metadata_parts(root) or ([] if find_files(root) else shard_parts(root))
        if not parts:
            _refuse_columns(options, f"{root}, where folders say the labels")
        rows = _from_tables(parts, root, options) if parts else _from_folders(root, keep_copies=not read_labels)
        return replace(rows, notes=[*rows.notes, *unread_tables(root, [part.path for part in parts]).notes()])


def _refuse_columns(options: DataOptions, place: str) -> None:
    refuse_image_column(options, place)
    if options.split_column not in (None, NO_COLUMN):
        raise InputError(
            f"{param('split_column')} {options.split_column}: no table is read of {place}: leave it out, or give "
            f"{param('split_column')} {NO_COLUMN} to hold out a share of the images"
        )


def _from_tables(parts: Sequence[TablePart], root: Path, options: DataOptions) -> Rows:
    rows = paired_rows(parts, root, options)
    folders = _top_split_folders(root)
    splits = rows.splits
    if splits is None and folders:
        splits = [folders.get(PurePosixPath(file).parts[0], TRAIN) for file in rows.frame[FILE]]
    splits, note = (None, []) if splits is None else with_test_split(splits)
    return replace(
        rows,
        splits=splits,
        notes=[*rows.notes, *_unused_folders(rows, set(folders)), *note],
        split_advice="" if splits is None else _ADVICE_ON_TABLES,
    )


def _top_split_folders(root: Path) -> dict[str, str]:
    """The folders at the top that stand for splits: one is for training, or all of them are named for one."""
    names = [path.name for path in root.iterdir() if path.is_dir() and not path.name.startswith(".")]
    splits = {name: split for name in names if (split := split_of_folder(name))}
    return splits if TRAIN in splits.values() or len(splits) == len(names) else {}


def _from_folders(root: Path, keep_copies: bool) -> Rows:
    """One class per folder.

    Args:
        keep_copies: whether folders that repeat others are read too: where no label is, older releases may hold them.
    """
    files, notes = _without_copies(find_files(root), root, keep_copies)
    folders = read_class_folders(files)
    labelled = [file for file in files if file in folders.classes]
    if not labelled:
        raise InputError(_without_classes(root, folders))
    words = [f"the folder of {file}" for file in labelled]
    labels = [folders.classes[file] for file in labelled]
    frame = pd.DataFrame({LABEL: labels, FILE: labelled, ROW: words}, dtype=object)
    skipped = [Skipped(file, "it lies in no class's folder") for file in files if file not in folders.classes]
    given = folders.splits
    splits, note = (None, []) if given is None else with_test_split([given[file] for file in labelled])
    notes = [*notes, *folders.notes, *note]
    advice = _advice(root, folders.split_folders)
    return Rows(frame, root, str(root), splits, skipped, notes, classes=[LABEL], split_advice=advice)


def _without_copies(files: Sequence[str], root: Path, keep: bool) -> tuple[list[str], list[str]]:
    """The files, but for folders that repeat what lies next to them; and notes on these."""
    copies = () if keep else tuple(f"{folder}/" for folder in copied_folders(files, root))
    kept = [file for file in files if not file.startswith(copies)] if copies else list(files)
    notes = [
        f"{folder} is left out: it repeats, byte for byte, the {sum(file.startswith(folder) for file in files)} images "
        "of the same names next to it"
        for folder in copies
    ]
    return kept, notes


def _without_classes(root: Path, folders: ClassFolders) -> str:
    """The message where no image lies in a class's folder."""
    if folders.splits:
        return (
            f"{root} holds split folders, but in them neither folders of classes nor a {METADATA} "
            "table: put a folder for each class into them"
        )
    return (
        f"{root} holds neither folders of classes nor a {METADATA} table "
        f"({', '.join(METADATA_SUFFIXES)}): point {param('data')} at the folder above the classes"
    )


def _advice(root: Path, split_folders: Collection[tuple[str, ...]]) -> str:
    """How to get images of an absent split where folders say the splits; "" where they do not."""
    if len(split_folders) != 1:
        return "add a folder '{}' next to each of the others" if split_folders else ""
    only = root.joinpath(*next(iter(split_folders)))
    return (
        f"add a folder {only.parent}/{{}} with folders of the same classes, or protect again with "
        f"{param('data')} {only}: then {param('test_fraction')} holds out a share"
    )


def _unused_folders(rows: Rows, split_folders: set[str]) -> list[str]:
    """A note where folders look like classes, but tables say the labels: as Hugging Face does, these alone are read."""
    inner = {PurePosixPath(file).parent.name for file in rows.frame[FILE]} - {"", *SPLIT_WORDS, *split_folders}
    if len(inner) < 2:
        return []
    return [
        f"labels come from the tables alone: the folders ({', '.join(sorted(inner)[:3])} ...) are not taken for classes"
    ]
