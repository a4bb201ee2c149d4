"""What images take on disk: as their owner's files, and as a release."""

from dataclasses import dataclass
from pathlib import Path

from mtlue.data.loading import Collection


@dataclass(frozen=True)
class FileSizes:
    """Bytes of the image files of a release.

    Attributes:
        released: of the released images.
        sources: of the files that they were made from; None for embedded images, which have none.
    """

    released: int
    sources: int | None


def file_sizes(release: Path, names: list[str], collection: Collection) -> FileSizes:
    """The bytes of a release's images, and of their sources.

    Args:
        release: the folder.
        names: of the images in it.
        collection: the sources.
    """
    root = collection.listing.root
    sources = None if root is None else sum((root / file).stat().st_size for file in collection.files)
    return FileSizes(sum((release / name).stat().st_size for name in names), sources)
