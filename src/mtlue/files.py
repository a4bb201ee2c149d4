"""Files written whole or not at all: a temporary name next to the target, then a rename."""

import errno
import hashlib
import json
import math
import os
import platform
import re
import shutil
import stat
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from mtlue.errors import OutputError
from mtlue.locks import locked

_NUMBERS = re.compile(r"\[\n[-+.0-9eEnul,\s]+\]")
"""A list of numbers (or null) as JSON with indents has it; no string holds a line break."""


def seen(look: Callable[[], bool]) -> bool:
    """What a look at a path (``path.is_file``) says; False where the system does not let us look."""
    try:
        return look()
    except OSError:
        return False


def write_text(path: Path, text: str) -> None:
    """Write UTF-8 text whole."""
    write_bytes(path, text.encode())


def write_secret_text(path: Path, text: str) -> None:
    """Write UTF-8 text whole, into a file that is this user's alone from the moment that it is there."""
    with written_whole(path, 0o600) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_json(path: Path, value: Any, numbers_in_a_line: bool = False) -> None:
    """Write JSON whole, keys in the order given; numbers that JSON does not know (NaN) become null.

    Args:
        numbers_in_a_line: write each list of numbers in one line instead of one line per number.
    """
    text = json.dumps(_without_nan(value), indent=2, ensure_ascii=False, allow_nan=False)
    if numbers_in_a_line:
        text = _NUMBERS.sub(lambda found: " ".join(found[0].split()).replace("[ ", "[").replace(" ]", "]"), text)
    write_bytes(path, (text + "\n").encode("utf-8", "backslashreplace"))


def write_bytes(path: Path, content: bytes) -> None:
    """Write ``content`` whole; a reader sees the old file or the new one, never a part."""
    with written_whole(path) as temporary:
        temporary.write_bytes(content)


@contextmanager
def written_whole(path: Path, mode: int = 0o666) -> Iterator[Path]:
    """A temporary file to write, empty as yet, which becomes ``path`` once the block has ended well.

    Args:
        path: of the file.
        mode: who may read and write it, as far as the process's umask allows.

    Raises:
        OutputError: the place cannot be written to.
    """
    if path.is_dir():
        raise OutputError(f"cannot write {path}: it is a folder; give a file's name")
    temporary = _temporary_name(path)
    with named_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        sweep(path.parent)
        temporary.unlink(missing_ok=True)  # of a killed process that had this one's number
        try:
            os.close(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode))
            with _held(temporary):
                yield temporary
                temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)


@contextmanager
def folder_written_whole(path: Path, first_wins: bool = False) -> Iterator[Path]:
    """A temporary folder to fill, private to this user, which becomes ``path`` once the block has ended well.

    Args:
        path: not there yet, or an empty folder.
        first_wins: whether the folder of another process that was faster does as well, as it holds the same: it stays.

    Raises:
        OutputError: the place cannot be written to, or something is there by now, which stays.
    """
    with named_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        sweep(path.parent)
        with held_folder(path) as temporary:
            yield temporary
            _move_folder(temporary, path, first_wins)


@contextmanager
def held_folder(path: Path) -> Iterator[Path]:
    """A folder beside ``path`` that no sweep removes while this process has it; removed in the end, unless moved."""
    temporary = _temporary_name(path)
    shutil.rmtree(temporary, ignore_errors=True)  # of a killed process that had this one's number
    temporary.mkdir(mode=0o700)
    try:
        with _held(temporary):
            yield temporary
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _move_folder(temporary: Path, path: Path, first_wins: bool) -> None:
    try:
        temporary.rename(path)
    except OSError as error:
        if error.errno not in (errno.EEXIST, errno.ENOTEMPTY) or not path.is_dir():
            raise
        if not first_wins:
            text = f"cannot write {path}: another folder was written there meanwhile, and stays; choose another place"
            raise OutputError(text) from error


def check_writable(path: Path) -> None:
    """Fail early where nothing can be written at ``path``, a file or folder that may not be there yet.

    Raises:
        OutputError: the nearest folder that exists cannot be written to, or it is a file.
    """
    with named_errors(path):
        nearest = next(place for place in (path, *path.absolute().parents) if place.exists())
        if nearest != path and not nearest.is_dir():
            raise NotADirectoryError(errno.ENOTDIR, f"{nearest} is a file", str(path))
        folder = nearest if nearest.is_dir() else nearest.parent
        if not os.access(folder, os.W_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))


def _temporary_name(path: Path) -> Path:
    return path.with_name(f".{path.name}.{_HOST}-{_SPACE}{os.getpid()}.tmp")


@contextmanager
def _held(temporary: Path) -> Iterator[None]:
    """Keep a temporary file or folder from processes that know no process of this one's number."""
    stream = locked(temporary, shared=True)
    try:
        yield
    finally:
        if stream is not None:
            os.close(stream)


def sweep(folder: Path, begin: str = "") -> None:
    """Remove what killed writers left in a folder: temporary files and folders, once the process has ended.

    Args:
        folder: to look through.
        begin: how the names begin of those that are looked at, where others write to the folder, too.
    """
    with os.scandir(folder) as entries:
        names = [one.name for one in entries if one.name.startswith(f".{begin}") and one.name.endswith(".tmp")]
    for name in names:
        written = _TEMPORARY.fullmatch(name)
        if written and written["host"] in (None, _HOST) and _is_left(folder / name, written):
            _remove(folder / name)


def _is_left(path: Path, written: re.Match[str]) -> bool:
    """Whether the writer of a temporary file or folder of this machine has ended."""
    if written["space"] not in (None, _SPACE):
        return _is_old(path) and _is_held(path) is False  # in this order: its writer takes hold of it while it is young
    return not _runs(int(written["process"])) and not _is_held(path)


def _is_old(path: Path) -> bool:
    try:
        return time.time() - path.lstat().st_mtime > _YOUNG
    except OSError:  # another process was faster
        return False


def _is_held(path: Path) -> bool | None:
    """Whether a process holds a file or folder; None where that cannot be determined."""
    try:
        if not stat.S_ISDIR(kind := path.lstat().st_mode) and not stat.S_ISREG(kind):
            return None
        stream = locked(path, shared=False)
    except BlockingIOError:
        return True
    except OSError:  # another process was faster
        return None
    if stream is None:
        return None
    os.close(stream)
    return False


def _remove(path: Path) -> None:
    """A file, or a folder with all that it holds; nothing where another process was faster, or that others own."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with suppress(OSError):
            path.unlink()


def _space() -> str:
    """Names what processes are numbered in: this container, since this start of the machine; empty where unknown."""
    try:
        started = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii")
        numbered = str(Path("/proc/self/ns/pid").readlink())
        return f"{zlib.crc32((started + numbered).encode()):08x}-"
    except (OSError, ValueError):
        return ""


_HOST = f"{zlib.crc32(platform.node().encode()):08x}"
"""Folders may be shared by machines, whose processes have numbers of their own."""
_SPACE = _space()
"""Containers of one name, too, have numbers of their own for their processes."""
_YOUNG = 60
"""Seconds that a writer of another container is given to hold what it made."""
_TEMPORARY = re.compile(
    r"\..+\.((?P<host>[0-9a-f]{8})-(?P<space>[0-9a-f]{8}-)?)?(?P<process>[0-9]{1,9})\.tmp", re.DOTALL
)


def _runs(process: int) -> bool:
    """Whether a process of this number runs here; assumed where that cannot be determined."""
    if os.name != "posix":
        return True  # there os.kill would end it
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):
        return True
    return True


def state_of(path: Path) -> str:
    """What changes when a file is written again: its size and its time."""
    state = path.stat()
    return f"{state.st_size} {state.st_mtime_ns}"


def sha256(path: Path) -> str:
    """Hexadecimal SHA-256 of a file."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _without_nan(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_nan(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_without_nan(entry) for entry in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


@contextmanager
def named_errors(path: Path) -> Iterator[None]:
    """Turn an operating system's error into one that names what cannot be written and the remedy.

    A temporary file is called by the name that it was to have, ``path``.
    """
    try:
        yield
    except OSError as error:
        named = error.filename is not None and not _TEMPORARY.fullmatch(Path(os.fsdecode(error.filename)).name)
        place = error.filename if named else path
        raise OutputError(f"cannot write {place}: {_explained(error)}") from error


def _explained(error: OSError) -> str:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return "the disk is full; free some space and run the same command again"
    if error.errno == errno.EFBIG:
        return "the file would be larger than the system allows (ulimit -f); raise the limit and run again"
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return "no permission to write there; choose another folder or change its permissions"
    if error.errno == errno.ENAMETOOLONG:
        return "the name is too long for this file system; shorten it"
    if error.errno == errno.ENOENT:  # the system lets nobody make anything there, as in /proc
        return "the system makes no file or folder there; choose another folder"
    return f"{error.strerror or error}; choose another folder"
