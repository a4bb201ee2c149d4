"""Which tables of a folder hold the labels: one, Hugging Face's ``metadata`` files, or its Parquet shards."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mtlue.data.rows.splits import SPLIT_WORDS, split_in
from mtlue.errors import InputError, param
from mtlue.faults import listed
from mtlue.files import seen
from mtlue.tables.cells import is_release
from mtlue.tables.reading import READERS

METADATA = "metadata"
METADATA_SUFFIXES = (".csv", ".tsv", ".jsonl", ".parquet")
_NAMED = 5


@dataclass(frozen=True)
class TablePart:
    """One of the tables that labels are read from.

    Attributes:
        folder: what its file names are relative to, with / below the data folder.
        split: of all its images, where its own name or place says it.
        beside: whether it only adds to another table, and may call the column of images otherwise.
    """

    path: Path
    folder: str = ""
    split: str | None = None
    beside: bool = False


def tables_below(root: Path) -> list[Path]:
    """All tables below a folder but hidden ones and those in hidden folders."""
    tables: list[Path] = []
    for folder, inner, names in os.walk(root):
        inner[:] = [name for name in inner if not name.startswith(".")]
        here = [name for name in names if not name.startswith(".") and Path(name).suffix.lower() in READERS]
        tables += [path for name in here if seen((path := Path(folder, name)).is_file)]
    return sorted(tables)


def metadata_parts(root: Path) -> list[TablePart]:
    """The ``metadata`` tables in the folder and in any below it; each names the images below its own folder.

    Raises:
        InputError: a folder holds two.
    """
    tables = [path for path in tables_below(root) if path.stem == METADATA and path.suffix in METADATA_SUFFIXES]
    parts: dict[str, TablePart] = {}
    for path in tables:
        folder = path.parent.relative_to(root).as_posix()
        if folder in parts:
            raise InputError(f"{path.parent} holds {parts[folder].path.name} and {path.name}: keep one of them")
        split = None if folder == "." or is_release(path) else split_in(folder)
        parts[folder] = TablePart(path, "" if folder == "." else folder, split)
    return list(parts.values())


def split_of_file(path: Path, root: Path) -> str | None:
    """The split that the name or the folder of a file of labels says.

    None where neither does; and in a release of mtlue, whose column ``split`` says it of each image, in its own words.
    """
    return None if is_release(path) else split_in(path.relative_to(root).as_posix())


def shard_parts(root: Path) -> list[TablePart]:
    """Parquet files named for splits, in the folder or below it: ``data/train-00000-of-00002.parquet``.

    Those of a release of mtlue need no such name.

    Raises:
        InputError: they are several sets, each in a folder of its own.
    """
    shards = [path for path in tables_below(root) if path.suffix.lower() == ".parquet"]
    splits = [split_of_file(path, root) for path in shards]
    pairs = zip(shards, splits, strict=True)
    parts = [TablePart(path, "", split) for path, split in pairs if split is not None or is_release(path)]
    sets = {_set_of(part.path) for part in parts}
    if len(sets) > 1:
        folders = " and ".join(str(folder) for folder in sorted(sets)[:2])
        raise InputError(f"{folders} each hold Parquet files of a data set: point {param('data')} at one of them")
    return parts


def _set_of(shard: Path) -> Path:
    """The folder of a set of shards: that of the file, or the one above where the folder is named for a split."""
    return shard.parent.parent if shard.parent.name.lower() in SPLIT_WORDS else shard.parent


def note_together(root: Path, parts: Sequence[TablePart]) -> list[str]:
    """A note on which tables are read as one."""
    if len(parts) < 2:
        return []
    names = [os.path.relpath(part.path, root) for part in parts]
    return [f"labels are read from {len(names)} tables together: {listed(names, _NAMED)}"]
