"""Images that a source unpacks from archives: written once, as files that everything else reads as any others."""

import atexit
import hashlib
import os
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cache as cached
from pathlib import Path

from mtlue.arrays.upkeep import ABOUT, hold_unpacked, say_source
from mtlue.files import folder_written_whole, write_json
from mtlue.scratch import scratch_folder
from mtlue.visible import visible

_VERSION = 1


@dataclass(frozen=True)
class Unpacked:
    """Where images were unpacked.

    Attributes:
        root: the folder.
        kept: whether it stays when the process ends.
    """

    root: Path
    kept: bool

    def note(self, images: str, done: str = "unpacked", clean: bool = True) -> str:
        """A note for users that images lie there.

        Args:
            images: which, as in ``12 images of a.tar``.
            done: how they came there.
            clean: whether they are; those of a release are protected.
        """
        done = f"{done}, clean," if clean else done
        kept, removed = "stay there until you delete them (mtlue cache --clear)", "are removed when this command ends"
        return f"{images} were {done} into {self.root}, and {kept if self.kept else removed}"


def unpacked(
    name: str, files: Sequence[Path], unpack: Callable[[Path], None], cache: Path | None, key: object = None
) -> Unpacked:
    """The folder that ``unpack`` filled: now, or an earlier time for the same files in the same state.

    The folder is whole or absent: ``unpack`` writes next to it, and a rename follows.

    Args:
        name: of the source, by which the folder below ``cache`` is named.
        files: what is unpacked: another path, length or time of change gives another folder.
        unpack: writes into an empty folder.
        cache: where the folder is kept, ``options.cache_folder()``; a temporary one, removed when the process ends,
            where that is None.
        key: what else decides what is written, such as a version or a setting; its ``repr`` counts.

    Raises:
        OutputError: the folder cannot be written.
    """
    return filled_once(name, _state(files, key), unpack, cache, _place_of(files))


def is_unpacked(name: str, files: Sequence[Path], cache: Path | None, key: object = None) -> bool:
    """Whether :func:`unpacked` would find the folder there."""
    return cache is not None and (cache / name / _state(files, key)).is_dir()


def filled_once(name: str, state: str, fill: Callable[[Path], None], cache: Path | None, source: str) -> Unpacked:
    """The same where the caller knows the ``state`` of what is written, 32 hexadecimal digits, and where it comes from
    in words, for ``mtlue cache``, which leaves the folder alone as long as this process lives."""
    root = _temporary(name, state) if cache is None else cache / name / state
    if root.is_dir():
        hold_unpacked(root)
    if not root.is_dir():
        with folder_written_whole(root, first_wins=True) as folder:
            fill(folder)
        say_source(root, source)
        write_json(root.parent / ABOUT, {"folder": name})  # for ``mtlue cache``
        hold_unpacked(root)
    return Unpacked(root, kept=cache is not None)


@cached
def _temporary(name: str, state: str) -> Path:
    """A folder of this process for files in one state, which are checked first and then loaded."""
    whole_process = ExitStack()
    atexit.register(whole_process.close)
    return whole_process.enter_context(scratch_folder(name)) / state


def _place_of(files: Sequence[Path]) -> str:
    """The only file, or the folder that all of them lie in."""
    return visible(os.path.commonpath([file.resolve() for file in files])) if files else ""


def _state(files: Sequence[Path], key: object) -> str:
    states = [(str(file.resolve()), *_stat(file)) for file in files]
    return digest_of(states, key)


def digest_of(*values: object) -> str:
    """A name for what is written, from all that decides it."""
    return hashlib.sha256(repr((_VERSION, *values)).encode()).hexdigest()[:32]


def _stat(path: Path) -> tuple[int, int]:
    state = path.stat()
    return state.st_size, state.st_mtime_ns
