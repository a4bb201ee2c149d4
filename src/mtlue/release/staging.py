"""An output folder that is filled next to its final place and appears whole, by two renames, or not at all."""

import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from mtlue.errors import OutputError, param
from mtlue.files import named_errors, sweep
from mtlue.release.layout import OutputFolder

_LEFT_BY_SYSTEMS = frozenset(
    {".ds_store", "thumbs.db", "ehthumbs.db", "desktop.ini", "__macosx", ".directory", "@eadir"}
)


def check_output(out: OutputFolder, overwrite: bool) -> None:
    """Fail early if ``out`` cannot take a release; the errors are those of :func:`reserved`."""
    with reserved(out, overwrite):
        pass


@contextmanager
def reserved(out: OutputFolder, overwrite: bool) -> Iterator[None]:
    """Keep ``out`` for one run, from its first check until its release is there.

    It is settled first (:func:`settled`). A folder that was not there is made, and removed again where
    nothing is in it at the end. An interrupt that comes after the release is there has a note that says so.

    Raises:
        OutputError: it is a file, it cannot be written to, another run is writing to it, or it holds something else.
    """
    with settled(out):
        _check(out, overwrite)
        before = which_file(out.release.manifest)
        try:
            yield
        except KeyboardInterrupt as interrupt:
            if which_file(out.release.manifest) not in (None, before):
                interrupt.add_note(f"{out.release.path} had been written whole by then")
            raise


@contextmanager
def settled(out: OutputFolder) -> Iterator[None]:
    """Keep ``out``, whatever it holds, for one run; what a killed one left there is undone, or done with, first.

    Raises:
        OutputError: it is a file, it cannot be written to, or another run is writing to it.
    """
    _require_no_file(out.path)
    with _made(out), _locked(out):
        with named_errors(out.path):
            _undo_unfinished(out)
            sweep(out.path)
        yield


def which_file(file: Path) -> tuple[int, int] | None:
    """What tells a file from the one that it replaced; None where there is none."""
    with suppress(OSError):
        found = file.stat()
        return found.st_ino, found.st_mtime_ns
    return None


def require_empty(folder: Path) -> None:
    """Fail early if a folder is there and holds anything, be it what file managers leave.

    Raises:
        OutputError: it is a file, or it holds something, which is named.
    """
    _require_no_file(folder)
    with named_errors(folder):
        names = {path.name for path in folder.iterdir()} if folder.exists() else set()
    _require_none(folder, names)


def _require_no_file(folder: Path) -> None:
    with named_errors(folder):
        if folder.exists() and not folder.is_dir():
            raise OutputError(f"{folder} is a file: give a folder that does not exist yet, or an empty one")


def _require_none(folder: Path, foreign: Iterable[str]) -> None:
    """Refuse a folder that holds these."""
    if names := sorted(foreign):
        raise OutputError(f"{folder} is not empty ({', '.join(names[:3])}): choose another folder, or empty it")


@contextmanager
def staged(out: OutputFolder) -> Iterator[OutputFolder]:
    """Fill a release and its private part; both appear in ``out``, which is reserved, when the block ends well.

    On any error or interrupt nothing new appears, and what was there stays.

    Yields:
        Where to write.
    """
    try:
        with named_errors(out.path):
            out.stage.release.path.mkdir(parents=True)
            out.stage.private.path.mkdir(mode=0o700)  # whoever can read it can undo the protection
        yield out.stage
        with named_errors(out.path):
            _swap(out)
    finally:
        _undo_unfinished(out)


def left_by_a_system(name: str) -> bool:
    """Whether a file or folder is what file managers and archivers leave behind unasked."""
    return name.lower() in _LEFT_BY_SYSTEMS or name.startswith("._")


@contextmanager
def _made(out: OutputFolder) -> Iterator[None]:
    """The folder is there; one that was not, and is empty in the end, is removed again."""
    with named_errors(out.path):
        new = not out.path.exists()
        out.path.mkdir(parents=True, exist_ok=True)
    try:
        yield
    finally:
        if new:
            with suppress(OSError):
                out.path.rmdir()


@contextmanager
def _locked(out: OutputFolder) -> Iterator[None]:
    """Keep a second run out of ``out``."""
    lock = FileLock(out.lock)
    with named_errors(out.path):
        try:
            lock.acquire(timeout=0)
        except Timeout as error:
            raise OutputError(f"another run is writing to {out.path}: wait for it, or choose another folder") from error
    try:
        yield
    finally:
        out.lock.unlink(missing_ok=True)
        lock.release()


def _check(out: OutputFolder, overwrite: bool) -> None:
    with named_errors(out.path):
        names = {path.name for path in out.path.iterdir() if not left_by_a_system(path.name)}
    parts = {out.release.path.name, out.private.path.name}
    present = sorted(names & parts)
    _require_none(out.path, names - parts - out.own_names)
    if present and not overwrite:
        raise OutputError(
            f"{out.path} already holds {' and '.join(present)}: choose another folder, or give {param('overwrite')}"
        )
    release = out.release
    if release.path.name in present and not release.manifest.is_file():
        raise OutputError(
            f"{release.path} was not written by mtlue (it has no {release.manifest.name}): choose another folder"
        )


def _swap(out: OutputFolder) -> None:
    """Old parts move aside first, the new release appears last: that rename is what makes the run count."""
    if out.preview.exists():
        out.preview.rename(out.stage.private.preview)
    for part, aside in out.replaced:
        if part.exists():
            part.rename(aside)
    out.swapping.touch()
    out.stage.private.path.rename(out.private.path)
    out.stage.release.path.rename(out.release.path)


def _undo_unfinished(out: OutputFolder) -> None:
    """Bring ``out`` back to a whole state: the old parts return unless both new ones are in place.

    Once they are, what was said of the old release goes, and what the run kept in case that it would be interrupted.
    """
    if not out.partial.exists():
        return
    committed = out.swapping.exists() and not out.stage.release.path.exists()
    if committed:
        out.findings.remove()
        for kept in (out.fit, out.parts):
            shutil.rmtree(kept, ignore_errors=True)
    else:
        if out.swapping.exists() and not out.stage.private.path.exists():
            out.private.path.rename(out.stage.private.path)
        for part, aside in out.replaced:
            if aside.exists() and not part.exists():
                aside.rename(part)
    shutil.rmtree(out.partial)
