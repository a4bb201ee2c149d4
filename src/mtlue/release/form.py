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
QUALITIES = range(1, 101)
"""Of a lossy format, as libjpeg and libwebp count them."""
USUAL_QUALITY = 90
"""Files of about the size that cameras and websites write."""


@dataclass(frozen=True)
class ShardSettings(Settings):
    """How images are put into shards.

    Args:
        images: format of the images inside: png, webp-lossless, or with --quality or --lossy also jpeg and webp.
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
        quality: of a lossy format, in :data:`QUALITIES`; :data:`USUAL_QUALITY` where this is None. Who gives one knows
            that the format is lossy, so that ``lossy`` need not be given, too.
    """

    format: str = "png"
    native: bool = False
    lossy: bool = False
    quality: int | None = None

    @property
    def written_quality(self) -> int | None:
        """What images are written with; None where their format is lossless.

        Raises:
            InputError: as :meth:`shards`.
        """
        return None if LOSSLESS[self.images] else self.quality or USUAL_QUALITY

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
            InputError: its format is unknown, or is lossy although that was not allowed; or a quality is out of range,
                or given for a lossless format.
        """
        images = self.images
        if images not in LOSSLESS:
            known = [*LOSSLESS] if self.packing else [*LOSSLESS, *PACKINGS.rows]
            raise InputError(f"{param('format')}: {unknown('format', images, known)}")
        self._check_quality(images)
        if not (LOSSLESS[images] or self.lossy or self.quality is not None):
            raise InputError(
                f"{param('format')} {self.format} loses part of the perturbation, and epsilon does not bound what it "
                f"changes: choose png or webp-lossless, or give {param('quality')} (such as {USUAL_QUALITY}) or "
                f"{param('lossy')} to say that you want that"
            )
        return self

    def check_store(self, store: str | None) -> None:
        """Refuse a store for files: an object store is no place for millions of them.

        Raises:
            InputError: the form is none of shards.
        """
        if store is not None and self.packing is None:
            raise InputError(
                f"{param('store')} takes shards, and {param('format')} {self.format} is a file for each image: choose "
                f"{param('format')} {' or '.join(PACKINGS.rows)}"
            )

    def _check_quality(self, images: str) -> None:
        if self.quality is None:
            return
        if LOSSLESS[images]:
            prefix = "" if self.packing is None else f"{self.packing}:images="
            raise InputError(
                f"{param('quality')} {self.quality}: {images} keeps every pixel, so it has no quality: leave it "
                f"out, or choose {param('format')} {prefix}jpeg or {prefix}webp"
            )
        if self.quality not in QUALITIES:
            raise InputError(f"{param('quality')} {self.quality}: give {QUALITIES[0]} to {QUALITIES[-1]}")
