"""Where a release goes, and in which form."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from mtlue.cli.telling.accounts import print_note, print_places
from mtlue.cli.telling.next_steps import read_back_from
from mtlue.cli.terminal.console import say_next
from mtlue.jobs.requests.owner import ReleaseRequest
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
        native: release each image at its own size, instead of the working size; that protects somewhat less.
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


def finished_store(request: ReleaseRequest) -> bool:
    """Whether all that was to be done was to finish the store of an interrupted run, which is done and said."""
    if request.store is None or not request.finish_store():
        return False
    print_note(
        f"an interrupted run had written all but the last file at {request.store}: it is there now, and nothing was "
        "protected again"
    )
    print_places(request.folder, request.store)
    say_next(read_back_from(request.out, request.store))
    return True
