"""The release's folder: no file, folder or link but those that the manifest lists, and each read whole and safely."""

import hashlib
import os
import re
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath

from mtlue.release.checks.faults import ReleaseError, Remedy
from mtlue.release.layout import MANIFEST
from mtlue.release.names import shown_name
from mtlue.release.staging import left_by_a_system

LARGEST_TABLE = 2**31
"""Bytes of ``metadata.csv``."""


CARDS = frozenset({"readme.md", ".gitattributes"})
"""Texts that people put next to a release to publish it, in small letters; and every ``LICENSE``."""
_LICENSE = re.compile(r"licen[cs]e(\.(md|txt))?", re.IGNORECASE)
LARGEST_CARD = 2**20
"""Bytes of such a text."""


def cards(release: Path) -> list[str]:
    """The names of a dataset card, a license and Git's attributes at a release's top: plain texts, never links."""
    with os.scandir(release) as entries:
        return sorted(entry.name for entry in entries if _is_card(entry))


def is_card_name(name: str) -> bool:
    """Whether a path below a release is where such a text lies."""
    return name.lower() in CARDS or _LICENSE.fullmatch(name) is not None


def _is_card(entry: "os.DirEntry[str]") -> bool:
    if not is_card_name(entry.name):
        return False
    return entry.is_file(follow_symlinks=False) and _is_text(Path(entry.path))


def _is_text(path: Path) -> bool:
    with path.open("rb") as stream:
        content = stream.read(LARGEST_CARD + 1)
    try:
        return len(content) <= LARGEST_CARD and "\0" not in content.decode()
    except UnicodeDecodeError:
        return False


def folder_faults(release: Path, listed: Sequence[str]) -> list[ReleaseError]:
    """Everything in the folder but the manifest and the files that it lists; and links in the place of files.

    The texts that :func:`cards` names are not a fault.
    """
    files = {MANIFEST, *listed, *cards(release)}
    folders = {str(parent) for name in files for parent in PurePosixPath(name).parents}
    return [fault for name, entry in _walk(release, "") if (fault := _entry_fault(name, entry, files, folders))]


def _walk(folder: Path, prefix: str) -> Iterator[tuple[str, "os.DirEntry[str]"]]:
    """Everything below a folder with its relative path, sorted; links are not followed."""
    with os.scandir(folder) as entries:
        ordered = sorted(entries, key=lambda entry: entry.name)
    for entry in ordered:
        name = prefix + entry.name
        yield name, entry
        if entry.is_dir(follow_symlinks=False):
            yield from _walk(Path(entry.path), f"{name}/")


def _entry_fault(name: str, entry: "os.DirEntry[str]", files: set[str], folders: set[str]) -> ReleaseError | None:
    if entry.is_symlink():
        return ReleaseError(f"{shown_name(name)} is a link, not a file of the release")
    is_folder = entry.is_dir(follow_symlinks=False)
    if name in (folders if is_folder else files):
        return None
    if any(left_by_a_system(part) for part in name.split("/")):
        return ReleaseError(f"{shown_name(name)} was left there by an operating system", Remedy.DELETE)
    what = "is a folder that is not part of the release" if is_folder else "is not in the manifest"
    return ReleaseError(f"{shown_name(name)} {what}", Remedy.DELETE)


def read_listed(release: Path, name: str, sha256: str, limit: int) -> bytes:
    """The bytes of a file that the manifest lists.

    Args:
        name: its path below the release.
        sha256: its hash in the manifest.
        limit: bytes that no such file exceeds: a larger one is not read.

    Raises:
        ReleaseError: it is missing, a link or a device, too large, unreadable, or was changed.
    """
    path = release / name
    try:
        state = path.lstat()
        if not stat.S_ISREG(state.st_mode):
            raise ReleaseError(f"{shown_name(name)} is not a plain file")
        if state.st_size > limit:
            raise ReleaseError(f"{shown_name(name)} was changed: it has {state.st_size} bytes, more than any such file")
        content = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError) as error:
        raise ReleaseError(f"{shown_name(name)} is missing") from error
    except OSError as error:
        raise ReleaseError(f"{shown_name(name)} cannot be read ({error.strerror or error})", Remedy.PERMIT) from error
    if hashlib.sha256(content).hexdigest() != sha256:
        raise ReleaseError(f"{shown_name(name)} was changed (its hash is not the manifest's)")
    return content
