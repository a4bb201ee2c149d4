"""Arrays that may lie on disk: indexed like a tensor, read as they are asked for, so that memory stays small."""

from __future__ import annotations

import math
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from mtlue.arrays.use import Use
from mtlue.batching import rows_within
from mtlue.errors import InputError, param
from mtlue.lazy import Later

if TYPE_CHECKING:
    import torch
    from numpy.typing import NDArray
    from torch import Tensor
else:
    torch = Later("torch")

_TOUCHED_BYTES = 2**23
"""Bytes of a mapped file that are in memory at once."""
_FAULT_AROUND = 2**16
"""Bytes around a byte that is read which the system maps with it (Linux)."""


@dataclass(frozen=True)
class MappedArray:
    """Rows of a file of raw numbers. An index reads its own rows only and leaves nothing in memory.

    Attributes:
        path: the file; row i of it begins at byte i * (bytes of a row).
        row_shape: of one row: (C, H, W) of an image.
        kind: the numbers' NumPy dtype, by name.
        rows: which rows of the file these are, [N] int64.
        sums: CRC-32 of each of these rows, [N] int64.
        use: what keeps the file from being deleted by ``mtlue cache --clear`` while the array is there.
    """

    path: Path
    row_shape: tuple[int, ...]
    kind: str
    rows: Tensor
    sums: Tensor
    use: Use | None = field(default=None, compare=False, repr=False)

    @property
    def shape(self) -> torch.Size:
        return torch.Size((len(self.rows), *self.row_shape))

    @property
    def ndim(self) -> int:
        return len(self.row_shape) + 1

    @property
    def dtype(self) -> torch.dtype:
        return torch.from_numpy(np.empty(0, self.kind)).dtype

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, index: int | slice | Tensor) -> Tensor:
        """[*row_shape] for a number, [B, *row_shape] otherwise: a copy in memory.

        Raises:
            InputError: the file is gone, or no longer holds what was written into it.
        """
        rows, sums = self.rows[index].numpy(), self.sums[index].numpy()
        try:
            copied = self._copied(rows.ravel())
        except FileNotFoundError as error:
            raise InputError(
                f"the cache of decoded files was removed while it was in use ({self.path.parent} is gone): run again"
            ) from error
        except OSError as error:
            raise InputError(
                f"the cache of decoded files cannot be read ({self.path}: {error.strerror or error}): make it "
                f"readable, or choose another folder with {param('cache')}"
            ) from error
        except (ValueError, IndexError) as error:  # an empty file, or one that was cut off
            raise self._damaged() from error
        if any(zlib.crc32(row) != expected for row, expected in zip(copied, sums.ravel(), strict=True)):
            raise self._damaged()
        return torch.from_numpy(copied.view(self.kind).reshape(*rows.shape, *self.row_shape))

    def _copied(self, rows: NDArray[np.int64]) -> NDArray[np.uint8]:
        """The bytes of some rows, [B, bytes of a row], copied few by few.

        The file is mapped again for each few: pages that were touched, and those around them, count as memory.
        """
        size = math.prod(self.row_shape) * np.dtype(self.kind).itemsize
        copied = np.empty((len(rows), size), np.uint8)
        step = rows_within(_TOUCHED_BYTES, max(size, _FAULT_AROUND))
        for few in (slice(start, start + step) for start in range(0, len(rows), step)):
            stored = np.memmap(self.path, np.uint8, "r")
            copied[few] = stored[: stored.size // size * size].reshape(-1, size)[rows[few]]
        return copied

    def _damaged(self) -> InputError:
        return InputError(f"the cache of decoded files is damaged: delete {self.path.parent} and run again")

    def take(self, index: Tensor) -> MappedArray:
        """The rows at ``index`` ([B] int64), still on disk."""
        return MappedArray(self.path, self.row_shape, self.kind, self.rows[index], self.sums[index], self.use)


Array: TypeAlias = "Tensor | MappedArray"
"""[N, ...] in memory or on disk."""
Images: TypeAlias = Array
"""uint8 [N, C, H, W]."""
CHUNK_BYTES = 2**25


def take_rows(array: Array, index: Tensor) -> Array:
    """The rows at ``index``, where they are: in memory or on disk."""
    return array.take(index) if isinstance(array, MappedArray) else array[index]


def chunks(array: Array) -> Iterator[tuple[int, Tensor]]:
    """All rows in sequence, each chunk with its first row's number; little of a mapped array is in memory at once."""
    step = rows_within(CHUNK_BYTES, math.prod(array.shape[1:]) * array.dtype.itemsize)
    return ((start, array[start : start + step]) for start in range(0, len(array), step))
