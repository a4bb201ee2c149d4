"""Images that may lie on disk: indexed like a tensor, read as they are asked for, so that memory stays small."""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np
import torch
from torch import Tensor


@dataclass(frozen=True)
class MappedImages:
    """Rows of a file of raw uint8 images. An index reads its own rows only and leaves nothing in memory.

    Attributes:
        path: the file; image i of it begins at byte i * C * H * W.
        image_shape: (C, H, W).
        rows: which rows of the file these images are, [N] int64.
    """

    path: Path
    image_shape: tuple[int, int, int]
    rows: Tensor

    @property
    def shape(self) -> torch.Size:
        return torch.Size((len(self.rows), *self.image_shape))

    @property
    def dtype(self) -> torch.dtype:
        return torch.uint8

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, index: int | slice | Tensor) -> Tensor:
        """uint8 [C, H, W] for a number, [B, C, H, W] otherwise: a copy in memory."""
        rows = self.rows[index].numpy()
        # mapped anew each time: pages that were read do not add up to the whole file
        stored = np.memmap(self.path, np.uint8, "r").reshape(-1, math.prod(self.image_shape))
        copied = np.array(stored[rows])
        return torch.from_numpy(copied.reshape(*copied.shape[:-1], *self.image_shape))

    def take(self, index: Tensor) -> "MappedImages":
        """The images at ``index`` ([B] int64), still on disk."""
        return MappedImages(self.path, self.image_shape, self.rows[index])


Images: TypeAlias = Tensor | MappedImages
"""uint8 [N, C, H, W] in memory or on disk."""


def take_images(images: Images, index: Tensor) -> Images:
    """The images at ``index``, where they are: in memory or on disk."""
    return images.take(index) if isinstance(images, MappedImages) else images[index]
