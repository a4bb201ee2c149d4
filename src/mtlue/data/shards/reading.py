"""What a kind of shard must be able to do, and which kinds there are. Imports no torch."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from mtlue.errors import InputError
from mtlue.faults import listed
from mtlue.registry import Registry, Row, Settings
from mtlue.tables.reading import LabelTable


@dataclass(frozen=True)
class Pictures:
    """The images of a shard, by the columns that hold them.

    Attributes:
        main: the column that holds the images themselves; others hold label maps.
        names: column -> path below the shard's own folder for each row, None where there is none.
    """

    main: str
    names: dict[str, list[str | None]]


@dataclass(frozen=True)
class ShardTable:
    """What a shard says besides its pixels.

    Attributes:
        table: its labels as text.
        pictures: its images' names; a suffix may differ from that of the file that :meth:`ShardReader.unpack` writes.
        rows: each row in words, as in "row 2".
    """

    table: LabelTable
    pictures: Pictures
    rows: Sequence[str]


class ShardReader(ABC):
    """One kind of shard: a file whose rows are images with their labels."""

    suffix: ClassVar[str]
    """How the names of such files end."""

    @abstractmethod
    def table(self, path: Path, main: Sequence[str]) -> ShardTable:
        """The labels of a shard; no image is read.

        Args:
            path: the shard.
            main: names of columns that may hold the images themselves, the likeliest first.

        Raises:
            InputError: it is damaged, or holds no images; names the file, and the row where there is one.
        """

    @abstractmethod
    def unpack(self, path: Path, main: Sequence[str], folder: Path) -> Pictures:
        """Write a shard's images into an empty folder, which nothing in the shard can lead out of.

        Raises:
            InputError: as :meth:`table`.
            OutputError: an image cannot be written.
        """


SHARDS: Registry[ShardReader] = Registry(
    "kind of shard",
    "mtlue.shards",
    {
        "parquet": Row("mtlue.data.shards.parquet:ParquetShards", Settings),
        "webdataset": Row("mtlue.data.shards.webdataset:TarShards", Settings),
    },
)


COMPRESSED = (".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz", ".tar.zst", ".tar.lz4")
"""How the names of tars end that are compressed as a whole, so that no member can be found without all before it."""


def refuse_compressed(names: Sequence[str]) -> None:
    """Refuse compressed tars among shards, which would be left out without a word.

    Args:
        names: of all files that may be shards.

    Raises:
        InputError: names them.
    """
    if compressed := [name for name in names if name.lower().endswith(COMPRESSED)]:
        raise InputError(
            f"{listed(compressed)}: compressed tars are not read: unpack each to a .tar once (gunzip, unxz, zstd -d), "
            "which hardly makes it larger, as images are compressed themselves"
        )


def reader_of(path: Path) -> ShardReader | None:
    """The reader of a file, by its suffix; None where it is no shard."""
    for name in SHARDS.rows:
        kind: type[ShardReader] = SHARDS.load(name)
        if path.suffix.lower() == kind.suffix:
            return kind()
    return None
