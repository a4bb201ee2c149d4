"""A model's folder by what lies in it, for keys. Imports nothing heavy."""

import hashlib
from functools import lru_cache
from pathlib import Path

from mtlue.files import sha256


def folder_hash(folder: Path) -> str:
    """SHA-256 of the names and contents of all files below a folder, wherever it lies.

    Hidden files, and those in hidden folders, do not count: they are the caches of what downloaded the others.
    """
    files = sorted(path for path in folder.rglob("*") if path.is_file() and not _hidden(path.relative_to(folder)))
    digest = hashlib.sha256()
    for path in files:
        seen = path.stat()
        digest.update(
            f"{path.relative_to(folder).as_posix()}\0{_hash(path, seen.st_size, seen.st_mtime_ns)}\0".encode()
        )
    return digest.hexdigest()


def _hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts)


@lru_cache(maxsize=1024)
def _hash(path: Path, size: int, changed: int) -> str:
    """Of one file; large ones are read once, as long as they stay as they are."""
    return sha256(path)
