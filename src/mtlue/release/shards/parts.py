"""A release of files in parts: at most so many images of one split each, with a manifest of their own."""

import csv
import hashlib
import io
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path

import msgspec

from mtlue.release.layout import RULES, ReleaseFolder
from mtlue.release.manifest import Manifest
from mtlue.release.shards.packing import Part
from mtlue.release.table_files import write_rows


def parts_of(
    release: Path, manifest: Manifest, rows: int, maps: Collection[str], largest: Sequence[int] = ()
) -> Iterator[tuple[str, Part]]:
    """The parts of a release, each with its split; images keep their order.

    Args:
        release: its folder.
        manifest: of the release.
        rows: images of a part, at most.
        maps: tasks whose labels are files, whether or not these images have any.
        largest: change of each image, in levels, where they are lossy.
    """
    columns = read_columns(ReleaseFolder(release).metadata)
    files = frozenset(maps).intersection(columns)
    for split in dict.fromkeys(columns["split"]):
        positions = [row for row, own in enumerate(columns["split"]) if own == split]
        for start in range(0, len(positions), rows):
            own = positions[start : start + rows]
            cells = {name: [column[row] for row in own] for name, column in columns.items()}
            changes = [largest[row] for row in own] if largest else []
            yield split, Part(_manifest(manifest, cells, split, own, max(changes, default=None)), cells, files)


def read_columns(path: Path) -> dict[str, list[str]]:
    """A release's table, cell for cell as it was written."""
    with path.open(encoding="utf-8", newline="") as stream:
        names, *rows = csv.reader(stream, strict=True)
    return {name: [row[number] for row in rows] for number, name in enumerate(names)}


def table_hash(columns: Mapping[str, Sequence[str]]) -> str:
    """The hash of the file that ``write_table`` makes of columns."""
    stream = io.StringIO(newline="")
    write_rows(stream, columns)
    return hashlib.sha256(stream.getvalue().encode()).hexdigest()


def _manifest(
    whole: Manifest,
    columns: Mapping[str, Sequence[str]],
    split: str,
    positions: Sequence[int],
    largest: int | None,
) -> Manifest:
    """Of the images at some positions of a release, whose table has these columns."""
    named = {cell for cells in columns.values() for cell in cells} | {RULES}
    return msgspec.structs.replace(
        whole,
        largest_change=largest,
        counts={split: len(positions)},
        metadata_sha256=table_hash(columns),
        images=tuple(whole.images[row] for row in positions),
        labels=tuple(file for file in whole.labels if file.file_name in named),
    )
