"""A release as a zip file, made while it is downloaded: neither memory nor disk holds it."""

from __future__ import annotations

import io
import os
import re
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, NoReturn

from mtlue.errors import InputError
from mtlue.release.layout import ReleaseFolder
from mtlue.release.staging import which_file

_CHUNK = 1 << 20


class _Sink(io.RawIOBase):
    """A file that can only be written to, and is emptied again and again."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._at = 0

    def writable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return False

    def tell(self) -> int:
        return self._at

    def write(self, data: object) -> int:
        part = bytes(data)  # type: ignore[call-overload]
        self._parts.append(part)
        self._at += len(part)
        return len(part)

    def emptied(self) -> bytes:
        content = b"".join(self._parts)
        self._parts.clear()
        return content


def file_name(name: str) -> str:
    """A project's name as every system takes it for a file or folder.

    >>> file_name("my: photos/2021 "), file_name("Fotos für Oma"), file_name("..")
    ('my-photos-2021', 'Fotos-für-Oma', 'images')
    """
    return re.sub(r"[^\w.]+", "-", name).strip("-.")[:80] or "images"


class ReplacedError(InputError):
    """The release is not the one any more that the download began with."""


def zipped(release: Path, name: str) -> Iterator[bytes]:
    """The bytes of a zip file of a release's files; links are left out, and nothing outside the folder gets in.

    Args:
        release: folder to publish.
        name: of the folder inside the zip file.

    Raises:
        ReplacedError: another release is put in its place meanwhile: what has been read would be a mix of both.
        OSError: a folder or file of it cannot be read.
    """
    there = _Release(ReleaseFolder(release))
    sink = _Sink()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_STORED) as archive:  # images are compressed already
        for path in there.files():
            entered = f"{name}/{path.relative_to(release).as_posix()}"
            with there.opened(path) as file:
                info = zipfile.ZipInfo.from_file(path, entered, strict_timestamps=False)  # dated as it was written
                info.external_attr = 0o644 << 16
                with archive.open(info, "w", force_zip64=True) as entry:
                    while chunk := file.read(_CHUNK):
                        entry.write(chunk)
                        yield sink.emptied()
    yield sink.emptied()


class _Release:
    """A release that is read while a step may put another one in its place, and delete it."""

    def __init__(self, folder: ReleaseFolder) -> None:
        self._folder = folder
        self._began = which_file(folder.manifest)

    def check(self) -> None:
        """Refuse to go on where another release, or none, is there.

        Raises:
            ReplacedError: so it is.
        """
        if self._began is None or which_file(self._folder.manifest) != self._began:
            raise ReplacedError("the release was replaced while it was downloaded: download it again")

    def files(self) -> Iterator[Path]:
        """All of them; a folder that cannot be listed, or not whole, is an error."""
        for place, folders, files in os.walk(self._folder.path, onerror=self._raise, followlinks=False):
            self.check()  # once it is listed: files that are deleted with a release that is gone are missing in it
            folders.sort()
            for file in sorted(files):
                path = Path(place) / file
                if not path.is_symlink():
                    yield path

    @contextmanager
    def opened(self, path: Path) -> Iterator[BinaryIO]:
        """A file of it, to be read."""
        try:
            file = path.open("rb")
        except OSError as error:
            self._raise(error)
        with file:
            self.check()  # once it is open: from now on it is a file of this release, whatever comes
            yield file

    def _raise(self, error: OSError) -> NoReturn:
        """What is gone with a replaced release is no fault of its own."""
        self.check()
        raise error
