"""Images that may lie on disk: indexed like a tensor, read as they are asked for, so that memory stays small."""

import math
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np
import torch
from torch import Tensor

from mtlue.errors import InputError


@dataclass(frozen=True)
class MappedImages:
    """Rows of a file of raw uint8 images. An index reads its own rows only and leaves nothing in memory.

    Attributes:
        path: the file; image i of it begins at byte i * C * H * W.
        image_shape: (C, H, W).
        rows: which rows of the file these images are, [N] int64.
        sums: CRC-32 of each of these rows, [N] int64.
    """

    path: Path
    image_shape: tuple[int, int, int]
    rows: Tensor
    sums: Tensor

    @property
    def shape(self) -> torch.Size:
        return torch.Size((len(self.rows), *self.image_shape))

    @property
    def dtype(self) -> torch.dtype:
        return torch.uint8

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, index: int | slice | Tensor) -> Tensor:
        """uint8 [C, H, W] for a number, [B, C, H, W] otherwise: a copy in memory.

        Raises:
            InputError: the file no longer holds what was written into it.
        """
        rows, sums = self.rows[index].numpy(), self.sums[index].numpy()
        # mapped anew each time: pages that were read do not add up to the whole file
        stored = np.memmap(self.path, np.uint8, "r").reshape(-1, math.prod(self.image_shape))
        copied = np.array(stored[rows])
        if any(
            zlib.crc32(row) != expected for row, expected in zip(np.atleast_2d(copied), np.ravel(sums), strict=True)
        ):
            raise InputError(f"the cache of decoded images is damaged: delete {self.path.parent} and run again")
        return torch.from_numpy(copied.reshape(*copied.shape[:-1], *self.image_shape))

    def take(self, index: Tensor) -> "MappedImages":
        """The images at ``index`` ([B] int64), still on disk."""
        return MappedImages(self.path, self.image_shape, self.rows[index], self.sums[index])


Images: TypeAlias = Tensor | MappedImages
"""uint8 [N, C, H, W] in memory or on disk."""


def take_images(images: Images, index: Tensor) -> Images:
    """The images at ``index``, where they are: in memory or on disk."""
    return images.take(index) if isinstance(images, MappedImages) else images[index]
