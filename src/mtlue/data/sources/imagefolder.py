"""Hugging Face's ``imagefolder``: a folder a class, or a ``metadata`` table, with or without a folder a split."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath

import pandas as pd

from mtlue.data.folders import find_files, require_folder
from mtlue.data.listing import TRAIN, Listing, Skipped
from mtlue.data.options import DataOptions
from mtlue.data.pairing import paired_rows
from mtlue.data.parts import METADATA, METADATA_SUFFIXES, metadata_parts, note_unread, shard_parts
from mtlue.data.rows import FILE, ROW, Rows, to_listing
from mtlue.data.splits import SPLIT_WORDS, with_test_split
from mtlue.errors import InputError
from mtlue.tasks import Task

LABEL = "label"
"""The task's name where folders are classes, as Hugging Face calls it."""


def read_imagefolder(options: DataOptions, tasks: Sequence[Task] | None) -> Listing:
    """The source ``imagefolder``: labels from ``metadata`` tables where there are any, else from the folders' names."""
    root = require_folder(options)
    folders = {path.name: SPLIT_WORDS[path.name.lower()] for path in _subfolders(root) if _is_split(path)}
    parts = metadata_parts(root) or ([] if find_files(root) else shard_parts(root))
    rows = paired_rows(parts, root, options) if parts else _from_folders(root, set(folders))
    splits, note = _splits(rows, folders)
    notes = [
        *rows.notes,
        *(_unused_folders(rows, set(folders)) if parts else []),
        *note,
        *note_unread(root, [part.path for part in parts]),
    ]
    return to_listing(replace(rows, splits=splits, notes=notes), options, tasks)


def _subfolders(root: Path) -> list[Path]:
    return sorted(path for path in root.iterdir() if path.is_dir() and not path.name.startswith("."))


def _is_split(path: Path) -> bool:
    return path.name.lower() in SPLIT_WORDS


def _from_folders(root: Path, split_folders: set[str]) -> Rows:
    """One class a folder: the first below the root, or below the split's folder."""
    files, labels, skipped = [], [], []
    for file in find_files(root):
        folders = PurePosixPath(file).parts[:-1]
        inner = folders[1:] if folders and folders[0] in split_folders else folders
        if inner:
            files.append(file)
            labels.append(inner[0])
        else:
            skipped.append(Skipped(file, "it lies in no class's folder"))
    if not files:
        raise InputError(
            f"{root} holds no folders of images, one for each class, and no {METADATA} table "
            f"({', '.join(METADATA_SUFFIXES)}): point --data at the folder above the classes"
        )
    words = [f"the folder of {file}" for file in files]
    frame = pd.DataFrame({LABEL: labels, FILE: files, ROW: words}, dtype=object)
    return Rows(frame, root, str(root), skipped=skipped, classes=[LABEL])


def _unused_folders(rows: Rows, split_folders: set[str]) -> list[str]:
    """A note where folders look like classes, but tables say the labels: as Hugging Face does, these alone are read."""
    inner = {PurePosixPath(file).parent.name for file in rows.frame[FILE]} - {"", *SPLIT_WORDS, *split_folders}
    if len(inner) < 2:
        return []
    return [
        f"labels come from the tables alone: the folders ({', '.join(sorted(inner)[:3])} ...) are not taken for classes"
    ]


def _splits(rows: Rows, folders: dict[str, str]) -> tuple[Sequence[str] | None, list[str]]:
    """Each row's split by its folder, else by its table's place; None where neither says it."""
    if folders and rows.splits is None:
        return with_test_split([folders.get(PurePosixPath(file).parts[0], TRAIN) for file in rows.frame[FILE]])
    return (None, []) if rows.splits is None else with_test_split(rows.splits)
