"""Weights written to safetensors files and read back, checked against what they should be before anything is built."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save
from torch import Tensor

from mtlue.files import write_bytes
from mtlue.structured import refusing


def write_weights(path: Path, tensors: Mapping[str, Tensor]) -> None:
    """Write tensors (safetensors) whole or not at all, in the plain memory layout, wherever they are."""
    write_bytes(path, save({name: value.detach().cpu().contiguous() for name, value in tensors.items()}))


def read_weights(path: Path, remedy: str, device: torch.device | str = "cpu") -> dict[str, Tensor]:
    """The tensors of a file, by name. It takes no more memory than the file has bytes, whatever its header says.

    Args:
        path: a safetensors file.
        remedy: what to do about a file that is missing or damaged, without a full stop.

    Raises:
        InputError: the file is missing, unreadable or damaged.
    """
    with refusing(path, remedy):
        path.open("rb").close()  # names the file where it cannot be read
        try:
            return load_file(path, device=str(device))
        except SafetensorError as error:
            raise ValueError(f"it is damaged: {error}") from error


def check_weights(tensors: Mapping[str, Tensor], expected: Mapping[str, Tensor]) -> None:
    """Refuse tensors of other names, shapes or types than expected ones, which may lie on the device ``meta``.

    Raises:
        ValueError: names the first that differs.
    """
    for name in sorted({*tensors, *expected}):
        there, wanted = (_described(group.get(name)) for group in (tensors, expected))
        if there != wanted:
            raise ValueError(f"its weights are from another version: '{name}' is {there}, not {wanted}")


@contextmanager
def described_only() -> Iterator[None]:
    """Modules made inside have shapes and no memory, however large they are (the device ``meta``).

    Raises:
        ValueError: a size is negative, or larger than any tensor.
    """
    try:
        with torch.device("meta"):
            yield
    except (RuntimeError, TypeError, OverflowError) as error:
        raise ValueError(f"no module of this size can be built: {error}") from error


def _described(tensor: Tensor | None) -> str:
    return "missing" if tensor is None else f"{str(tensor.dtype).removeprefix('torch.')} {list(tensor.shape)}"
