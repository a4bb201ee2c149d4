"""What a store keeps of one file: the numbers that it gave, and what tells that it is still the same file."""

import hashlib
import math
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

STATE = {"folder": "int64", "file": "object", "bytes": "int64", "changed_ns": "int64", "status_ns": "int64"}
"""Columns of :func:`file_states` and their types."""
State: TypeAlias = tuple[Any, ...]
"""One row of it."""


@dataclass(frozen=True)
class Content:
    """What a file gave: numbers of a store's shape and kind, what was changed on the way, and its colour profile."""

    values: NDArray[Any]
    notes: tuple[str, ...] = ()
    profile: bytes | None = None


@dataclass(frozen=True)
class RowType:
    """The shape and the NumPy dtype (by name) that all rows of a store have."""

    shape: tuple[int, ...]
    kind: str

    @property
    def bytes(self) -> int:
        return math.prod(self.shape) * np.dtype(self.kind).itemsize


@dataclass(frozen=True, slots=True)
class Entry:
    """One file in a store: its row and the row's CRC-32, or -1 and the reason; notes; its colour profile."""

    row: int
    sum: int = 0
    reason: str = ""
    notes: tuple[str, ...] = ()
    profile: bytes | None = None

    @classmethod
    def of(cls, row: int, result: Content | str) -> "Entry":
        """The entry of a file that was decoded into ``row``, or of one that could not be (and why)."""
        if isinstance(result, str):
            return cls(-1, reason=result)
        return cls(row, zlib.crc32(result.values.tobytes()), notes=result.notes, profile=result.profile)


@dataclass(frozen=True)
class Files:
    """What a store is asked for.

    Attributes:
        count: how many files.
        states: what the system says now of the files at some positions, as :func:`file_states` gives it.
        read: the content of the file at a position; raises :class:`mtlue.imaging.files.UnreadableImageError` where
            there is none.
        digest: a hash of everything that decides what the file at a position gives, b"" where it cannot be told. Files
            of one hash share a row. Without the function no file is looked for under another name.
    """

    count: int
    states: Callable[[Sequence[int]], pd.DataFrame]
    read: Callable[[int], Content]
    digest: Callable[[int], bytes] | None = None


def file_states(root: Path, files: Sequence[str]) -> pd.DataFrame:
    """Folder, path, length and times of change of each file: what tells that it is still the one that was decoded.

    ``folder`` is a number for the folder's own path. ``changed_ns`` is the date that programs may set; ``status_ns`` is
    when the system last changed anything of the file (on Windows, when it was created).
    """
    folder = int.from_bytes(folder_digest(root)[:8], "big", signed=True)
    states = np.fromiter((value for file in files for value in _state(root / file)), np.int64, 3 * len(files))
    values = (folder, pd.Series(files, dtype=object), *states.reshape(-1, 3).T)
    return pd.DataFrame(dict(zip(STATE, values, strict=True))).astype(STATE)


def folder_digest(root: Path) -> bytes:
    """16 bytes that name a folder by its path."""
    return hashlib.sha256(str(root.resolve()).encode("utf-8", "surrogateescape")).digest()[:16]


def content_digest(path: Path, *more: object) -> bytes:
    """16 bytes that name a file's bytes and its suffix, by which a decoder is chosen; b"" where it cannot be read.

    Args:
        path: of the file.
        more: what else decides what the file gives.
    """
    try:
        with path.open("rb") as stream:
            digest = hashlib.file_digest(stream, "sha256")
    except (OSError, ValueError):  # reading it will say why
        return b""
    digest.update(repr((path.suffix.lower(), *more)).encode())
    return digest.digest()[:16]


def _state(path: Path) -> tuple[int, int, int]:
    try:
        state = path.stat()
    except OSError:
        return -1, -1, -1  # reading it will say why
    return state.st_size, state.st_mtime_ns, state.st_ctime_ns
