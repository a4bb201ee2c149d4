"""Shards in an object store, or wherever else fsspec reaches: what there is, and copies of it. Imports no torch."""

from __future__ import annotations

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
    """

    name: str
    path: str
    state: str


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

    def copy(self, files: Sequence[RemoteFile], folder: Path) -> None:
        """Copies of files into an empty folder, under their names.

        Raises:
            InputError: one cannot be read.
            OutputError: one cannot be written.
        """
        for file in files:
            place = folder / file.name
            try:
                place.parent.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise OutputError(f"{place.parent} cannot be written: {error.strerror}") from error
            with self._named():
                self._opened()[0].get_file(file.path, str(place))

    def _opened(self) -> tuple[AbstractFileSystem, str]:
        from fsspec.core import url_to_fs

        system, root = url_to_fs(self.root)
        return system, root.rstrip("/")

    @contextmanager
    def _named(self) -> Iterator[None]:
        """File systems raise whatever their libraries do."""
        try:
            yield
        except MtlueError:
            raise
        except ImportError as error:
            raise InputError(f"{self.root} needs a package that is not installed: {error}") from error
        except Exception as error:
            raise InputError(f"{self.root} cannot be read: {type(error).__name__}: {error}") from error


def _is_file(info: dict[str, Any]) -> bool:
    return bool(info["type"] == "file")


def _is_hidden(name: str) -> bool:
    return any(part.startswith(".") for part in name.split("/"))
