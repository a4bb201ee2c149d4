"""The list of all records of a run, kept up while learners come in; and beside it, what it is to hold."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from filelock import FileLock
from msgspec import Struct
from msgspec.structs import asdict

from mtlue.errors import InputError, param
from mtlue.evaluation.records import Record, write_records
from mtlue.files import named_errors, write_json
from mtlue.jobs.events import Listener, Note
from mtlue.jobs.learners.run_folder import RunFolder
from mtlue.structured import read_json_if_there
from mtlue.wording import counted

SPARING = 20
"""``results.json`` is written again after this many times as long as writing it took, and at the end."""


class Planned(Struct):
    """What a run is to train.

    Attributes:
        records: how many it will have, one for each learner.
        learners: their keys, in the order of the records.
        release: SHA-256 of the manifest of the release that all of them are about; None where they have no such.
    """

    records: int
    learners: list[str] = []
    release: str | None = None


def last_planned(folder: RunFolder) -> Planned | None:
    """What the run that wrote a folder's records was to train; None where that is not known.

    Raises:
        InputError: the file that says it is damaged.
    """
    return read_json_if_there(folder.planned, Planned, "delete it")


def is_whole(folder: RunFolder, records: int) -> bool:
    """Whether a list of so many records holds one for every learner of the run that wrote it, as far as is known.

    Raises:
        InputError: the file that says it is damaged.
    """
    planned = last_planned(folder)
    return planned is None or records >= planned.records


def refuse_other_release(folder: RunFolder, release: str) -> None:
    """Refuse to put records of one release in the place of another's.

    Args:
        folder: of the run.
        release: as in :class:`Planned`.

    Raises:
        InputError: the folder's records are of another release.
    """
    planned = last_planned(folder)
    if planned is None or planned.release == release:
        return
    if planned.release is None and not planned.learners:  # of an earlier version, which kept neither
        return
    what = "a grid's records" if planned.release is None else "the evaluation of another release"
    raise InputError(
        f"{folder.path} holds {what}: name another folder ({param('out')}), or delete its {folder.results.name} and "
        f"{folder.planned.name}"
    )


def leave_other_release(folder: RunFolder, release: str) -> None:
    """Take away the list of another release's records, whose place is wanted; each learner's own record stays.

    Args:
        folder: of the run.
        release: as in :class:`Planned`, of the records that are to come.

    Raises:
        InputError: the file that says whose records they are is damaged.
        OutputError: the list cannot be taken away.
    """
    planned = last_planned(folder)
    if planned is None or planned.release == release:
        return
    with named_errors(folder.path):
        for path in (folder.results, folder.planned):
            path.unlink(missing_ok=True)


def claim(folder: RunFolder, release: str) -> None:
    """Say whose evaluation a folder will hold, before anything is in it: of two that begin at once, one is refused.

    Raises:
        InputError: as :func:`refuse_other_release`.
        OutputError: the folder cannot be written to.
    """
    with named_errors(folder.path), FileLock(folder.locks / f"{folder.planned.name}.lock"):
        refuse_other_release(folder, release)
        if last_planned(folder) is None:
            write_json(folder.planned, asdict(Planned(0, [], release)))


class KeptUp:
    """A file that is brought up to date as results come in, at a small share of the time.

    Args:
        write: writes it whole, from the results that exist already.
    """

    def __init__(self, write: Callable[[], object]) -> None:
        self._write_whole = write
        self._next = 0.0

    @contextmanager
    def kept_up(self) -> Iterator[None]:
        """Write the file at the end of a block, however it ends."""
        try:
            yield
        finally:
            self._write()

    def update(self) -> None:
        """Write the file, unless writing it takes long and it was just written."""
        if time.monotonic() >= self._next:
            self._write()

    def _write(self) -> None:
        started = time.monotonic()
        self._write_whole()
        self._next = time.monotonic() + SPARING * (time.monotonic() - started)


class ResultsFile(KeptUp):
    """``results.json``, beside which lies what it is to hold.

    Args:
        folder: of the run.
        keys: of the records that there will be.
        current: those that exist already, in the order of the file.
        release: as in :class:`Planned`.

    Raises:
        InputError: what an earlier run was to write is damaged.
    """

    def __init__(
        self, folder: RunFolder, keys: Sequence[str], current: Callable[[], list[Record]], release: str | None = None
    ) -> None:
        def write() -> None:
            write_json(folder.planned, asdict(Planned(len(keys), list(keys), release)))
            write_records(folder.results, current())

        super().__init__(write)
        self._earlier = last_planned(folder)
        self._folder, self._keys, self._release = folder, keys, release

    def tell_left_out(self, tell: Listener) -> None:
        """Say how many records of another plan, which the file holds now, it will no longer hold."""
        earlier = self._earlier.learners if self._earlier and self._earlier.release == self._release else []
        left = [key for key in {*earlier} - {*self._keys} if (self._folder.cells / f"{key}.json").exists()]
        if left:
            records = counted(len(left), "record of another plan leaves", "records of another plan leave")
            tell(Note(f"{records} {self._folder.results}; the options that made them bring them back untrained"))
