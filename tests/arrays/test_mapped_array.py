"""Arrays on disk: indexed like a tensor."""

import itertools
import zlib
from pathlib import Path

import numpy as np
import pytest
import torch

from mtlue import InputError
from mtlue.arrays import mapped_array
from mtlue.arrays.mapped_array import MappedArray, chunks, take_rows


@pytest.fixture
def mapped(tmp_path: Path) -> tuple[MappedArray, torch.Tensor]:
    values = np.random.default_rng(0).integers(0, 99, (7, 2, 3), dtype=np.int16)
    (tmp_path / "a.rows").write_bytes(values.tobytes())
    sums = torch.tensor([zlib.crc32(row.tobytes()) for row in values])
    return MappedArray(tmp_path / "a.rows", (2, 3), "int16", torch.arange(7), sums), torch.from_numpy(values)


@pytest.mark.parametrize("index", [3, -1, slice(2, 5), torch.tensor([6, 0, 0])])
def test_an_index_gives_what_a_tensors_gives(
    mapped: tuple[MappedArray, torch.Tensor], index: int | slice | torch.Tensor
) -> None:
    array, values = mapped
    assert torch.equal(array[index], values[index])
    assert (array.shape, array.dtype, array.ndim) == (values.shape, values.dtype, 3)


def test_rows_can_be_taken_and_read_in_chunks(mapped: tuple[MappedArray, torch.Tensor]) -> None:
    array, values = mapped
    some = take_rows(array, torch.tensor([5, 1]))
    assert isinstance(some, MappedArray)
    assert torch.equal(torch.cat([chunk for _, chunk in chunks(some)]), values[[5, 1]])


def test_changed_bytes_and_lost_files_are_refused(mapped: tuple[MappedArray, torch.Tensor]) -> None:
    array, _ = mapped
    array.path.write_bytes(b"\xff" * 7 * 12)
    with pytest.raises(InputError, match="damaged"):
        array[0]
    array.path.unlink()
    with pytest.raises(InputError, match="was removed"):
        array[0]


def test_many_rows_are_read_few_by_few(
    mapped: tuple[MappedArray, torch.Tensor], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pages around each row count as memory for as long as the file is mapped."""
    array, values = mapped
    opened, memmap = itertools.count(), np.memmap
    monkeypatch.setattr(mapped_array, "_TOUCHED_BYTES", 2 * mapped_array._FAULT_AROUND)
    monkeypatch.setattr(np, "memmap", lambda *of: (next(opened), memmap(*of))[1])
    index = torch.tensor([6, 0, 3, 3, 1])
    assert torch.equal(array[index], values[index])
    assert next(opened) == 3
