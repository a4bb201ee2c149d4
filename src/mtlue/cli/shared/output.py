"""Where a release goes, and in which form."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from mtlue.release.form import ReleaseForm


@dataclass(frozen=True)
class OutputOptions:
    """Where the result goes.

    Args:
        out: folder for release/ (what may be published) and private/ (what may not).
        overwrite: replace an existing release.
        splits: splits to release; all by default.
        format: png, webp-lossless, or with --quality or --lossy also jpeg, which keeps the colour of every pixel
            (4:4:4), and webp, which halves the resolution of colour (4:2:0) and so keeps less of the perturbation; or
            parquet or webdataset for shards, with settings if need be, as in parquet:images=webp-lossless,rows=5000.
        native: release each image at its own size, instead of the working size.
        lossy: allow a lossy format, which keeps only a part of the perturbation, and whose files epsilon does not
            bound; giving --quality says the same.
        quality: of jpeg and webp, 1 to 100; 90 by default.
        store: with parquet or webdataset, put the release into this folder of an object store, as fsspec names it
            (s3://bucket/faces), one shard at a time; OUT keeps private/, and of the release all but the shards.
    """

    out: Path
    overwrite: bool = False
    splits: list[str] | None = None
    format: str = "png"
    native: bool = False
    lossy: bool = False
    quality: int | None = None
    store: str | None = None

    def check(self) -> None:
        """Refuse what is wrong with the format."""
        self.form().checked().check_store(self.store)

    def form(self) -> ReleaseForm:
        """How images are written."""
        return ReleaseForm(self.format, self.native, self.lossy, self.quality)

    def released_splits(self) -> tuple[str, ...] | None:
        """The splits to release; None for all."""
        return None if self.splits is None else tuple(self.splits)
