"""Hugging Face's ``imagefolder``: a folder a class, or a ``metadata`` table, with or without a folder a split."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath

import pandas as pd

from mtlue.data.folders import find_files, require_folder
from mtlue.data.listing import TEST, TRAIN, Listing, Skipped
from mtlue.data.masks import is_mask_column
from mtlue.data.options import DataOptions
from mtlue.data.rows import FILE, OWN, ROW, Rows, to_listing
from mtlue.data.sources.table import read_rows, usable_rows
from mtlue.data.tables import READERS
from mtlue.errors import InputError
from mtlue.tasks import Task

METADATA = "metadata"
LABEL = "label"
"""The task's name where folders are classes, as Hugging Face calls it."""
SPLIT_FOLDERS = {
    "train": TRAIN,
    "training": TRAIN,
    "test": TEST,
    "testing": TEST,
    "eval": TEST,
    "val": "val",
    "valid": "val",
    "validation": "val",
    "dev": "val",
}


def read_imagefolder(options: DataOptions, tasks: Sequence[Task] | None) -> Listing:
    """The source ``imagefolder``: labels from ``metadata`` tables where there are any, else from the folders' names."""
    root = require_folder(options)
    folders = {path.name: SPLIT_FOLDERS[path.name.lower()] for path in _subfolders(root) if _is_split(path)}
    tables = {folder: table for folder in ("", *folders) if (table := _metadata(root / folder)) is not None}
    rows = _from_tables(root, tables, options) if tables else _from_folders(root, set(folders))
    if folders:
        splits, note = _splits(rows.frame, folders)
        rows = replace(rows, splits=splits, notes=[*rows.notes, *note])
    return to_listing(rows, options, tasks)


def _subfolders(root: Path) -> list[Path]:
    return sorted(path for path in root.iterdir() if path.is_dir() and not path.name.startswith("."))


def _is_split(path: Path) -> bool:
    return path.name.lower() in SPLIT_FOLDERS


def _metadata(folder: Path) -> Path | None:
    found = [path for suffix in READERS if (path := folder / f"{METADATA}{suffix}").is_file()]
    if len(found) > 1:
        raise InputError(f"{folder} holds {' and '.join(path.name for path in found)}: keep one of them")
    return found[0] if found else None


def _from_tables(root: Path, tables: dict[str, Path], options: DataOptions) -> Rows:
    frames = []
    for folder, table in tables.items():
        frame = read_rows(table, root / folder, options)
        masks = [name for name in frame.columns if name not in OWN and is_mask_column(frame[name], root / folder)]
        for column in (FILE, *masks):
            frame[column] = [str(PurePosixPath(folder, name)) if name else None for name in frame[column]]
        frame[ROW] = [f"{row} in {folder}" if folder else row for row in frame[ROW]]
        frames.append(frame)
    return usable_rows(pd.concat(frames, ignore_index=True), root, " and ".join(map(str, tables.values())))


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
            f"{root} holds no folders of images, one a class, and no {METADATA} table ({', '.join(READERS)}): "
            "point --data at the folder above the classes"
        )
    words = [f"the folder of {file}" for file in files]
    frame = pd.DataFrame({LABEL: labels, FILE: files, ROW: words}, dtype=object)
    return Rows(frame, root, str(root), skipped=skipped, classes=[LABEL])


def _splits(frame: pd.DataFrame, folders: dict[str, str]) -> tuple[list[str], list[str]]:
    """Each row's split by its folder. Where there is a validation folder and none for testing, that one is for it."""
    names = [folders.get(PurePosixPath(file).parts[0], TRAIN) for file in frame[FILE]]
    if TEST in names or "val" not in names:
        return names, []
    note = "there is no folder for testing: the validation images are used for it"
    return [TEST if name == "val" else name for name in names], [note]
