"""Images on their way from a browser to a project's folder: streamed to disk, within a limit."""

from __future__ import annotations

import shutil
import threading
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

from anyio import to_thread
from rich.filesize import decimal

from mtlue.archives.names import safe_path
from mtlue.archives.zips import MOST_FILES, SPARE, innermost, unpack
from mtlue.errors import InputError
from mtlue.files import named_errors
from mtlue.ui.workspace.workplace import Project, Workplace

_REMEDY = "choose the folder on this computer instead, where it need not be copied"


class TooLargeError(InputError):
    """More than is allowed, or than the disk has room for."""


@dataclass
class Upload:
    """One upload: files of one folder, or one zip file.

    Args:
        project: that it becomes.
        limit: bytes of all files together.
    """

    project: Project
    limit: int
    taken: int = 0
    files: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    @property
    def archive(self) -> Path:
        return self.project.path / "upload.zip"

    async def add(self, name: str, chunks: AsyncIterator[bytes]) -> None:
        """Write one file below the project's images, as it comes in.

        Args:
            name: its path in the folder that was dropped, with ``/``.
            chunks: its bytes.

        Raises:
            InputError: the name, or a second file of that name; :class:`TooLargeError`.
        """
        path = safe_path(name)
        if path is None:
            return
        self._count(MOST_FILES)
        target = self.project.images / path
        with named_errors(target):
            target.parent.mkdir(parents=True, exist_ok=True)
            await self._stream(target, chunks)

    async def add_archive(self, chunks: AsyncIterator[bytes]) -> None:
        """Write a zip file as it comes in, and unpack it.

        Raises:
            InputError: it is refused (:func:`mtlue.archives.zips.unpack`); :class:`TooLargeError`.
        """
        self._count(1)
        with named_errors(self.archive):
            await self._stream(self.archive, chunks)
        try:
            await to_thread.run_sync(unpack, self.archive, self.project.images, self.limit, _REMEDY)
        finally:
            self.archive.unlink(missing_ok=True)

    def finish(self, name: str) -> Project:
        """Make a project of what was uploaded.

        Raises:
            InputError: nothing was.
        """
        if not any(path.is_file() for path in self.project.images.rglob("*")):
            raise InputError("nothing was uploaded: the folder holds no files")
        folder = innermost(self.project.images)
        self.project.describe(name or folder.name, folder, uploaded=True)
        return self.project

    def drop(self) -> None:
        """Delete what has come in so far."""
        shutil.rmtree(self.project.path, ignore_errors=True)

    def _count(self, most: int) -> None:
        with self._lock:
            self.files += 1
            if self.files > most:
                what = "one zip file, and nothing else" if most == 1 else f"{most} files at most"
                raise InputError(f"an upload may have {what}: {_REMEDY}")

    async def _stream(self, target: Path, chunks: AsyncIterator[bytes]) -> None:
        try:
            with target.open("xb") as file:
                async for chunk in chunks:
                    self._take(len(chunk))
                    file.write(chunk)
        except FileExistsError as error:
            raise InputError(f"'{target.name}' was uploaded twice") from error
        except BaseException:
            target.unlink(missing_ok=True)
            raise

    def _take(self, size: int) -> None:
        """Count bytes.

        Raises:
            TooLargeError: there are too many.
        """
        with self._lock:
            self.taken += size
        if self.taken > self.limit:
            raise TooLargeError(f"it is larger than the {decimal(self.limit)} that an upload may have: {_REMEDY}")
        if shutil.disk_usage(self.project.path).free < SPARE:
            raise TooLargeError("the disk is nearly full: free some space, or choose the folder on this machine")


class Uploads:
    """The uploads that are under way; a server that ends forgets them, and their files go after a day.

    Args:
        workplace: where they become projects.
        limit: bytes of each.
    """

    def __init__(self, workplace: Workplace, limit: int) -> None:
        self._workplace = workplace
        self.limit = limit
        self._open: dict[str, Upload] = {}

    def begin(self) -> str:
        """A new one's key."""
        project = self._workplace.new()
        self._open[project.key] = Upload(project, self.limit)
        return project.key

    def find(self, key: str) -> Upload:
        """One that is under way.

        Raises:
            InputError: there is none.
        """
        if key not in self._open:
            raise InputError("this upload is not known any more: begin again")
        return self._open[key]

    def end(self, key: str) -> None:
        """Forget one, which is finished or dropped."""
        self._open.pop(key, None)
