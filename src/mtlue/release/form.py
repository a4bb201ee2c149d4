"""In which form images are released. Imports nothing heavy, as options speak of it before any library is loaded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from mtlue.errors import InputError, check_least, param
from mtlue.registry import Registry, Row, Settings
from mtlue.suggestions import unknown

if TYPE_CHECKING:
    from mtlue.release.shards.packing import Packing

LOSSLESS: Mapping[str, bool] = {"png": True, "webp-lossless": True, "jpeg": False, "webp": False}
"""Format of an image -> whether every pixel is read back as it was written. If not, epsilon does not hold."""


@dataclass(frozen=True)
class ShardSettings(Settings):
    """How images are put into shards.

    Args:
        images: format of the images inside: png, webp-lossless, or with --lossy also jpeg and webp.
        rows: images in a shard, at most.
    """

    images: str = "png"
    rows: int = 10_000

    def __post_init__(self) -> None:
        check_least(self, rows=1)


def _packing(module: str) -> Row[Packing]:
    return Row(f"mtlue.release.shards.{module}", ShardSettings)


PACKINGS: Registry[Packing] = Registry(
    "format",
    "mtlue.formats",
    {"parquet": _packing("parquet:ParquetPacking"), "webdataset": _packing("webdataset:TarPacking")},
)
"""Formats that hold many images and their labels in a file."""


@dataclass(frozen=True)
class ReleaseForm:
    """How images are released.

    Attributes:
        format: name in :data:`LOSSLESS`; or in :data:`PACKINGS`, with its settings.
        native: whether each image keeps its own size.
        lossy: whether a lossy format may be used.
    """

    format: str = "png"
    native: bool = False
    lossy: bool = False

    @property
    def packing(self) -> str | None:
        """The kind of shards; None where each image is a file of its own."""
        name = self.format.partition(":")[0]
        return name if name in PACKINGS else None

    @property
    def shards(self) -> ShardSettings:
        """How shards are made, where they are.

        Raises:
            InputError: a setting is unknown, or means nothing.
        """
        settings = PACKINGS.choice(self.format).settings
        assert isinstance(settings, ShardSettings)
        return settings

    @property
    def images(self) -> str:
        """The format of each image: a name in :data:`LOSSLESS`.

        Raises:
            InputError: as :meth:`shards`.
        """
        return self.format if self.packing is None else self.shards.images

    def checked(self) -> Self:
        """The form itself.

        Raises:
            InputError: its format is unknown, or is lossy although that was not allowed.
        """
        images = self.images
        if images not in LOSSLESS:
            known = [*LOSSLESS] if self.packing else [*LOSSLESS, *PACKINGS.rows]
            raise InputError(f"{param('format')}: {unknown('format', images, known)}")
        if not (LOSSLESS[images] or self.lossy):
            raise InputError(
                f"{param('format')} {self.format} loses part of the perturbation and keeps no bound on it: "
                f"choose png or webp-lossless, or give {param('lossy')} to say that you want that"
            )
        return self
