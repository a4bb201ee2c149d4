"""Images that were made from others (noised, perturbed, processed): written batch by batch, read from the disk.

A set of images never lies in memory whole. The file is NumPy's ``.npy``, so that any tool can look at it.
"""

from collections.abc import Iterable
from pathlib import Path
from uuid import uuid4

import numpy as np
import torch
from torch import Tensor

from mtlue.arrays.mapped_array import CHUNK_BYTES, Images
from mtlue.batching import rows_within
from mtlue.data.dataset import ArrayDataset
from mtlue.files import written_whole
from mtlue.structured import refusing

_REMEDY = "delete it, and it will be made again"


def write_images(batches: Iterable[Tensor], shape: tuple[int, ...], file: Path) -> Images:
    """Write images batch by batch; the file appears whole or not at all.

    Args:
        batches: uint8 [B, C, H, W] each, in sequence.
        shape: (N, C, H, W) of all of them.
        file: ``.npy`` file to write.

    Returns:
        The images, on disk.

    Raises:
        OutputError: the file cannot be written.
        ValueError: the batches do not have this shape.
    """
    with written_whole(file) as temporary:
        array = np.lib.format.open_memmap(temporary, "w+", np.uint8, shape)
        start = 0
        for batch in batches:
            if batch.dtype != torch.uint8 or batch.shape[1:] != shape[1:]:
                raise ValueError(f"images {batch.dtype} {list(batch.shape[1:])} instead of uint8 {list(shape[1:])}")
            array[start : start + len(batch)] = batch.cpu().numpy()
            start += len(batch)
        if start != shape[0]:
            raise ValueError(f"{start} images instead of {shape[0]}")
        array.flush()
        del array
    return read_images(file, shape)


def read_images(file: Path, shape: tuple[int, ...]) -> Images:
    """The images that :func:`write_images` wrote, mapped: what is read of them leaves the memory again.

    Args:
        file: ``.npy`` file.
        shape: (N, C, H, W) that it should have.

    Raises:
        InputError: the file is missing, damaged, or holds something else.
    """
    with refusing(file, _REMEDY):
        images = np.load(file, mmap_mode="c", allow_pickle=False)
        if images.dtype != np.uint8 or images.shape != tuple(shape):
            raise ValueError(f"it holds {images.dtype} {list(images.shape)}, not images {list(shape)}")
        return torch.from_numpy(images)


def joined(first: ArrayDataset, second: ArrayDataset, folder: Path | None) -> ArrayDataset:
    """The samples of two datasets of the same tasks and sides, one after another.

    Args:
        folder: where the images are written to (labels are in memory); in memory without one.
    """
    labels = {task.name: torch.cat([part.labels[task.name][:] for part in (first, second)]) for task in first.tasks}
    batches = (batch.images for part in (first, second) for batch in part.batches(at_once(part)))
    images: Images
    if folder is None:
        images = torch.cat(list(batches))
    else:
        shape = (len(first) + len(second), *first.images.shape[1:])
        images = write_images(batches, shape, folder / f"joined-{uuid4().hex}.npy")
    return ArrayDataset(first.tasks, images, labels, [*first.ids, *second.ids])


def at_once(dataset: ArrayDataset) -> int:
    """How many images of a dataset are processed at once."""
    channels, height, width = dataset.images.shape[1:]
    return rows_within(CHUNK_BYTES, channels * height * width, most=512)
