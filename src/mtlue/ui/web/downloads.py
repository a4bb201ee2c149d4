"""A release as a zip file, made while it is downloaded: neither memory nor disk holds it."""

from __future__ import annotations

import io
import os
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

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


def zipped(release: Path, name: str) -> Iterator[bytes]:
    """The bytes of a zip file of a release's files; links are left out, and nothing outside the folder gets in.

    Args:
        release: folder to publish.
        name: of the folder inside the zip file.
    """
    sink = _Sink()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_STORED) as archive:  # images are compressed already
        for path in _files(release):
            entered = f"{name}/{path.relative_to(release).as_posix()}"
            info = zipfile.ZipInfo.from_file(path, entered, strict_timestamps=False)  # dated as it was written
            info.external_attr = 0o644 << 16
            with path.open("rb") as file, archive.open(info, "w", force_zip64=True) as entry:
                while chunk := file.read(_CHUNK):
                    entry.write(chunk)
                    yield sink.emptied()
    yield sink.emptied()


def _files(folder: Path) -> Iterator[Path]:
    for place, folders, files in os.walk(folder, followlinks=False):
        folders.sort()
        for file in sorted(files):
            path = Path(place) / file
            if not path.is_symlink():
                yield path
