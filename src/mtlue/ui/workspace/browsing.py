"""The folders of this machine that a page may show: those below the one that was chosen at the start."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from mtlue.errors import InputError
from mtlue.imaging.formats import ARRAY_SUFFIX
from mtlue.release.layout import PRIVATE, RELEASE, ReleaseFolder

_MOST = 1000
"""Folders that are listed."""
LABELS = frozenset((".csv", ".tsv", ".parquet", ".jsonl", ".txt", ".tar", ARRAY_SUFFIX))
"""Suffixes of files that labels, or whole datasets, are read from."""


@dataclass(frozen=True)
class Listing:
    """A folder as it is shown.

    Attributes:
        folder: its place on disk.
        way: the folders that lead to it from the root, name and path below the root each.
        folders: those in it, name and path below the root each.
        files: how many files lie in it.
        more: folders in it that are not listed.
    """

    folder: Path
    way: list[tuple[str, str]]
    folders: list[tuple[str, str]]
    files: int
    more: int


@dataclass(frozen=True)
class Shelf:
    """What may be chosen.

    Args:
        root: nothing outside it is shown or read.
        closed: a folder in it that is not: the pages' own work.
    """

    root: Path
    closed: Path

    def folder(self, path: str) -> Path:
        """A folder by its path below the root, with links followed.

        Raises:
            InputError: there is none, it lies elsewhere, or is not to be shown.
        """
        try:
            found = (self.root / path).resolve(strict=True)
        except (OSError, ValueError) as error:
            raise InputError(f"there is no folder '{path}'") from error
        if not found.is_dir() or not self._open(found):
            raise InputError(f"'{path}' is not a folder below {self.root} that may be chosen")
        return found

    def listing(self, path: str) -> Listing:
        """What a page shows of a folder.

        Raises:
            InputError: as :meth:`folder`, or it cannot be read.
        """
        folder = self.folder(path)
        try:
            entries = sorted(folder.iterdir(), key=lambda entry: entry.name.lower())
            folders = [entry for entry in entries if not entry.name.startswith(".") and entry.is_dir()]
        except OSError as error:
            raise InputError(f"'{path}' cannot be read: {error.strerror}") from error
        known = [entry for entry in folders if self._open(entry.resolve())]
        shown = [entry for entry in known if _is_utf8(entry.name)]  # an address cannot name the others
        below = folder.relative_to(self.root)
        way = [below, *below.parents][::-1]
        return Listing(
            folder,
            [(one.name or self.root.name or str(self.root), one.as_posix()) for one in way],
            [(entry.name, (below / entry.name).as_posix()) for entry in shown[:_MOST]],
            sum(not entry.name.startswith(".") for entry in entries) - len(folders),
            len(known) - len(shown[:_MOST]),
        )

    def _open(self, folder: Path) -> bool:
        if not folder.is_relative_to(self.root) or folder.is_relative_to(self.closed):
            return False
        return not any(_is_private(one) for one in (folder, *folder.parents) if one.is_relative_to(self.root))


def refuse_links_out(folder: Path) -> None:
    """Refuse a folder with tables, or other files of labels, that lie elsewhere: only what was chosen is read.

    Linked images are left alone: whoever reads the folder passes over those that lead out of it.

    Raises:
        InputError: names a link.
    """
    whole = folder.resolve()
    for path in _links_in(folder):
        if not path.resolve().is_relative_to(whole) and _is_labels(path):
            raise InputError(
                f"'{path.relative_to(folder)}' is a link that leads out of the folder, which is not followed: put the "
                "files themselves there"
            )


def _links_in(folder: Path) -> Iterator[Path]:
    for place, folders, files in os.walk(folder, followlinks=False):
        yield from (path for name in (*folders, *files) if (path := Path(place) / name).is_symlink())


def _is_labels(link: Path) -> bool:
    """Whether a link leads to what labels may be read from, or to a folder with such a file in it."""
    try:
        files = [one.name for one in link.iterdir()] if link.is_dir() else [link.name]
    except OSError:
        return False
    return any(Path(name).suffix.lower() in LABELS for name in files)


def _is_utf8(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def _is_private(folder: Path) -> bool:
    """Whether a folder is the private part of a release."""
    return folder.name == PRIVATE and ReleaseFolder(folder.parent / RELEASE).manifest.is_file()
