"""Decoded files: each image and label map is decoded once, and every later command maps the result from disk.

A store holds what one folder's files give when they are read in one way (:mod:`mtlue.arrays.shelf` says how it lies
on disk). A row belongs to a file's path, length and times: a file that has changed is read again, even where a copy
kept its length and date; other files stay. Files of the same contents share a row, also where they lie in another
folder, such as a copy of the first (:mod:`mtlue.arrays.homes`).
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from filelock import FileLock
from torch import Tensor

from mtlue.arrays.entries import Content, Entry, Files, RowType, State
from mtlue.arrays.filling import Shelf, fill
from mtlue.arrays.homes import Homes
from mtlue.arrays.mapped_array import Array
from mtlue.arrays.shelf import DiskShelf
from mtlue.arrays.upkeep import LOCK
from mtlue.errors import OutputError, param
from mtlue.files import named_errors
from mtlue.progress import Progress


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


class Store(ABC):
    """What one folder's files give when they are read in one way."""

    def read_all(self, files: Files, progress: Progress, description: str) -> Results:
        """Every file's content: as it was kept, or decoded now, in parallel.

        Args:
            files: the files; those that are new or have changed are read, from several threads.
            progress: shows ``description`` while files are decoded.

        Raises:
            OutputError: the store cannot be written. What was decoded before is kept.
        """
        with self._opened(files) as shelf:
            entries = fill(shelf, files.states(range(files.count)), files, progress, description)
            kept = [position for position, entry in enumerate(entries) if entry.row >= 0]
            return Results(entries, kept, shelf.array([entries[position] for position in kept]))

    @abstractmethod
    def _opened(self, files: Files) -> AbstractContextManager[Shelf]:
        """Open for some files."""


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
        self._cache, self._root, self._row = cache, root, row
        self._homes = Homes(cache, reading)

    @contextmanager
    def _opened(self, files: Files) -> Iterator[Shelf]:
        """Other processes wait. What was added is kept also when the block fails."""
        try:
            with named_errors(self._cache):
                folder = self._homes.of(self._root, files)
                folder.mkdir(parents=True, exist_ok=True)
                with FileLock(folder / LOCK), closing(DiskShelf(folder, self._row)) as shelf:
                    self._homes.say_whose(folder, self._root)
                    yield shelf
        except OutputError as error:
            raise OutputError(
                f"{error.text}. It is the cache of decoded files: see {param('cache')} and {param('no_cache')}"
            ) from error


class MemoryStore(Store):
    """A store that is gone when its arrays are."""

    def __init__(self, row: RowType) -> None:
        self._row = row

    def read_all(self, files: Files, progress: Progress, description: str) -> Results:
        """As of any store; no file is hashed, as none is found again."""
        return super().read_all(replace(files, digest=None), progress, description)

    @contextmanager
    def _opened(self, files: Files) -> Iterator[Shelf]:
        yield _MemoryShelf(files.count, self._row)


class _MemoryShelf:
    def __init__(self, count: int, row: RowType) -> None:
        self.row = row
        self._array = torch.from_numpy(np.empty((count, *row.shape), row.kind))
        self._rows = 0

    def find(self, states: pd.DataFrame) -> list[Entry | None]:
        return [None] * len(states)

    def find_same(self, digests: Sequence[bytes]) -> list[Entry | None]:
        return [None] * len(digests)

    def add(self, state: State, result: Content | str, digest: bytes = b"") -> Entry:
        entry = Entry.of(self._rows, result)
        if isinstance(result, Content):
            self._array[self._rows] = torch.from_numpy(result.values.copy())
            self._rows += 1
        return entry

    def add_same(self, state: State, entry: Entry, digest: bytes) -> None:
        """Nothing: no file is found in memory."""

    def array(self, entries: Sequence[Entry]) -> Tensor:
        if [entry.row for entry in entries] == list(range(self._rows)):
            return self._array[: self._rows]
        return self._array[torch.tensor([entry.row for entry in entries], dtype=torch.int64)]
