"""The folder of learners that are trained one by one: every name inside it, and how interrupted work goes on.

``cells/`` holds one result per learner, under the key of its experiment: what is there is never computed again. Several
processes may share a folder: each cell is locked while one of them works on it, and the others take the next.
"""

import time
import traceback
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from filelock import FileLock, Timeout

from mtlue.errors import InputError, param
from mtlue.evaluation.records import RESULTS, Record, read_records, write_records
from mtlue.files import named_errors, write_text
from mtlue.jobs.events import Listener, Resumed
from mtlue.structured import is_there

T = TypeVar("T")
PAUSE = 2.0
"""Seconds between two looks at whether another process has finished the work that is waited for."""
UNREACHABLE = f"choose another {param('out')}, or change its permissions"


@dataclass(frozen=True)
class RunFolder:
    """Where everything lies.

    Args:
        path: of the folder.
        claims: whether processes claim their work by locks; False where one of them hands each piece out once, so that
            nothing depends on locks between machines.
    """

    path: Path
    claims: bool = True

    @property
    def cells(self) -> Path:
        """One result per learner."""
        return self.path / "cells"

    @property
    def shared(self) -> Path:
        """What the cells of a grid share: perturbed and processed images, surrogates."""
        return self.path / "shared"

    @property
    def locks(self) -> Path:
        """One file for each piece of work that a process has claimed."""
        return self.path / "locks"

    @property
    def data(self) -> Path:
        """Fingerprints of a grid's datasets."""
        return self.path / "data"

    @property
    def results(self) -> Path:
        """All records as one list."""
        return self.path / RESULTS

    def create(self) -> None:
        """Make the folders.

        Raises:
            OutputError: they cannot be made.
        """
        with named_errors(self.path):
            for folder in (self.cells, self.locks):
                folder.mkdir(parents=True, exist_ok=True)

    @property
    def temporary(self) -> Path:
        """What learners share while they are trained (:class:`mtlue.jobs.learners.temporary.Temporary`)."""
        return self.path / "temporary"

    @property
    def planned(self) -> Path:
        """What the list of all records is to hold."""
        return self.path / "planned.json"

    @contextmanager
    def claimed(self, key: str) -> Iterator[None]:
        """Hold a piece of work.

        Raises:
            Timeout: another process holds it.
        """
        if not self.claims:
            yield
            return
        with FileLock(self.locks / f"{key}.lock", timeout=0):
            yield

    def write_traceback(self, key: str, error: Exception) -> Path:
        """Keep the traceback of an exception."""
        place = self.path / "failed" / f"{key}.txt"
        write_text(place, "".join(traceback.format_exception(error)))
        return place


class CellStore(Generic[T]):
    """Results under keys, each read from disk once.

    Args:
        folder: of the run.
        read, write: of one result's file.
    """

    def __init__(self, folder: RunFolder, read: Callable[[Path], T], write: Callable[[Path, T], None]) -> None:
        self.folder = folder
        self._read = read
        self._write = write
        self._known: dict[str, T] = {}

    def has(self, key: str) -> bool:
        """Whether there is a result.

        Raises:
            InputError: the folder cannot be reached.
        """
        return key in self._known or is_there(self._file(key), UNREACHABLE)

    def result(self, key: str) -> T:
        """The result under a key.

        Raises:
            InputError: it is damaged.
        """
        if key not in self._known:
            try:
                self._known[key] = self._read(self._file(key))
            except InputError as error:
                raise InputError(
                    f"{self._file(key)} is damaged: delete it, and its learner will be trained again ({error.text})"
                ) from error
        return self._known[key]

    def count_done(self, keys: Sequence[str], tell: Listener) -> int:
        """How many of the learners under ``keys`` have a result; tells it where an interrupted run goes on."""
        done = sum(map(self.has, keys))
        if 0 < done < len(keys):
            tell(Resumed("learners", done, len(keys)))
        return done

    def keep(self, key: str, result: T) -> None:
        """Write a result whole."""
        self._write(self._file(key), result)
        self._known[key] = result

    def hear(self, key: str, result: T) -> None:
        """Another process has written a result, of which a network's file system may show nothing yet."""
        self._known[key] = result

    def present(self, keys: Sequence[str]) -> list[T]:
        """The results that exist already, in the order of ``keys``."""
        return [self.result(key) for key in keys if self.has(key)]

    def work_through(
        self, keys: Sequence[str], compute: Callable[[int], T], failed: Callable[[int, Exception], None] | None = None
    ) -> Generator[int, None, None]:
        """Compute what has no result yet; what another process works on is waited for.

        Args:
            keys: of all results.
            compute: position in ``keys`` -> the result. It may raise Timeout where it needs something that another
                process is making.
            failed: gets the exceptions of ``compute``, and the work continues; without it they are raised.

        Yields:
            Positions in ``keys``, as soon as their results exist.
        """
        waiting = [position for position, key in enumerate(keys) if not self.has(key)]
        while waiting:
            busy = []
            for position in waiting:
                try:
                    with self.folder.claimed(keys[position]):
                        if not self.has(keys[position]):
                            self.keep(keys[position], compute(position))
                    yield position
                except Timeout:
                    busy.append(position)
                except Exception as error:
                    if failed is None:
                        raise
                    failed(position, error)
            if len(busy) == len(waiting):
                time.sleep(PAUSE)
            waiting = busy

    def _file(self, key: str) -> Path:
        return self.folder.cells / f"{key}.json"


def record_cells(folder: RunFolder) -> CellStore[Record]:
    """Cells that hold a learner's record each."""
    return CellStore(folder, _read_record, lambda path, record: write_records(path, [record]))


def _read_record(path: Path) -> Record:
    records = read_records(path)
    if len(records) != 1:
        raise InputError(f"it holds {len(records)} records, not one")
    return records[0]
