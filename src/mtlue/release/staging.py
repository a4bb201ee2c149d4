"""An output folder that is filled beside its final place and appears whole, by two renames, or not at all."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from mtlue.errors import OutputError
from mtlue.files import named_errors, sweep

RELEASE = "release"
PRIVATE = "private"
PARTIAL = ".mtlue-partial"
LOCK = ".mtlue-lock"
MANIFEST = "manifest.json"
SEAL = "manifest.sha256"
"""In the private folder: the manifest's hash, so that its owner notices a changed one."""

_OLD_RELEASE = "old-release"
_OLD_PRIVATE = "old-private"
_LEFT_BY_SYSTEMS = frozenset(
    {".ds_store", "thumbs.db", "ehthumbs.db", "desktop.ini", "__macosx", ".directory", "@eadir"}
)


@dataclass(frozen=True)
class Stage:
    """Where to write: ``release`` may be published once the stage is complete, ``private`` never."""

    release: Path
    private: Path


def check_output(out: Path, overwrite: bool) -> None:
    """Fail early if ``out`` cannot take a release. What a killed run left there is undone first.

    A folder that was not there is made to see whether it can be, and taken away again.

    Raises:
        OutputError: a file stands there, it cannot be written to, another run is writing to it, or it holds
            something else.
    """
    with named_errors(out):
        if out.exists() and not out.is_dir():
            raise OutputError(f"{out} is a file: give a folder that does not exist yet, or an empty one")
    with _made(out), _locked(out):
        _check(out, overwrite)


@contextmanager
def staged(out: Path, overwrite: bool) -> Iterator[Stage]:
    """Fill a release and its private part; both appear in ``out`` when the block ends well.

    On any error or interrupt nothing new appears, and what was there stays.
    """
    with _made(out), _locked(out):
        _check(out, overwrite)
        partial = out / PARTIAL
        stage = Stage(partial / RELEASE, partial / PRIVATE)
        try:
            with named_errors(out):
                stage.release.mkdir(parents=True)
                stage.private.mkdir()
            yield stage
            with named_errors(out):
                _swap(out, stage)
        finally:
            _undo_unfinished(out)


def _check(out: Path, overwrite: bool) -> None:
    with named_errors(out):
        _undo_unfinished(out)
        sweep(out)
        present = {path.name for path in out.iterdir() if path.name != LOCK and not left_by_a_system(path.name)}
    foreign = sorted(present - {RELEASE, PRIVATE})
    if foreign:
        raise OutputError(f"{out} is not empty ({', '.join(foreign[:3])}): choose another folder, or empty it")
    if present and not overwrite:
        raise OutputError(
            f"{out} already holds {' and '.join(sorted(present))}: choose another folder, or give --overwrite"
        )
    if RELEASE in present and not (out / RELEASE / MANIFEST).is_file():
        raise OutputError(f"{out / RELEASE} was not written by mtlue (it has no {MANIFEST}): choose another folder")


def left_by_a_system(name: str) -> bool:
    """Whether a file or folder is what file managers and archivers leave behind unasked."""
    return name.lower() in _LEFT_BY_SYSTEMS or name.startswith("._")


def _swap(out: Path, stage: Stage) -> None:
    """Old parts move aside first, the new release appears last: that rename is what makes the run count."""
    partial = out / PARTIAL
    for name, aside in ((RELEASE, _OLD_RELEASE), (PRIVATE, _OLD_PRIVATE)):
        if (out / name).exists():
            (out / name).rename(partial / aside)
    (partial / "swapping").touch()
    stage.private.rename(out / PRIVATE)
    stage.release.rename(out / RELEASE)


def _undo_unfinished(out: Path) -> None:
    """Bring ``out`` back to a whole state: the old parts return unless both new ones are in place."""
    partial = out / PARTIAL
    if not partial.exists():
        return
    committed = (partial / "swapping").exists() and not (partial / RELEASE).exists()
    if not committed:
        if (partial / "swapping").exists() and not (partial / PRIVATE).exists():
            (out / PRIVATE).rename(partial / PRIVATE)
        for name, aside in ((RELEASE, _OLD_RELEASE), (PRIVATE, _OLD_PRIVATE)):
            if (partial / aside).exists() and not (out / name).exists():
                (partial / aside).rename(out / name)
    shutil.rmtree(partial)


@contextmanager
def _made(out: Path) -> Iterator[None]:
    """The folder is there; one that was not, and is empty in the end, is taken away again."""
    with named_errors(out):
        new = not out.exists()
        out.mkdir(parents=True, exist_ok=True)
    try:
        yield
    finally:
        if new:
            with suppress(OSError):
                out.rmdir()


@contextmanager
def _locked(out: Path) -> Iterator[None]:
    """Keep a second run out of ``out``."""
    lock = FileLock(out / LOCK)
    with named_errors(out):
        try:
            lock.acquire(timeout=0)
        except Timeout as error:
            raise OutputError(f"another run is writing to {out}: wait for it, or choose another folder") from error
    try:
        yield
    finally:
        (out / LOCK).unlink(missing_ok=True)
        lock.release()
