"""Shards as rows: each image with its labels, below a folder of its shard's name. Imports no torch."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import pandas as pd

from mtlue.data.listing import Skipped
from mtlue.data.rows.rows import FILE, ROW, Rows
from mtlue.data.rows.split_column import SPLIT_COLUMN
from mtlue.data.shards.reading import Pictures, ShardReader
from mtlue.errors import InputError
from mtlue.faults import listed
from mtlue.tables.cells import stripped
from mtlue.tables.reading import UNNAMED

_SHOWN = 3
_IN_RELEASE = "file_name"
"""In a release's shard: the path of an image in the release of files, which is no label."""


@dataclass(frozen=True)
class Shard:
    """One file of a dataset of shards.

    Attributes:
        path: of the file.
        file: its path below the data folder.
        reader: of its kind; None where there is none.
        split: of its images, where its name says it (:func:`mtlue.data.rows.parts.split_of_file`).
    """

    path: Path
    file: str
    reader: ShardReader | None
    split: str | None = None

    @property
    def name(self) -> str:
        """What it is called in the paths of its images: its path without the suffix."""
        return str(PurePosixPath(self.file).with_suffix(""))

    @property
    def opened(self) -> ShardReader:
        """The reader of a file that has one."""
        assert self.reader is not None
        return self.reader


@dataclass
class _Part:
    """The rows of one shard, with their splits where it says them; those in ``without`` have no image."""

    frame: pd.DataFrame
    splits: Sequence[str | None]
    image_column: str
    separator: str | None
    notes: Sequence[str]
    lost: list[Skipped]
    without: pd.DataFrame


def joined_rows(
    shards: Sequence[Shard], main: Sequence[str], root: Path, unpacked: Mapping[str, Pictures] | None, name: str
) -> Rows:
    """The rows of shards together.

    Args:
        shards: at least one.
        main: names of columns that may hold the images themselves, the likeliest first.
        root: folder of the images, each below its shard's name.
        unpacked: shard's name -> its images as they were written; None where they were not, for a look at the labels.
        name: of all shards in messages.

    Raises:
        InputError: a shard is damaged, lacks a column that others have, or has no image.
    """
    parts = [_part(shard, main, unpacked) for shard in shards]
    _require_same_columns(shards, parts)
    frame = pd.concat([part.frame for part in parts], ignore_index=True).astype(object)
    lost = [row for part in parts for row in part.lost]
    if not len(frame):
        raise InputError(f"no row of {name} has an image ({listed([row.name for row in lost], _SHOWN)})")
    splits = [split for part in parts for split in part.splits]
    present = [split for split in splits if split is not None]
    return Rows(
        frame.where(frame.notna(), None),
        root,
        name,
        splits=present if len(present) == len(splits) else None,
        skipped=lost,
        notes=[*dict.fromkeys(note for part in parts for note in part.notes)],
        image_columns=frozenset(part.image_column for part in parts),
        lost=[f"{row.name}: {row.reason}" for row in lost],
        lost_rows=pd.concat([part.without for part in parts], ignore_index=True) if lost else None,
    )


def _part(shard: Shard, main: Sequence[str], unpacked: Mapping[str, Pictures] | None) -> _Part:
    read = shard.opened.table(shard.path, main)
    pictures = read.pictures if unpacked is None else unpacked[shard.name]
    table = read.table.frame
    cells = {name: [*table[name]] for name in table.columns if not UNNAMED.fullmatch(name)}
    texts = cells if read.table.verbatim else {name: stripped(column) for name, column in cells.items()}
    names = {column: [_below(shard, file) for file in files] for column, files in pictures.names.items()}
    places = [f"{row} of {shard.file}" for row in read.rows]
    columns = {**texts, **names, FILE: names[pictures.main], ROW: places}
    del columns[pictures.main]
    if read.table.verbatim:
        columns.pop(_IN_RELEASE, None)
    frame = pd.DataFrame(columns, dtype=object)
    absent = frame[FILE].isna()
    lost = [Skipped(row, "it has no image") for row in frame[ROW][absent]]
    rows = frame[~absent]
    own = read.table.verbatim and SPLIT_COLUMN in rows.columns  # in a release, whose names of files only resemble it
    splits = [*rows[SPLIT_COLUMN]] if own else [shard.split] * len(rows)
    return _Part(rows, splits, pictures.main, read.table.separator, read.table.notes, lost, frame[absent])


def _below(shard: Shard, file: str | None) -> str | None:
    return None if file is None else f"{shard.name}/{file}"


def _require_same_columns(shards: Sequence[Shard], parts: Sequence[_Part]) -> None:
    """Refuse a shard without a column that another one has: its rows would silently be unlabelled."""
    owners = {name: shard for shard, part in zip(shards, parts, strict=True) for name in part.frame.columns}
    for shard, part in zip(shards, parts, strict=True):
        for name, owner in owners.items():
            if name not in part.frame.columns:
                raise InputError(
                    f"{shard.path} has no column '{name}', which {owner.file} has: write the shard again with it, or "
                    "read the two apart (shards:pattern=...)"
                )
