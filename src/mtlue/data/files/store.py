"""Decoded files on disk: each image and label map is decoded once, and every later command maps the result.

A store holds what one folder's files give when they are read in one way: ``N.rows`` (raw rows, appended) and
``N.parquet`` (which file is in which row); N grows when a damaged store is begun anew. A row belongs to a file's path,
length and times: a file that changed is decoded again, also where a copy kept its length and date; other files stay.
The index is written whole, after the rows that it names: a killed writer leaves nothing but bytes that the next one
cuts off.
"""

import hashlib
import json
import math
import os
import zlib
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import PIL
import torch
from filelock import FileLock
from numpy.typing import NDArray
from torch import Tensor

from mtlue.data.mapped_array import MappedArray
from mtlue.errors import OutputError
from mtlue.files import named_errors, write_bytes

VERSION = 7
"""Raise it whenever a file would be decoded to other numbers, or with other notes."""
_LOCK = ".lock"
_STATE = ["file", "bytes", "changed_ns", "status_ns"]


@dataclass(frozen=True)
class Content:
    """What a file gave: numbers of a store's shape and kind, what was changed on the way, and its colour profile."""

    values: NDArray[Any]
    notes: tuple[str, ...] = ()
    profile: bytes | None = None


@dataclass(frozen=True)
class RowType:
    """The shape and the NumPy dtype (by name) that all rows of a store have."""

    shape: tuple[int, ...]
    kind: str

    @property
    def bytes(self) -> int:
        return math.prod(self.shape) * np.dtype(self.kind).itemsize


@dataclass(frozen=True)
class Entry:
    """What is known of one file: its row and the row's CRC-32, or -1 and the reason; notes; its colour profile."""

    row: int
    sum: int = 0
    reason: str = ""
    notes: tuple[str, ...] = ()
    profile: bytes | None = None


def file_states(root: Path, files: Sequence[str]) -> pd.DataFrame:
    """Path, length and times of change of each file: what tells that it is still the one that was decoded.

    ``changed_ns`` is the date that programs may set; ``status_ns`` is when the system last changed anything of the file
    (on Windows, when it was created).
    """
    states = [(file, *_state(root / file)) for file in files]
    return pd.DataFrame(states, columns=_STATE).astype({name: _COLUMNS[name] for name in _STATE})


def _state(path: Path) -> tuple[int, int, int]:
    try:
        state = path.stat()
    except OSError:
        return -1, -1, -1  # reading it will say why
    return state.st_size, state.st_mtime_ns, state.st_ctime_ns


class DiskStore:
    """What one folder's files give when they are read in one way.

    Args:
        cache: folder of all stores.
        root: folder that the files lie in.
        reading: how they are read, as JSON: files that are read in another way have another store.
        row: what every file gives.
    """

    def __init__(self, cache: Path, root: Path, reading: Any, row: RowType) -> None:
        key = json.dumps([VERSION, PIL.__version__, str(root.resolve()), reading])
        self._folder = cache / hashlib.sha256(key.encode("utf-8", "surrogateescape")).hexdigest()[:32]
        self._row = row

    @contextmanager
    def opened(self) -> Iterator["OpenStore"]:
        """Look up and add files; other processes wait. What was added is kept also when the block fails.

        Raises:
            OutputError: the store cannot be written.
        """
        try:
            with named_errors(self._folder):
                self._folder.mkdir(parents=True, exist_ok=True)
                with FileLock(self._folder / _LOCK):
                    store = OpenStore(self._folder, self._row)
                    with closing(store):
                        yield store
        except OutputError as error:
            raise OutputError(f"{error}. It is the cache of decoded files: see --cache and --no-cache") from error


class OpenStore:
    """A store that nobody else writes to while it is open."""

    COMMIT_EVERY = 8192
    """Files after which the index is written: what a killed writer loses at most."""

    def __init__(self, folder: Path, row: RowType) -> None:
        self.row = row
        _sweep(folder)
        generation = max((int(path.stem) for path in folder.glob("*.parquet") if path.stem.isdigit()), default=0)
        known = _read_index(folder / f"{generation}.parquet")
        self._rows = 0 if known is None else int(known["row"].max()) + 1
        if known is None or not _holds(folder / f"{generation}.rows", self._rows * row.bytes):
            for path in (*folder.glob("*.parquet"), *folder.glob("*.rows")):
                path.unlink()
            known, self._rows = _EMPTY, 0
            generation += 1
        self._known: pd.DataFrame = known
        self._values, self._index = folder / f"{generation}.rows", folder / f"{generation}.parquet"
        self._added: list[dict[str, Any]] = []
        self._stream = self._values.open("ab")
        self._stream.truncate(self._rows * row.bytes)  # what a killed writer left behind its last index

    def array(self, entries: Sequence[Entry]) -> MappedArray:
        """The rows of ``entries``; to be read once the store is closed."""
        rows = torch.tensor([entry.row for entry in entries], dtype=torch.int64)
        sums = torch.tensor([entry.sum for entry in entries], dtype=torch.int64)
        return MappedArray(self._values, self.row.shape, self.row.kind, rows, sums)

    def find(self, states: pd.DataFrame) -> list[Entry | None]:
        """What is known of each file; None where it is not known, or changed since."""
        known = self._known.drop_duplicates(_STATE, keep="last")
        merged = states.merge(known, how="left", on=_STATE, validate="many_to_one")
        columns = [merged[name] for name in ("row", "sum", "notes", "profile")]
        return [
            None if pd.isna(row) else Entry(int(row), int(its_sum), "", tuple(json.loads(notes)), profile or None)
            for row, its_sum, notes, profile in zip(*columns, strict=True)
        ]

    def add(self, state: "pd.Series[Any]", result: Content | str) -> Entry:
        """Keep a decoded file. One that could not be decoded is not remembered: it is tried again the next time."""
        entry = _entry(self._rows, result)
        if not isinstance(result, Content):
            return entry
        self._stream.write(result.values.tobytes())
        self._rows += 1
        values = (*state, entry.row, entry.sum, json.dumps(entry.notes), entry.profile or b"")
        self._added.append(dict(zip(_COLUMNS, values, strict=True)))
        if len(self._added) >= self.COMMIT_EVERY:
            self.commit()
        return entry

    def commit(self) -> None:
        """Write what was added into the index, after its rows are safe on disk."""
        if not self._added:
            return
        self._stream.flush()
        os.fsync(self._stream.fileno())
        added = pd.DataFrame(self._added, columns=list(_COLUMNS)).astype(_COLUMNS)
        self._known = pd.concat([self._known, added]) if len(self._known) else added
        self._added = []
        write_bytes(self._index, self._known.to_parquet(index=False))

    def close(self) -> None:
        """Commit, and close the file."""
        with self._stream:
            self.commit()


_COLUMNS = {
    "file": "object",
    "bytes": "int64",
    "changed_ns": "int64",
    "status_ns": "int64",
    "row": "int64",
    "sum": "int64",
    "notes": "object",
    "profile": "object",
}


_EMPTY = pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in _COLUMNS.items()})


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


class MemoryStore:
    """The same interface without a cache: what was decoded stays in memory."""

    def __init__(self, count: int, row: RowType) -> None:
        self.row = row
        self._array = torch.from_numpy(np.empty((count, *row.shape), row.kind))
        self._rows = 0

    @contextmanager
    def opened(self) -> Iterator["MemoryStore"]:
        yield self

    def find(self, states: pd.DataFrame) -> list[Entry | None]:
        return [None] * len(states)

    def add(self, state: "pd.Series[Any]", result: Content | str) -> Entry:
        entry = _entry(self._rows, result)
        if isinstance(result, Content):
            self._array[self._rows] = torch.from_numpy(result.values.copy())
            self._rows += 1
        return entry

    def array(self, entries: Sequence[Entry]) -> Tensor:
        if [entry.row for entry in entries] == list(range(self._rows)):
            return self._array[: self._rows]
        return self._array[torch.tensor([entry.row for entry in entries], dtype=torch.int64)]


def _entry(row: int, result: Content | str) -> Entry:
    if isinstance(result, str):
        return Entry(-1, reason=result)
    return Entry(row, zlib.crc32(result.values.tobytes()), notes=result.notes, profile=result.profile)
