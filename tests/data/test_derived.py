"""Images made from others are written batch by batch, whole or not at all, and read from the disk."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from conftest import random_dataset
from mtlue import InputError, OutputError
from mtlue.data.derived import at_once, read_images, write_images

SHAPE = (5, 3, 4, 6)


def images() -> Tensor:
    return torch.randint(256, SHAPE, dtype=torch.uint8, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("size", [1, 2, 5])
def test_what_is_written_is_read_whatever_the_batches(tmp_path: Path, size: int) -> None:
    file = tmp_path / "new" / "images.npy"
    written = write_images(images().split(size), SHAPE, file)
    assert torch.equal(written[:], images())
    assert torch.equal(read_images(file, SHAPE)[torch.tensor([3, 1])], images()[[3, 1]])
    assert np.array_equal(np.load(file), images().numpy())


def test_each_batch_is_made_after_the_one_before_was_written(tmp_path: Path) -> None:
    alive: list[int] = []

    def batches() -> Iterator[Tensor]:
        for batch in images().split(1):
            alive.append(len(batch))
            yield batch

    iterator = batches()
    assert not alive
    write_images(iterator, SHAPE, tmp_path / "images.npy")
    assert len(alive) == 5


@pytest.mark.parametrize(
    "batches",
    [
        [images()[:4]],
        [images(), images()],
        [images()[:, :1]],
        [images().float()],
    ],
    ids=["few", "many", "channels", "dtype"],
)
def test_batches_of_another_shape_leave_nothing(tmp_path: Path, batches: list[Tensor]) -> None:
    with pytest.raises(ValueError, match=r"instead of|could not broadcast"):
        write_images(batches, SHAPE, tmp_path / "images.npy")
    assert not list(tmp_path.iterdir())


def test_an_error_in_the_middle_leaves_the_old_file(tmp_path: Path) -> None:
    file = tmp_path / "images.npy"
    write_images([images()], SHAPE, file)

    def failing() -> Iterator[Tensor]:
        yield torch.zeros(2, *SHAPE[1:], dtype=torch.uint8)
        raise RuntimeError

    with pytest.raises(RuntimeError):
        write_images(failing(), SHAPE, file)
    assert torch.equal(read_images(file, SHAPE)[:], images())
    assert len(list(tmp_path.iterdir())) == 1


def test_other_files_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "images.npy"
    with pytest.raises(InputError, match="is missing"):
        read_images(file, SHAPE)
    file.write_bytes(b"no array")
    with pytest.raises(InputError, match="delete it, and it will be made again"):
        read_images(file, SHAPE)
    np.save(file, np.zeros(SHAPE, np.float32))
    with pytest.raises(InputError, match="it holds float32"):
        read_images(file, SHAPE)
    with pytest.raises(OutputError, match="it is a folder"):
        write_images([images()], SHAPE, tmp_path)


def test_large_images_are_few_at_once() -> None:
    assert at_once(random_dataset(4)) == 512
    assert at_once(random_dataset(2, size=(2048, 2048))) == 2
