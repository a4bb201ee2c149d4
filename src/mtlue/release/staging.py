"""An output folder that is filled beside its final place and appears whole, by two renames, or not at all."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from mtlue.errors import OutputError
from mtlue.files import named_errors

RELEASE = "release"
PRIVATE = "private"
PARTIAL = ".mtlue-partial"


@dataclass(frozen=True)
class Stage:
    """Where to write: ``release`` may be published once the stage is complete, ``private`` never."""

    release: Path
    private: Path


def check_output(out: Path, overwrite: bool) -> None:
    """Fail early if ``out`` cannot take a release.

    What an interrupted run of mtlue left there is no obstacle.

    Raises:
        OutputError: a file stands there, it cannot be written to, or it holds something else.
    """
    if out.exists() and not out.is_dir():
        raise OutputError(f"{out} is a file: give a folder that does not exist yet, or an empty one")
    with named_errors(out):
        out.mkdir(parents=True, exist_ok=True)
        probe = out / f"{PARTIAL}-probe"
        probe.mkdir(exist_ok=True)
        probe.rmdir()
        present = {path.name for path in out.iterdir()}
    ours = {RELEASE, PRIVATE, PARTIAL}
    interrupted = PARTIAL in present and RELEASE not in present
    foreign = sorted(present - ours)
    if foreign:
        raise OutputError(f"{out} is not empty ({', '.join(foreign[:3])}): choose another folder, or empty it")
    if present - {PARTIAL} and not overwrite and not interrupted:
        raise OutputError(f"{out} already holds a release: choose another folder, or replace it with --overwrite")


@contextmanager
def staged(out: Path, overwrite: bool) -> Iterator[Stage]:
    """Fill a release and its private part; both appear in ``out`` when the block ends well.

    On any error or interrupt nothing new appears, and what was there stays.
    """
    check_output(out, overwrite)
    partial = out / PARTIAL
    stage = Stage(partial / RELEASE, partial / PRIVATE)
    with named_errors(out):
        shutil.rmtree(partial, ignore_errors=True)
        stage.release.mkdir(parents=True)
        stage.private.mkdir()
    try:
        yield stage
        with named_errors(out):
            _swap(out, partial, stage)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise
    shutil.rmtree(partial)


def _swap(out: Path, partial: Path, stage: Stage) -> None:
    """Old parts move aside first, the release appears last: whoever finds it finds all of it."""
    for name in (RELEASE, PRIVATE):
        if (out / name).exists():
            (out / name).rename(partial / f"old-{name}")
    stage.private.rename(out / PRIVATE)
    stage.release.rename(out / RELEASE)
