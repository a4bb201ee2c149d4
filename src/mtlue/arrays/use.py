"""That a store is being used: a lock that readers share, beside the one that a writer takes for itself.

The system gives it up with the process that holds it. Where it has no such locks (Windows, some network disks) a store
in use is not known as such, and deleting it is what it was without: the command that used it ends with a sentence.
"""

from __future__ import annotations

import importlib
import os
import weakref
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

USED = ".used"


class Use:
    """Holds a store until this object, and every array that has it, is gone. Unpickled, it holds it there, too.

    Args:
        folder: of the store; one that is gone is not held.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        if (stream := _locked(folder, shared=True, create=True)) is not None:
            weakref.finalize(self, os.close, stream)  # interrupted before this, it leaves nothing to say

    def __reduce__(self) -> tuple[Callable[[Path], Use], tuple[Path]]:
        return Use, (self._folder,)


def is_used(folder: Path) -> bool:
    """Whether some process, this one included, holds a store now."""
    try:
        stream = _locked(folder, shared=False, create=False)
    except BlockingIOError:
        return True
    if stream is not None:
        os.close(stream)
    return False


def _locked(folder: Path, shared: bool, create: bool) -> int | None:
    """The descriptor of a store's locked file; None where there is none, or no lock.

    Raises:
        BlockingIOError: another one is locked already.
    """
    locks, stream = _locks(), None
    if locks is None:
        return None
    try:
        stream = os.open(folder / USED, os.O_RDWR | (os.O_CREAT if create else 0), 0o666)
        locks.flock(stream, (locks.LOCK_SH if shared else locks.LOCK_EX) | locks.LOCK_NB)
        return stream
    except OSError as error:
        if stream is not None:
            os.close(stream)
        if isinstance(error, BlockingIOError) and not shared:
            raise
        return None


def _locks() -> ModuleType | None:
    try:
        return importlib.import_module("fcntl")
    except ImportError:
        return None
