"""Ids of many shards, in 20 bytes each: whether one has been seen before. Imports no torch."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mtlue.errors import InputError, param
from mtlue.tables.cells import shown_cell

_BYTES = 16
"""Of a hash: two ids of a billion meet once in 10^20 sets."""
_GROWTH = 2
"""A run that is not so many times longer than the next one is merged with it."""


class SeenIds:
    """The hashes of all ids so far, each with the shard that it came from.

    They lie in sorted runs, each more than twice as long as the next, so that shards are added in time that grows a
    little faster than their number: each id is merged some twenty times among a billion.
    """

    def __init__(self) -> None:
        self._runs: list[_Run] = []
        self._names: list[str] = []

    def add(self, ids: Sequence[str], shard: str) -> None:
        """Add a shard's ids, no two of which are the same.

        Raises:
            InputError: another shard has one of them; names both shards.
        """
        if not ids:
            return
        run = _Run.of(ids, len(self._names))
        for earlier in self._runs:
            if (found := earlier.first_in(run)) is not None:
                theirs, ours = found
                identifier = shown_cell(_with_hash(ids, run, ours))
                raise InputError(
                    f"id '{identifier}' appears in {self._names[earlier.shards[theirs]]} and in {shard}: every image "
                    f"needs an id of its own (use the image's path as the id: {param('id_column')} file)"
                )
        self._names.append(shard)
        self._runs.append(run)
        while len(self._runs) > 1 and len(self._runs[-2]) <= _GROWTH * len(self._runs[-1]):
            self._runs[-2:] = [self._runs[-2].merged(self._runs[-1])]


@dataclass(frozen=True)
class _Run:
    """Hashes, sorted by their first half.

    Attributes:
        high, low: the halves, [N].
        shards: number of the shard that each came from, [N].
    """

    high: NDArray[np.uint64]
    low: NDArray[np.uint64]
    shards: NDArray[np.int32]

    @classmethod
    def of(cls, ids: Sequence[str], shard: int) -> _Run:
        halves = np.frombuffer(b"".join(map(_hash, ids)), ">u8").reshape(-1, 2).astype(np.uint64)
        return cls(halves[:, 0], halves[:, 1], np.full(len(ids), shard, np.int32))._sorted()

    def __len__(self) -> int:
        return len(self.high)

    def merged(self, other: _Run) -> _Run:
        """Both in one; sorting by merging takes time in proportion to their lengths."""
        return _Run(
            np.concatenate((self.high, other.high)),
            np.concatenate((self.low, other.low)),
            np.concatenate((self.shards, other.shards)),
        )._sorted()

    def first_in(self, other: _Run) -> tuple[int, int] | None:
        """Where a hash lies that both have, here and there; None where they have none in common."""
        left = np.searchsorted(self.high, other.high, "left")
        right = np.searchsorted(self.high, other.high, "right")
        for there in np.flatnonzero(right > left):
            for here in range(left[there], right[there]):
                if self.low[here] == other.low[there]:
                    return here, int(there)
        return None

    def _sorted(self) -> _Run:
        order = np.argsort(self.high, kind="stable")
        return _Run(self.high[order], self.low[order], self.shards[order])


def _with_hash(ids: Sequence[str], run: _Run, place: int) -> str:
    """The id whose hash lies at a place of its run."""
    wanted = (int(run.high[place]), int(run.low[place]))
    return next(one for one in ids if (int.from_bytes(_hash(one)[:8]), int.from_bytes(_hash(one)[8:])) == wanted)


def _hash(identifier: str) -> bytes:
    return hashlib.blake2b(identifier.encode("utf-8", "surrogatepass"), digest_size=_BYTES).digest()
