"""A folder in an object store, or wherever else fsspec reaches: what there is, copies of it, and files put there.

Imports no torch.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mtlue.errors import InputError, MtlueError, OutputError

if TYPE_CHECKING:
    from fsspec import AbstractFileSystem


@dataclass(frozen=True)
class RemoteFile:
    """A file there.

    Attributes:
        name: its path below the root.
        path: as its file system names it.
        state: what changes where the file does.
        size: bytes, where its file system says that.
    """

    name: str
    path: str
    state: str
    size: int | None = None


@dataclass(frozen=True)
class RemoteFolder:
    """A folder there.

    Args:
        root: its address: ``s3://bucket/data``.
    """

    root: str

    def files(self, pattern: str) -> list[RemoteFile]:
        """The files below it whose path has a pattern, in order; hidden ones left out.

        Raises:
            InputError: it cannot be looked at.
        """
        with self._named():
            system, root = self._opened()
            found = system.glob(f"{root}/{pattern or '**'}", detail=True)
            names = {path: path.removeprefix(root).lstrip("/") for path, info in found.items() if _is_file(info)}
            shown = {path: name for path, name in names.items() if not _is_hidden(name)}
            return [RemoteFile(name, path, str(system.ukey(path))) for path, name in sorted(shown.items())]

    def everything(self) -> list[RemoteFile]:
        """All files below it, hidden ones too, in order; none where there is no such folder.

        Raises:
            InputError: it cannot be looked at.
        """
        with self._named():
            system, root = self._opened()
            system.invalidate_cache()
            found = system.find(root, detail=True)
            return [
                RemoteFile(path.removeprefix(root).lstrip("/"), path, str(system.ukey(path)), info.get("size"))
                for path, info in sorted(found.items())
            ]

    def copy(self, files: Sequence[RemoteFile], folder: Path) -> None:
        """Copies of files into an empty folder, under their names.

        Raises:
            InputError: one cannot be read, or has a name that leads out of the folder.
            OutputError: one cannot be written.
        """
        for file in files:
            place = folder / file.name
            if not Path(os.path.abspath(place)).is_relative_to(os.path.abspath(folder)):  # noqa: PTH100 - as text
                raise InputError(f"{self.root} holds {file.name}, a name that leads out of it: remove it there")
            try:
                place.parent.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise OutputError(f"{place.parent} cannot be written: {error.strerror}") from error
            with self._named():
                self._opened()[0].get_file(file.path, str(place))

    def put(self, name: str, path: Path) -> None:
        """Put a file of this machine there, under a path below the folder; one of that name is replaced.

        Raises:
            OutputError: it cannot be put there.
        """
        with self._named(writing=True):
            system, root = self._opened()
            system.put_file(str(path), f"{root}/{name}")

    def write(self, name: str, content: bytes) -> None:
        """As :meth:`put`, of bytes."""
        with self._named(writing=True):
            system, root = self._opened()
            system.pipe_file(f"{root}/{name}", content)

    def read(self, file: RemoteFile) -> bytes:
        """What a small file holds.

        Raises:
            InputError: it cannot be read.
        """
        with self._named():
            return bytes(self._opened()[0].cat_file(file.path))

    def remove(self, files: Sequence[RemoteFile]) -> None:
        """Remove files.

        Raises:
            OutputError: one cannot be removed.
        """
        with self._named(writing=True):
            if files:
                self._opened()[0].rm([file.path for file in files])

    def _opened(self) -> tuple[AbstractFileSystem, str]:
        from fsspec.core import url_to_fs

        local = {"auto_mkdir": True} if self.root.startswith("file://") else {}
        system, root = url_to_fs(self.root, **local)
        return system, root.rstrip("/")

    @contextmanager
    def _named(self, writing: bool = False) -> Iterator[None]:
        """File systems raise whatever their libraries do."""
        try:
            yield
        except MtlueError:
            raise
        except ImportError as error:
            raise InputError(f"{self.root} needs a package that is not installed: {error}") from error
        except Exception as error:
            reason = f"{type(error).__name__}: {error}"
            if writing:
                raise OutputError(f"{self.root} cannot be written: {reason}") from error
            raise InputError(f"{self.root} cannot be read: {reason}") from error


def _is_file(info: dict[str, Any]) -> bool:
    return bool(info["type"] == "file")


def _is_hidden(name: str) -> bool:
    return any(part.startswith(".") for part in name.split("/"))
