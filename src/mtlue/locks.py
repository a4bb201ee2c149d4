"""Files and folders that a process locks for as long as it lives; the system gives them up with it."""

import importlib
import os
from pathlib import Path
from types import ModuleType


def locked(path: Path, shared: bool, create: bool = False) -> int | None:
    """The descriptor of a file or folder that is locked until it is closed.

    Args:
        path: of the file, or of a folder that there is.
        shared: whether others may lock it so, too.
        create: make the file where there is none.

    Returns:
        None where there is none, or where the system has no such locks (Windows, some network disks); with ``shared``
        also where another process has it for itself.

    Raises:
        BlockingIOError: it is to be locked for this process alone, and is locked already.
    """
    locks, stream = _locks(), None
    if locks is None:
        return None
    try:
        access = os.O_RDONLY if path.is_dir() else os.O_RDWR
        stream = os.open(path, access | (os.O_CREAT if create else 0), 0o666)
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
