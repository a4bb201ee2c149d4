"""What lies in the cache of decoded files: how much of it belongs to which folder, and how it is deleted.

A store's folder holds :data:`ABOUT`, which says whose files it holds, as a folder of folders of unpacked images does.
Nothing else in the cache's folder is touched, as a user may have named any folder for it.
"""

import os
import re
import shutil
import stat
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from pathlib import Path

from filelock import FileLock, Timeout
from msgspec import Struct

from mtlue.arrays.use import USED, Use, is_used
from mtlue.errors import InputError, OutputError
from mtlue.files import named_errors, write_json
from mtlue.structured import read_json_if_there

ABOUT, LOCK = "about.json", ".lock"
UNPACKED_FROM = ".from.json"
"""Suffix of the file beside a folder of unpacked images that says what they came from."""
_NAME = re.compile(r"[0-9a-f]{32}")


class About(Struct):
    """What lies beside what the cache keeps.

    Attributes:
        folder: what it was made from, in words.
        reading: names how files were read, where they were decoded.
        roots: names of the folders that they lie in.
    """

    folder: str
    reading: str = ""
    roots: tuple[str, ...] = ()


@dataclass(frozen=True)
class Kept:
    """Something that the cache keeps.

    Attributes:
        path: its folder in the cache.
        source: the folder of images that it was made from; None where that is not known.
        size: bytes on disk.
        used: when it was last written, in seconds since 1970.
        roots: names of the folders that its files lie in.
    """

    path: Path
    source: str | None
    size: int
    used: float
    roots: tuple[str, ...] = ()


def kept_in(cache: Path) -> list[Kept]:
    """Everything that the cache keeps, the largest first."""
    found = [_kept(path) for path in _folders(cache)]
    return sorted(found, key=lambda kept: (-kept.size, kept.path))


def delete(kept: Kept) -> bool:
    """Delete it; False where a process is filling it, or reads from it.

    Raises:
        OutputError: it cannot be deleted.
    """
    lock = kept.path / LOCK
    with named_errors(kept.path), ExitStack() as stack:
        if lock.is_file():
            try:
                stack.enter_context(FileLock(lock, timeout=0))
            except Timeout:
                return False
        beside = kept.path.with_suffix(USED)
        if is_used(kept.path / USED) or is_used(beside):
            return False
        shutil.rmtree(kept.path)
        for said in (kept.path.with_suffix(UNPACKED_FROM), beside):
            said.unlink(missing_ok=True)
    return True


def _folders(cache: Path) -> Iterator[Path]:
    """Stores, which lie in the cache itself, and unpacked images, which lie in a folder for each kind."""
    for path in _inside(cache):
        if _NAME.fullmatch(path.name):
            if any((path / name).is_file() for name in (ABOUT, LOCK)):
                yield path
        elif (path / ABOUT).is_file():
            yield from (inner for inner in _inside(path) if _NAME.fullmatch(inner.name))


def _inside(folder: Path) -> list[Path]:
    try:
        return sorted(path for path in folder.iterdir() if path.is_dir() and not path.is_symlink())
    except OSError:
        return []


def _kept(path: Path) -> Kept:
    states = list(_states(path))
    about = about_of(path)
    source = unpacked_from(path) if about is None else about.folder
    size, used = sum(state.st_size for state in states), max((state.st_mtime for state in states), default=0.0)
    return Kept(path, source, size, used, () if about is None else about.roots)


def _states(folder: Path) -> Iterator[os.stat_result]:
    """Of the regular files below a folder that are there when they are looked at: others may be writing there."""
    for place, _, names in os.walk(folder):
        for name in names:
            with suppress(OSError):
                state = Path(place, name).lstat()
                if stat.S_ISREG(state.st_mode):
                    yield state


def by_folder(kept: Sequence[Kept]) -> list[Kept]:
    """What is kept of the same folders as one, the largest first: a folder has stores of headers, sizes and labels, and
    one of its images may be that of a copy, too.
    """
    groups: list[tuple[set[str], list[Kept]]] = []
    for one in kept:
        names, together = {*one.roots, one.source or str(one.path)}, [one]
        for group in [group for group in groups if group[0] & names]:
            groups.remove(group)
            names, together = names | group[0], group[1] + together
        groups.append((names, together))
    return sorted((_as_one(together) for _, together in groups), key=lambda one: (-one.size, one.path))


def _as_one(kept: Sequence[Kept]) -> Kept:
    says_most = max(kept, key=lambda one: len(one.roots))
    return replace(says_most, size=sum(one.size for one in kept), used=max(one.used for one in kept))


def say_source(folder: Path, source: str) -> None:
    """Write beside a folder of unpacked images what they came from: the folder itself may be a release."""
    write_json(folder.with_suffix(UNPACKED_FROM), {"folder": source})


def hold_unpacked(folder: Path) -> None:
    """Keep a folder of unpacked images for as long as this process lives, which reads files of it again and again; what
    is locked lies beside it, as the folder itself may be a release."""
    _held[folder] = Use(folder.with_suffix(USED))


_held: dict[Path, Use] = {}


def unpacked_from(folder: Path) -> str | None:
    """What the images of a folder, or of one around it, were unpacked from; None where nothing says it."""
    around = (place for place in (folder, *folder.parents) if _NAME.fullmatch(place.name))
    said = (_read(place.with_suffix(UNPACKED_FROM)) for place in around)
    return next((f"{about.folder}, unpacked" for about in said if about is not None), None)


def about_of(folder: Path) -> About | None:
    """What is said of a store; None where nothing is, or nothing that can be read."""
    return _read(folder / ABOUT)


def stores_in(cache: Path) -> Iterator[tuple[Path, About]]:
    """The stores of a cache that say of themselves what they hold."""
    for path in _inside(cache):
        if _NAME.fullmatch(path.name) and (about := about_of(path)) is not None:
            yield path, about


def _read(path: Path) -> About | None:
    try:
        return read_json_if_there(path, About, "delete it")
    except (InputError, OutputError):  # it says nothing that anybody needs
        return None
