"""Zip files from elsewhere, unpacked within limits: what leads out of the folder, swells or is locked is refused."""

from __future__ import annotations

import shutil
import stat
import zipfile
import zlib
from collections.abc import Iterator
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import IO

from mtlue.archives.names import safe_path
from mtlue.errors import InputError
from mtlue.files import named_errors
from mtlue.visible import visible

MOST_FILES = 2_000_000
_MOST_SWELLING = 200
"""Times its packed size that a file may have unpacked: images and tables have a few, a bomb a thousand."""
_ANY_SIZE, _ANY_TOTAL = 10_000_000, 1_000_000_000
"""Bytes up to which a file, and all of them together, may swell as they like: a table of one word is no bomb."""
SPARE = 1 << 30
"""Bytes of the disk that are left free."""
_CHUNK = 1 << 20
_DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError)
"""What reading a damaged or unusual file may raise."""
_ENCRYPTED = 0x1


def unpack(archive: Path, folder: Path, limit: int, remedy: str) -> int:
    """Unpack a zip into a new folder.

    Args:
        archive: the zip file.
        folder: is made; nothing is left of it where the archive is refused.
        limit: bytes of all files together.
        remedy: what to do about a larger one.

    Returns:
        How many files there are.

    Raises:
        InputError: it is no zip, is damaged or locked, leads out of the folder, or is larger than it may be.
    """
    try:
        with zipfile.ZipFile(archive) as opened, named_errors(folder):
            files = list(_checked(opened, limit, remedy))
            folder.mkdir(parents=True)
            left = limit
            for info, path in files:
                left -= _write(opened, info, folder / path, left)
    except BaseException as error:
        shutil.rmtree(folder, ignore_errors=True)
        if isinstance(error, _DAMAGED) and not isinstance(error, InputError):  # which is a ValueError
            raise InputError(_explained(error)) from error
        raise
    if not files:
        raise InputError("the zip file holds no files")
    return len(files)


def innermost(folder: Path) -> Path:
    """The folder itself, or the only folder in it: people drop a folder, or pack one."""
    entries = list(islice(folder.iterdir(), 2))
    return innermost(entries[0]) if len(entries) == 1 and entries[0].is_dir() else folder


def _checked(opened: zipfile.ZipFile, limit: int, remedy: str) -> Iterator[tuple[zipfile.ZipInfo, PurePosixPath]]:
    """The files to unpack, each with its place, if all of them may be.

    Raises:
        InputError: names the first that may not.
    """
    entries = [info for info in opened.infolist() if not _name_of(info).endswith("/")]
    if len(entries) > MOST_FILES:
        raise InputError(f"the zip file holds {len(entries)} files: {MOST_FILES} at most")
    size = sum(info.file_size for info in entries)
    if size > limit:
        raise InputError(f"the zip file would take {size / 1e9:.3g} GB, of {max(0, limit) / 1e9:.3g} allowed: {remedy}")
    if size > _ANY_TOTAL and _swells(size, sum(info.compress_size for info in entries)):
        raise InputError(f"the zip file would swell to {size / 1e9:.3g} GB: no images do that")
    for info in entries:
        name = visible(info.filename)
        if info.flag_bits & _ENCRYPTED:
            raise InputError(f"'{name}' is locked with a password: unpack it yourself, and give the folder")
        kind = stat.S_IFMT(info.external_attr >> 16)
        if kind not in (0, stat.S_IFREG):
            raise InputError(f"'{name}' is a link or a device, not a file: pack the files themselves")
        if info.file_size > _ANY_SIZE and _swells(info.file_size, info.compress_size):
            raise InputError(f"'{name}' would swell to {info.file_size / 1e6:.0f} MB: no image does that")
        path = safe_path(_name_of(info))
        if path is not None:
            yield info, path


def _name_of(info: zipfile.ZipInfo) -> str:
    """An entry's name with ``/`` between folders; old tools of Windows wrote backslashes there."""
    return info.filename.replace("\\", "/")


def _swells(size: int, packed: int) -> bool:
    return size > _MOST_SWELLING * max(1, packed)


def _write(opened: zipfile.ZipFile, info: zipfile.ZipInfo, path: Path, limit: int) -> int:
    """Write one file; what its entry says of its size is not believed.

    Raises:
        InputError: it is larger than it may be, or another file or folder has its name.
    """
    written = 0
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with _opened(opened, info) as packed, path.open("xb") as file:
            while chunk := packed.read(_CHUNK):
                written += len(chunk)
                if written > min(limit, info.file_size):
                    raise InputError(f"'{visible(info.filename)}' is larger than the zip file says: it is damaged")
                file.write(chunk)
    except (FileExistsError, NotADirectoryError, IsADirectoryError) as error:
        raise InputError(
            f"'{visible(info.filename)}' is in the zip file twice, or as a file and a folder: pack the files themselves"
        ) from error
    return written


def _opened(opened: zipfile.ZipFile, info: zipfile.ZipInfo) -> IO[bytes]:
    """An entry to read.

    Raises:
        BadZipFile: it does not lie where the archive says.
    """
    try:
        return opened.open(info)
    except OSError as error:
        raise zipfile.BadZipFile("an entry lies outside the file") from error


def _explained(error: BaseException) -> str:
    if isinstance(error, NotImplementedError):
        return "the zip file is packed in a way that is not read here: unpack it yourself, and give the folder"
    if str(error) == "File is not a zip file":  # zipfile's words for a file without a directory of a zip
        return "the file is damaged, or no zip file: pack it again"
    return f"the zip file is damaged, or no zip file ({visible(str(error))}): pack it again"
