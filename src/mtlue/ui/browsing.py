"""The folders of this machine that a page may show: those below the one that was chosen at the start."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from mtlue.errors import InputError
from mtlue.release.layout import PRIVATE, RELEASE, ReleaseFolder

_MOST = 1000
"""Folders that are listed."""


@dataclass(frozen=True)
class Listing:
    """A folder as it is shown.

    Attributes:
        folder: its place on disk.
        way: the folders that lead to it from the root, name and path below the root each.
        folders: those in it, name and path below the root each.
        files: how many files lie in it.
    """

    folder: Path
    way: list[tuple[str, str]]
    folders: list[tuple[str, str]]
    files: int


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
        shown = [entry for entry in folders if self._open(entry.resolve())][:_MOST]
        below = folder.relative_to(self.root)
        way = [below, *below.parents][::-1]
        return Listing(
            folder,
            [(one.name or self.root.name or str(self.root), one.as_posix()) for one in way],
            [(entry.name, (below / entry.name).as_posix()) for entry in shown],
            sum(not entry.name.startswith(".") for entry in entries) - len(folders),
        )

    def _open(self, folder: Path) -> bool:
        if not folder.is_relative_to(self.root) or folder.is_relative_to(self.closed):
            return False
        return not any(_is_private(one) for one in (folder, *folder.parents) if one.is_relative_to(self.root))


def _is_private(folder: Path) -> bool:
    """Whether a folder is the private part of a release."""
    return folder.name == PRIVATE and ReleaseFolder(folder.parent / RELEASE).manifest.is_file()
