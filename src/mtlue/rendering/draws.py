"""Random numbers for embedded data: the i-th value of a quantity is the same however many are drawn."""

import zlib
from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from mtlue.errors import InputError

MOST_IMAGES = 1_000_000
"""Embedded images of a split that are drawn: all are held in memory."""


def drawn_count(usual: int, limit: int | None) -> int:
    """How many images of a split are drawn: the usual number, or more where more are asked for.

    Raises:
        InputError: more than :data:`MOST_IMAGES`.
    """
    count = max(usual, limit or 0)
    if count > MOST_IMAGES:
        raise InputError(f"{count} embedded images of a split: ask for at most {MOST_IMAGES}")
    return count


class Draws:
    """One random stream for each quantity of the images of a split.

    Args:
        split: train and test have streams of their own.
        count: images.
        seed: of the data.
        only: numbers of the images that are wanted; all by default.

    Attributes:
        count: images that are wanted.
    """

    def __init__(self, split: str, count: int, seed: int, only: Sequence[int] | None = None) -> None:
        self.count = count if only is None else len(only)
        self._drawn = count
        self._only = slice(None) if only is None else np.array(only, np.int64)
        self._key = [seed, int(split == "test")]

    def fractions(self, quantity: str) -> NDArray[np.float64]:
        """[count] in 0..1."""
        return np.random.default_rng([*self._key, zlib.crc32(quantity.encode())]).random(self._drawn)[self._only]

    def integers(self, quantity: str, high: int) -> Tensor:
        """[count] int64 in 0..high - 1."""
        return torch.from_numpy((self.fractions(quantity) * high).astype(np.int64))

    def integer_columns(self, quantity: str, high: int, count: int) -> Tensor:
        """[count of images, count of columns] int64 in 0..high - 1."""
        return torch.stack([self.integers(f"{quantity} {column}", high) for column in range(count)], dim=1)

    def between(self, quantity: str, low: float, high: float) -> Tensor:
        """[count] float32 in low..high."""
        return torch.from_numpy(low + (high - low) * self.fractions(quantity)).float()

    def columns(self, quantity: str, low: float, high: float, count: int) -> Tensor:
        """[count of images, count of columns] float32 in low..high."""
        return torch.stack([self.between(f"{quantity} {column}", low, high) for column in range(count)], dim=1)
