"""Files of weights at a glance: is it one, and which tensors does it name? Imports nothing heavy, unpickles nothing."""

import lzma
import pickletools
import stat
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

import msgspec

from mtlue.errors import InputError

SOURCES = "give a .safetensors file, or a .pth file of a state dict (tensors alone)"
SAFETENSORS = ".safetensors"
FIRST_TENSORS = {
    "tiny": "stem.0.weight",
    "vit_narrow": "cls_token",
    "resnet18": "conv1.weight",
    "resnet50": "layer1.0.conv3.weight",
    "vgg16": "features.0.weight",
    "densenet121": "features.conv0.weight",
    "vit_b": "cls_token",
}
"""Backbone -> a tensor that every file of its weights holds; of others timm alone knows them, which imports torch."""
_LARGEST_HEADER = 100_000_000
"""Bytes: what the safetensors library reads at most."""
_LARGEST_PICKLE = 2**24
"""Bytes of a pickle that is looked through; it holds names and shapes, not numbers."""
_DAMAGED = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, OSError, EOFError, NotImplementedError, RuntimeError)
"""What reading a damaged or unusual zip file may raise; bzip2 raises OSError."""
_LENGTH = 8
"""Bytes of the number that a safetensors file begins with."""
_MAGIC = (0x1950A86A20F9469CFC6C).to_bytes(10, "little")
"""The number that files of torch before 1.6 begin with, behind a few bytes of pickle."""
_REBUILT = ("torch._utils ", "torch._tensor ")
"""What the functions are called that a pickle of tensors calls."""


class _Entry(msgspec.Struct):
    """One tensor of a safetensors header."""

    dtype: str
    shape: list[int]
    data_offsets: tuple[int, int]


def check_weights_file(path: Path, backbone: str | None = None, choices: str = "a file of weights") -> None:
    """Refuse what is no file of weights, or names tensors of another network, from its first bytes or its directory.

    What it does not notice, :func:`mtlue.models.weights.read_tensors` refuses when the numbers are read.

    Args:
        path: a .safetensors file, or one that ``torch.save`` wrote.
        backbone: that the weights are meant for; any name.
        choices: what to give where there is no such file.

    Raises:
        InputError: it cannot be read, or is something else.
    """
    try:
        names = _names(path)
    except FileNotFoundError as error:
        raise InputError(f"{path}: no such file: give {choices}") from error
    except OSError as error:
        raise InputError(f"{path} cannot be read ({error.strerror or error}): give a file of weights") from error
    except ValueError as error:
        raise InputError(f"{path} is not a file of weights ({error}): {SOURCES}") from error
    first = FIRST_TENSORS.get(backbone or "")
    if names and first and first not in {name.removeprefix("module.") for name in names}:
        raise InputError(
            f"{path} does not hold the weights of backbone '{backbone}' (there is no tensor {first} in it): give the "
            "file of this backbone, its tensors named as timm names them"
        )


def _names(path: Path) -> set[str]:
    """The names of its tensors, others' among them; none where they are not easily had.

    Raises:
        ValueError: it is no file of weights.
        OSError: it cannot be read.
    """
    described = path.stat()
    if not stat.S_ISREG(described.st_mode):  # opening a pipe would wait
        raise ValueError("it is a folder" if stat.S_ISDIR(described.st_mode) else "it is not a regular file")
    size = described.st_size
    with path.open("rb") as file:
        if not size:
            raise ValueError("it is empty")
        if path.suffix == SAFETENSORS:
            return set(_header(file, size))
        if zipfile.is_zipfile(file):
            return _pickled_names(file)
        file.seek(0)
        if _MAGIC not in file.read(4 * len(_MAGIC)):
            raise ValueError("torch.save did not write it")
        return set()


def _header(file: BinaryIO, size: int) -> dict[str, _Entry]:
    """Name -> what a safetensors header says of the tensor."""
    left = size - _LENGTH
    length = int.from_bytes(file.read(_LENGTH), "little")
    if left < 0 or not 0 < length <= min(left, _LARGEST_HEADER):
        raise ValueError("its header is longer than the file" if length > left >= 0 else "it has no header")
    try:
        entries: dict[str, Any] = msgspec.json.decode(file.read(length), type=dict[str, Any])
        entries.pop("__metadata__", None)
        tensors = msgspec.convert(entries, dict[str, _Entry])
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise ValueError("its header is not one of safetensors") from error
    if not tensors:
        raise ValueError("it holds no tensors")
    missing = max(entry.data_offsets[1] for entry in tensors.values()) - (left - length)
    if missing:
        raise ValueError("it is cut off" if missing > 0 else "it is longer than its header says")
    return tensors


def _pickled_names(file: BinaryIO) -> set[str]:
    """Every text in the pickle of a zip file of torch: the names of tensors, and others."""
    try:
        with zipfile.ZipFile(file) as archive:
            inside = [item for item in archive.infolist() if item.filename.split("/")[1:] == ["data.pkl"]]
            if len(inside) != 1:
                raise ValueError("it is a zip file that torch.save did not write")
            if inside[0].file_size > _LARGEST_PICKLE:
                return set()
            pickled = archive.read(inside[0])
    except _DAMAGED as error:
        raise ValueError("it is damaged") from error
    texts = set(_texts(pickled))
    if not any(text.startswith(_REBUILT) for text in texts):
        raise ValueError("it holds no tensors")
    return texts


def _texts(pickled: bytes) -> Iterator[str]:
    """The texts that a pickle names, functions among them; it is read, not run."""
    try:
        yield from (value for _, value, _ in pickletools.genops(pickled) if isinstance(value, str))
    except ValueError:
        raise
    except Exception as error:  # a malformed pickle ends in any error at all
        raise ValueError("it is damaged") from error
