"""Ids of many shards, in 16 bytes each: whether one has been seen before. Imports no torch."""

import hashlib
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mtlue.errors import InputError, param
from mtlue.tables.cells import shown_cell

_BYTES = 16
"""Of a hash: two ids of a billion meet once in 10^20 sets."""
_HASH = np.dtype([("high", ">u8"), ("low", ">u8")])


class SeenIds:
    """The hashes of all ids so far, sorted, each with the shard that it came from."""

    def __init__(self) -> None:
        self._hashes: NDArray[Any] = np.empty(0, _HASH)
        self._shards: NDArray[np.int32] = np.empty(0, np.int32)
        self._names: list[str] = []

    def add(self, ids: Sequence[str], shard: str) -> None:
        """Add a shard's ids, no two of which are the same.

        Raises:
            InputError: another shard has one of them; names both shards.
        """
        hashes = np.frombuffer(b"".join(map(_hash, ids)), _HASH)
        places = np.searchsorted(self._hashes, hashes)
        nearest = self._hashes[np.minimum(places, len(self._hashes) - 1)] if self._names else hashes[:0]
        found = np.flatnonzero(nearest == hashes[: len(nearest)])
        if len(found):
            earlier = self._names[self._shards[places[found[0]]]]
            raise InputError(
                f"id '{shown_cell(ids[found[0]])}' appears in {earlier} and in {shard}: every image needs an id of its "
                f"own (use the image's path as the id: {param('id_column')} file)"
            )
        order = np.argsort(hashes)
        self._hashes = np.insert(self._hashes, places[order], hashes[order])
        self._shards = np.insert(self._shards, places[order], len(self._names)).astype(np.int32)
        self._names.append(shard)


def _hash(identifier: str) -> bytes:
    return hashlib.blake2b(identifier.encode("utf-8", "surrogatepass"), digest_size=_BYTES).digest()
