"""A store on disk while it is open: ``N.rows`` (raw rows, appended) and ``N.parquet`` (which file is in which row).
Files of the same contents, under other names or in other folders, share a row.

N grows when a damaged store is started again. The index is written whole, after the rows that it names: a killed writer
leaves nothing but bytes that the next one cuts off.
"""

import json
import os
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import torch

from mtlue.arrays.entries import STATE, Content, Entry, RowType, State
from mtlue.arrays.mapped_array import MappedArray
from mtlue.arrays.use import USED, Use
from mtlue.files import write_bytes

_ENTRY = {"row": "int64", "sum": "int64", "notes": "object", "profile": "object"}
_COLUMNS = {**STATE, "digest": "object", **_ENTRY}
_EMPTY = pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in _COLUMNS.items()})


class DiskShelf:
    """The rows and the index of a store that no other process writes to while this one has it open."""

    COMMIT_EVERY = 8192
    """Files after which the index is written: what a killed writer loses at most."""

    def __init__(self, folder: Path, row: RowType) -> None:
        self.row = row
        _sweep(folder)
        generation = latest_generation(folder)
        index = _read_index(folder / f"{generation}.parquet")
        self._rows = 0 if index is None else int(index["row"].max()) + 1
        if index is None or not _holds(folder / f"{generation}.rows", self._rows * row.bytes):
            for path in (*folder.glob("*.parquet"), *folder.glob("*.rows")):
                path.unlink()
            index, self._rows = _EMPTY, 0
            generation += 1
        self._index: pd.DataFrame = index
        self._values, self._index_file = folder / f"{generation}.rows", folder / f"{generation}.parquet"
        self._added: list[dict[str, Any]] = []
        self._stream = self._values.open("ab")
        self._stream.truncate(self._rows * row.bytes)  # what a killed writer left behind its last index

    def array(self, entries: Sequence[Entry]) -> MappedArray:
        """The rows of ``entries``; to be read once the store is closed."""
        rows = torch.tensor([entry.row for entry in entries], dtype=torch.int64)
        sums = torch.tensor([entry.sum for entry in entries], dtype=torch.int64)
        return MappedArray(self._values, self.row.shape, self.row.kind, rows, sums, Use(self._values.parent / USED))

    def find(self, states: pd.DataFrame) -> list[Entry | None]:
        """Each file's entry; None for a file that is new, or that has changed since."""
        latest = self._index.drop_duplicates(list(STATE), keep="last")
        return _entries(states.merge(latest, how="left", on=list(STATE), validate="many_to_one"))

    def find_same(self, digests: Sequence[bytes]) -> list[Entry | None]:
        """The entry of a file of each content; None where there was none when this was first asked."""
        if self._contents.empty:
            return [None] * len(digests)
        wanted = pd.DataFrame({"digest": pd.Series(digests, dtype=object)})
        return _entries(wanted.merge(self._contents, how="left", on="digest", validate="many_to_one"))

    @cached_property
    def _contents(self) -> pd.DataFrame:
        hashed = self._index.loc[self._index["digest"].astype(bool), ["digest", *_ENTRY]]
        return hashed.drop_duplicates("digest", keep="last")

    def add(self, state: State, result: Content | str, digest: bytes = b"") -> Entry:
        """Keep a decoded file. One that could not be decoded is not remembered: it is tried again the next time."""
        entry = Entry.of(self._rows, result)
        if isinstance(result, Content):
            self._stream.write(result.values.tobytes())
            self._rows += 1
            self.add_same(state, entry, digest)
        return entry

    def add_same(self, state: State, entry: Entry, digest: bytes) -> None:
        """Note that a file gives what lies in a row already."""
        values = (*state, digest, entry.row, entry.sum, json.dumps(entry.notes), entry.profile or b"")
        self._added.append(dict(zip(_COLUMNS, values, strict=True)))
        if len(self._added) >= self.COMMIT_EVERY:
            self.commit()

    def commit(self) -> None:
        """Write what was added into the index, after its rows are safe on disk."""
        if not self._added:
            return
        self._stream.flush()
        os.fsync(self._stream.fileno())
        added = pd.DataFrame(self._added, columns=list(_COLUMNS)).astype(_COLUMNS)
        self._index = pd.concat([self._index, added]) if len(self._index) else added
        self._added = []
        write_bytes(self._index_file, self._index.to_parquet(index=False))

    def close(self) -> None:
        """Commit, and close the file."""
        with self._stream:
            self.commit()


def latest_generation(folder: Path) -> int:
    """The N of a store; 0 where it is new."""
    return max((int(path.stem) for path in folder.glob("*.parquet") if path.stem.isdigit()), default=0)


def share_held(folder: Path, digests: Sequence[bytes]) -> float:
    """The share of some contents that a store holds, 0..1; nothing but their hashes is read."""
    try:
        path = folder / f"{latest_generation(folder)}.parquet"
        held = pq.read_table(path, columns=["digest"]).column("digest")
        return float(np.mean(pc.is_in(pa.array(digests, held.type), value_set=held.combine_chunks()).to_numpy(False)))
    except (OSError, ValueError, KeyError):
        return 0.0


def _entries(frame: pd.DataFrame) -> list[Entry | None]:
    columns = [frame[name] for name in _ENTRY]
    return [
        None if pd.isna(row) else Entry(int(row), int(crc), "", tuple(json.loads(notes)), profile or None)
        for row, crc, notes, profile in zip(*columns, strict=True)
    ]


def _sweep(folder: Path) -> None:
    """Delete what killed writers left; the store is locked, so that nobody is writing."""
    for path in folder.glob(".*.tmp"):
        path.unlink(missing_ok=True)


def _read_index(path: Path) -> pd.DataFrame | None:
    """The index; None where there is none, or none that can be read."""
    try:
        frame = pd.read_parquet(path)
        return frame[list(_COLUMNS)].astype(_COLUMNS) if len(frame) else None
    except (OSError, ValueError, KeyError):
        return None


def _holds(path: Path, size: int) -> bool:
    return path.is_file() and path.stat().st_size >= size
