"""A store's files, found by what the system says of a file, else by its contents, else decoded."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Protocol

import pandas as pd

from mtlue.arrays.entries import Content, Entry, Files, RowType, State
from mtlue.arrays.mapped_array import Array
from mtlue.batching import rows_within
from mtlue.imaging.files import UnreadableImageError
from mtlue.imaging.quiet import quiet_codecs
from mtlue.progress import Progress
from mtlue.threads import cpu_count

CHUNK, CHUNK_BYTES = 256, 2**27
"""Files, and bytes of them, that are decoded before any is written: what waits in memory."""


class Shelf(Protocol):
    """A store while it is open."""

    row: RowType

    def find(self, states: pd.DataFrame) -> list[Entry | None]:
        """Each file's entry; None for a file that is new, or has changed."""
        ...

    def find_same(self, digests: Sequence[bytes]) -> list[Entry | None]:
        """The entry of a file of each content; None where there is none."""
        ...

    def add(self, state: State, result: Content | str, digest: bytes = b"") -> Entry:
        """Keep what a file gave, or why it gave nothing."""
        ...

    def add_same(self, state: State, entry: Entry, digest: bytes) -> None:
        """Note that a file gives what is kept already."""
        ...

    def array(self, entries: Sequence[Entry]) -> Array:
        """The rows of ``entries``."""
        ...


def fill(shelf: Shelf, states: pd.DataFrame, files: Files, progress: Progress, description: str) -> list[Entry]:
    """Every file's entry: those on the shelf, and the others decoded now, in parallel."""
    entries = shelf.find(states)
    missing = [position for position, entry in enumerate(entries) if entry is None]
    added = _add(shelf, states, files, missing)
    for position, entry in progress.track(added, description, len(missing)) if missing else ():
        entries[position] = entry
    return [entry for entry in entries if entry is not None]


def _add(shelf: Shelf, states: pd.DataFrame, files: Files, missing: Sequence[int]) -> Iterator[tuple[int, Entry]]:
    """Put files on the shelf, chunk by chunk: those of known contents share a row."""
    size = rows_within(CHUNK_BYTES, shelf.row.bytes, CHUNK)
    with quiet_codecs(), ThreadPoolExecutor(cpu_count()) as pool:
        for start in range(0, len(missing), size):
            chunk = missing[start : start + size]
            digests = [b""] * len(chunk) if files.digest is None else list(pool.map(files.digest, chunk))
            same = shelf.find_same(digests) if any(digests) else [None] * len(chunk)
            new = [position for position, entry in zip(chunk, same, strict=True) if entry is None]
            results = dict(zip(new, pool.map(partial(_content_or_reason, files), new), strict=True))
            rows = states.iloc[[*chunk]].itertuples(index=False, name=None)
            sure = _sure(digests, states, files, chunk)
            for position, state, digest, entry in zip(chunk, rows, sure, same, strict=True):
                if entry is None:
                    yield position, shelf.add(state, results[position], digest)
                else:
                    shelf.add_same(state, entry, digest)
                    yield position, entry


def _sure(digests: Sequence[bytes], states: pd.DataFrame, files: Files, chunk: Sequence[int]) -> list[bytes]:
    """The hashes of files that did not change meanwhile; b"" for others: it may be of other bytes than were decoded."""
    if not any(digests):
        return list(digests)
    stayed = (states.iloc[[*chunk]].to_numpy() == files.states(chunk).to_numpy()).all(axis=1)
    return [digest if same else b"" for digest, same in zip(digests, stayed, strict=True)]


def _content_or_reason(files: Files, position: int) -> Content | str:
    try:
        return files.read(position)
    except UnreadableImageError as error:
        return str(error)
