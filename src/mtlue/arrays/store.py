"""Decoded files: each image and label map is decoded once, and every later command maps the result from disk.

A store holds what one folder's files give when they are read in one way (:mod:`mtlue.arrays.shelf` says how it lies
on disk). A row belongs to a file's path, length and times: a file that has changed is decoded again, even where a copy
kept its length and date; other files stay.
"""

import hashlib
import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pandas as pd
import PIL
import torch
from filelock import FileLock
from torch import Tensor

from mtlue.arrays.entries import Content, Entry, RowType
from mtlue.arrays.mapped_array import Array
from mtlue.arrays.shelf import DiskShelf
from mtlue.arrays.upkeep import ABOUT, LOCK, unpacked_from
from mtlue.batching import rows_within
from mtlue.errors import OutputError, param
from mtlue.files import named_errors, write_json
from mtlue.imaging.files import UnreadableImageError
from mtlue.imaging.quiet import quiet_codecs
from mtlue.progress import Progress
from mtlue.threads import cpu_count
from mtlue.visible import visible

VERSION = 8
"""Raise it whenever a file would be decoded to other numbers, or with other notes."""
CHUNK, CHUNK_BYTES = 256, 2**27
"""Files, and bytes of them, that are decoded before any is written: what waits in memory."""

Reader = Callable[[int], Content]
"""The content of the file at a position; raises :class:`UnreadableImageError` where there is none."""


@dataclass(frozen=True)
class Results:
    """What a store read.

    Attributes:
        entries: of every file.
        kept: positions of the files that could be read.
        array: their rows.
    """

    entries: Sequence[Entry]
    kept: Sequence[int]
    array: Array


class Shelf(Protocol):
    """A store while it is open."""

    row: RowType

    def find(self, states: pd.DataFrame) -> list[Entry | None]:
        """Each file's entry; None for a file that must be decoded."""
        ...

    def add(self, state: "pd.Series[Any]", result: Content | str) -> Entry:
        """Keep what a file gave, or why it gave nothing."""
        ...

    def array(self, entries: Sequence[Entry]) -> Array:
        """The rows of ``entries``."""
        ...


class Store(ABC):
    """What one folder's files give when they are read in one way."""

    def read_all(self, states: pd.DataFrame, read: Reader, progress: Progress, description: str) -> Results:
        """Every file's content: as it was kept, or decoded now, in parallel.

        Args:
            states: of the files, as :func:`mtlue.arrays.entries.file_states` gives them.
            read: called for files that are new or have changed, from several threads.
            progress: shows ``description`` while files are decoded.

        Raises:
            OutputError: the store cannot be written. What was decoded before is kept.
        """
        with self._opened(len(states)) as shelf:
            entries = _fill(shelf, states, read, progress, description)
            kept = [position for position, entry in enumerate(entries) if entry.row >= 0]
            return Results(entries, kept, shelf.array([entries[position] for position in kept]))

    @abstractmethod
    def _opened(self, count: int) -> AbstractContextManager[Shelf]:
        """Open for up to ``count`` files."""


def store_for(root: Path | None, cache: Path | None, reading: Any, row: RowType) -> Store:
    """The store of a folder's files; in memory where there is no folder or no cache.

    Args:
        root: folder that the files lie in.
        cache: folder of all stores.
        reading: how files are read, as JSON: files that are read in another way have another store.
        row: what every file gives.
    """
    return MemoryStore(row) if root is None or cache is None else DiskStore(cache, root, reading, row)


class DiskStore(Store):
    """A store that later commands find again; the arguments are those of :func:`store_for`."""

    def __init__(self, cache: Path, root: Path, reading: Any, row: RowType) -> None:
        key = json.dumps([VERSION, PIL.__version__, str(root.resolve()), reading])
        self._folder = cache / hashlib.sha256(key.encode("utf-8", "surrogateescape")).hexdigest()[:32]
        self._root = root
        self._row = row

    @contextmanager
    def _opened(self, count: int) -> Iterator[Shelf]:
        """Other processes wait. What was added is kept also when the block fails."""
        try:
            with named_errors(self._folder):
                self._folder.mkdir(parents=True, exist_ok=True)
                with FileLock(self._folder / LOCK), closing(DiskShelf(self._folder, self._row)) as shelf:
                    self._say_whose()
                    yield shelf
        except OutputError as error:
            raise OutputError(
                f"{error.text}. It is the cache of decoded files: see {param('cache')} and {param('no_cache')}"
            ) from error

    def _say_whose(self) -> None:
        """For ``mtlue cache``: which folder's files these are."""
        if not (self._folder / ABOUT).is_file():
            source = unpacked_from(self._root) or visible(str(self._root.resolve()))
            write_json(self._folder / ABOUT, {"folder": source})


class MemoryStore(Store):
    """A store that is gone when its arrays are."""

    def __init__(self, row: RowType) -> None:
        self._row = row

    @contextmanager
    def _opened(self, count: int) -> Iterator[Shelf]:
        yield _MemoryShelf(count, self._row)


class _MemoryShelf:
    def __init__(self, count: int, row: RowType) -> None:
        self.row = row
        self._array = torch.from_numpy(np.empty((count, *row.shape), row.kind))
        self._rows = 0

    def find(self, states: pd.DataFrame) -> list[Entry | None]:
        return [None] * len(states)

    def add(self, state: "pd.Series[Any]", result: Content | str) -> Entry:
        entry = Entry.of(self._rows, result)
        if isinstance(result, Content):
            self._array[self._rows] = torch.from_numpy(result.values.copy())
            self._rows += 1
        return entry

    def array(self, entries: Sequence[Entry]) -> Tensor:
        if [entry.row for entry in entries] == list(range(self._rows)):
            return self._array[: self._rows]
        return self._array[torch.tensor([entry.row for entry in entries], dtype=torch.int64)]


def _fill(shelf: Shelf, states: pd.DataFrame, read: Reader, progress: Progress, description: str) -> list[Entry]:
    """Every file's entry: those on the shelf, and the others decoded now."""
    present = shelf.find(states)
    entries = {position: entry for position, entry in enumerate(present) if entry is not None}
    missing = [position for position, entry in enumerate(present) if entry is None]
    decoded = _decode(missing, read, rows_within(CHUNK_BYTES, shelf.row.bytes, CHUNK))
    for position, result in progress.track(decoded, description, len(missing)) if missing else ():
        entries[position] = shelf.add(states.iloc[position], result)
    return [entries[position] for position in range(len(present))]


def _decode(positions: Sequence[int], read: Reader, size: int) -> Iterator[tuple[int, Content | str]]:
    """Read in parallel, never further ahead than a chunk of ``size`` files."""
    with quiet_codecs(), ThreadPoolExecutor(cpu_count()) as pool:
        for start in range(0, len(positions), size):
            chunk = positions[start : start + size]
            yield from zip(chunk, pool.map(partial(_content_or_reason, read), chunk), strict=True)


def _content_or_reason(read: Reader, position: int) -> Content | str:
    try:
        return read(position)
    except UnreadableImageError as error:
        return str(error)
