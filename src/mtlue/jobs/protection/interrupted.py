"""An interrupted fit resumes where it stopped: its secret, its surrogates and fits that may be repeated are kept until
the release is there.

They lie in ``OUT/.mtlue-fit``, as private as ``OUT/private``: anyone who has the secret can repeat the perturbation.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mtlue._version import __version__
from mtlue.errors import MtlueError
from mtlue.faults import listed
from mtlue.files import named_errors, write_json
from mtlue.jobs.events import Listener, Note, Resumed
from mtlue.jobs.protection.kept_attempts import ATTEMPTS, FITTED
from mtlue.jobs.requests.owner import ProtectRequest
from mtlue.methods.surrogates import HISTORY
from mtlue.release.layout import PREVIEW
from mtlue.seeds import read_seed, secret_seed, seed_text
from mtlue.structured import read_json
from mtlue.wording import counted

_REQUEST = "request.json"
_SURROGATES = "surrogates"


@dataclass(frozen=True)
class KeptFit:
    """What a fit goes on from.

    Attributes:
        folder: where trained surrogates, and fits that may be repeated, are kept.
        seed: the fit's seed, given or drawn; that of the interrupted run where there was one.
    """

    folder: Path
    seed: int


@dataclass(frozen=True)
class _SavedFit:
    version: str
    precision: str
    request: dict[str, Any]
    seed: int | str


@contextmanager
def kept_fit(request: ProtectRequest, precision: str, tell: Listener) -> Iterator[KeptFit]:
    """Keep what a fit has trained until the block ends well; then it is deleted.

    What another request left is deleted first: its surrogates are of other images or settings. Nothing stays of a fit
    that was stopped before its first surrogate was trained, except by a kill, or a preview that someone may be looking
    at. The output folder has to be reserved.
    """
    folder = request.folder.fit
    seed = _interrupted_seed(folder, request, precision)
    if seed is None:
        seed = secret_seed() if request.seed is None else read_seed(request.seed)
        with named_errors(folder):
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(mode=0o700, parents=True)
        write_json(folder / _REQUEST, _saved(request, precision, seed))
    else:
        tell(Resumed(_kept(folder)))
    try:
        yield KeptFit(folder, seed)
    except BaseException:
        if waits := _waiting(folder):
            tell(Note(waits))
        else:
            shutil.rmtree(folder, ignore_errors=True)
        raise
    shutil.rmtree(folder, ignore_errors=True)


def _interrupted_seed(folder: Path, request: ProtectRequest, precision: str) -> int | None:
    """The seed of an interrupted run of the same request; None where there was none."""
    try:
        saved = read_json(folder / _REQUEST, _SavedFit, "")
        seed = read_seed(saved.seed)
    except MtlueError:
        return None
    return seed if saved == _SavedFit(**_saved(request, precision, seed)) else None


def _saved(request: ProtectRequest, precision: str, seed: int) -> dict[str, Any]:
    return {"version": __version__, "precision": precision, "request": request.identity(), "seed": seed_text(seed)}


def _waiting(folder: Path) -> str:
    """What an interrupted run leaves, in words; "" for nothing."""
    begun, previewed = _begun(folder), (folder / PREVIEW).exists()
    if not begun:
        return f"{PREVIEW} stays in {folder} and shows clean images: keep that folder private" if previewed else ""
    shown = f"; {PREVIEW} there shows clean images" if previewed else ""
    return f"{begun} and secret wait in {folder} for the same command again: keep that folder private{shown}"


def _kept(folder: Path) -> str:
    """All that a run goes on with, in words."""
    surrogates = "surrogates" if any((folder / _SURROGATES).glob(f"*/{HISTORY}")) else None
    fits = sum(1 for _ in (folder / ATTEMPTS).glob(f"*/{FITTED}"))
    parts = ["secret", surrogates, counted(fits, "fit") if fits else None]
    return listed([*filter(None, parts), *(["preview"] if (folder / PREVIEW).exists() else [])], len(parts) + 1)


def _begun(folder: Path) -> str:
    """What has been done: surrogates were trained, or fits that need none were made; "" where nothing was."""
    if any((folder / _SURROGATES).glob(f"*/{HISTORY}")):
        return "surrogates"
    return "fits" if any((folder / ATTEMPTS).glob(f"*/{FITTED}")) else ""
