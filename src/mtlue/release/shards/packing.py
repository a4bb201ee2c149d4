"""What a kind of released shard must be able to do: a small release in one file, and back."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from mtlue.errors import InputError
from mtlue.release.form import PACKINGS
from mtlue.release.layout import IMAGES
from mtlue.release.manifest import Manifest

FILE_NAME = "file_name"
"""Column of the images' paths."""


@dataclass(frozen=True)
class Part:
    """The images that one shard holds.

    Attributes:
        manifest: of these alone.
        columns: of their table: name -> texts ("" where a label is missing), the images' paths among them.
        maps: the columns of label maps, the same for every part of a release: their cells are paths, or all of them
            may be "".
    """

    manifest: Manifest
    columns: Mapping[str, Sequence[str]]
    maps: frozenset[str]

    @property
    def labels(self) -> dict[str, Sequence[str]]:
        """All columns but that of the images' paths."""
        return {name: cells for name, cells in self.columns.items() if name != FILE_NAME}


class Packing(ABC):
    """One kind of shard. Nothing of the file system gets into it: no owner, no time, no path of the source."""

    suffix: ClassVar[str]
    """How the names of such files end."""

    @abstractmethod
    def write(self, part: Part, folder: Path, path: Path) -> None:
        """Put the files of a part into one file.

        Args:
            part: what is written.
            folder: of a release that has the part's images and label maps.
            path: the shard.
        """

    @abstractmethod
    def read(self, path: Path, manifest: Manifest, folder: Path) -> Mapping[str, Sequence[str]]:
        """Write a shard's images and label maps into a folder, under names of the manifest alone.

        Args:
            path: the shard.
            manifest: of the shard.
            folder: where they are written; empty but for its tables.

        Returns:
            The columns of its table, as :attr:`Part.columns`.

        Raises:
            ReleaseError: it is damaged, does not hold what the manifest lists, or holds more.
        """


def packing_of(name: str) -> Packing:
    """The kind of shards of this name.

    Raises:
        InputError: there is none.
    """
    if name not in PACKINGS:
        raise InputError(f"there is no kind of shards '{name}': use the version of mtlue that wrote them")
    kind: type[Packing] = PACKINGS.load(name)
    return kind()


def inner(name: str) -> str:
    """An image's path below ``images/`` without its suffix, which its label maps share."""
    return name.removeprefix(f"{IMAGES}/").rpartition(".")[0]
