"""Zip files from elsewhere, unpacked within limits: what leads out of the folder, swells or is locked is refused."""

from __future__ import annotations

import lzma
import shutil
import stat
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
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
_DAMAGED = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, NotImplementedError, RuntimeError, ValueError)
"""What reading a damaged or unusual file may raise."""
_ENCRYPTED, _UTF8 = 0x1, 0x800
"""Flags of an entry."""
_UNIX = 3
"""The system that an entry says it was packed on."""


def unpack(archive: Path, folder: Path, limit: int | None, remedy: str) -> int:
    """Unpack a zip into a new folder; :data:`SPARE` of its disk stays free.

    Args:
        archive: the zip file.
        folder: not there yet; it is made, and nothing is left of it where the archive is refused.
        limit: bytes of all files together; None where the disk alone is the limit.
        remedy: what to do about a larger one.

    Returns:
        How many files there are.

    Raises:
        InputError: it is no zip, is damaged or locked, leads out of the folder, is larger than it may be, or the disk
            has no room for it.
        OutputError: the folder is there already, or it cannot be written to.
    """
    room = _room(folder)
    try:
        with zipfile.ZipFile(archive) as opened, named_errors(folder):
            files = list(_checked(opened, limit, room, remedy))
            if not files:
                raise InputError("the zip file holds no files")
            left = room if limit is None else min(limit, room)
            with _made(folder):
                for info, path in files:
                    left -= _write(opened, info, folder / path, left)
    except InputError:  # which is a ValueError
        raise
    except _DAMAGED as error:
        raise InputError(_explained(error)) from error
    return len(files)


@contextmanager
def _made(folder: Path) -> Iterator[None]:
    """A new folder, which goes with all that it holds where the block does not end well."""
    folder.mkdir(parents=True)
    try:
        yield
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def innermost(folder: Path) -> Path:
    """The folder itself, or the only folder in it: people drop a folder, or pack one."""
    entries = list(islice(folder.iterdir(), 2))
    return innermost(entries[0]) if len(entries) == 1 and entries[0].is_dir() else folder


def _room(folder: Path) -> int:
    """Bytes that may be written below a folder that is still to be made."""
    there = next(place for place in folder.absolute().parents if place.is_dir())
    return max(0, shutil.disk_usage(there).free - SPARE)


def _checked(
    opened: zipfile.ZipFile, limit: int | None, room: int, remedy: str
) -> Iterator[tuple[zipfile.ZipInfo, PurePosixPath]]:
    """The files to unpack, each with its place, if all of them may be.

    Raises:
        InputError: names the first that may not.
    """
    entries = [info for info in opened.infolist() if not _name_of(info).endswith("/")]
    if len(entries) > MOST_FILES:
        raise InputError(f"the zip file holds {len(entries)} files: {MOST_FILES} at most")
    size = sum(info.file_size for info in entries)
    if limit is not None and size > limit:
        raise InputError(f"the zip file would take {size / 1e9:.3g} GB, of {limit / 1e9:.3g} allowed: {remedy}")
    if size > _ANY_TOTAL and _swells(size, sum(info.compress_size for info in entries)):
        raise InputError(f"the zip file would swell to {size / 1e9:.3g} GB: no images do that")
    if size > room:
        raise InputError(
            f"the zip file would take {size / 1e9:.3g} GB, and the disk has room for {room / 1e9:.3g}: free some "
            f"space, or {remedy}"
        )
    for info in entries:
        name = visible(_name_of(info))
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
    return _decoded(info).replace("\\", "/")


def _decoded(info: zipfile.ZipInfo) -> str:
    """An entry's name as its writer meant it: many write UTF-8, or Latin-1 on Unix, and do not say so.

    ``zipfile`` reads those as the DOS code page 437, as the format says.
    """
    if info.flag_bits & _UTF8 or info.filename.isascii():
        return info.filename
    try:
        name = info.filename.encode("cp437")
    except UnicodeEncodeError:  # told apart by a field of its own
        return info.filename
    for encoding in ("utf-8", "cp1252") if info.create_system == _UNIX else ("utf-8",):
        with suppress(UnicodeDecodeError):
            return name.decode(encoding)
    return info.filename


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
            while chunk := _read(packed):
                written += len(chunk)
                if written > min(limit, info.file_size):
                    raise InputError(f"'{visible(_name_of(info))}' is larger than the zip file says: it is damaged")
                file.write(chunk)
    except (FileExistsError, NotADirectoryError, IsADirectoryError) as error:
        name = visible(_name_of(info))
        raise InputError(
            f"'{name}' is in the zip file twice, or as a file and a folder: pack the files themselves"
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


def _read(packed: IO[bytes]) -> bytes:
    """The next bytes of an entry.

    Raises:
        BadZipFile: it is damaged, or the archive cannot be read.
    """
    try:
        return packed.read(_CHUNK)
    except OSError as error:  # as bzip2 says it
        raise zipfile.BadZipFile(str(error)) from error


def _explained(error: BaseException) -> str:
    if isinstance(error, NotImplementedError):
        return "the zip file is packed in a way that is not read here: unpack it yourself, and give the folder"
    if str(error) == "File is not a zip file":  # zipfile's words for a file without a directory of a zip
        return "the file is damaged, or no zip file: pack it again"
    return f"the zip file is damaged, or no zip file ({visible(str(error))}): pack it again"
