"""Whether a folder holds shards and nothing else that may say labels. Imports no torch."""

from pathlib import Path

from mtlue.data.rows.embedded_images import images_in
from mtlue.data.rows.image_files import ImageFiles
from mtlue.data.rows.parts import shard_parts, split_of_file, tables_below
from mtlue.data.shards.reading import COMPRESSED
from mtlue.data.shards.webdataset import JSON, TEXTS, TarShards, opened, read_samples
from mtlue.errors import InputError
from mtlue.files import seen
from mtlue.wording import counted


def shards_in(files: ImageFiles) -> str | None:
    """What a folder of shards holds, in words; None where there is something else that may be meant.

    Raises:
        InputError: there are several sets, or a Parquet file is damaged.
    """
    if files.names:
        return None
    tables, tars = tables_below(files.root), _tars(files.root)
    if tars and not tables and all(map(_may_hold_samples, tars)):
        return f"WebDataset, images inside {counted(len(tars), 'tar')}"
    if tables and not tars and _of_one_kind(files.root, tables):
        return f"images inside {counted(len(tables), 'Parquet file')}"
    return None


def _tars(root: Path) -> list[Path]:
    found = (path for path in root.rglob(f"*{TarShards.suffix}") if seen(path.is_file))
    return sorted(path for path in found if not any(part.startswith(".") for part in path.relative_to(root).parts))


def why_no_shard(archive: Path) -> str:
    """Why an archive that may be a shard cannot be read as one, to be added to a sentence; "" where nothing says so."""
    if archive.suffix.lower() != TarShards.suffix:
        packed = archive.name.lower().endswith((*COMPRESSED, ".gz"))
        return "; shards of WebDataset are read once they are .tar, no longer compressed (gunzip)" if packed else ""
    try:
        _holds_samples(archive)
    except InputError as error:
        return f"; as a shard it is not read: {error.text}"
    return ""


def _may_hold_samples(path: Path) -> bool:
    try:
        return _holds_samples(path)
    except InputError:
        return False


def _holds_samples(path: Path) -> bool:
    """Whether a tar begins with an image and its labels; in an archive of photos there are none.

    Raises:
        InputError: it is not a tar, or is damaged.
    """
    with opened(path) as archive:
        first = next(read_samples(archive, path), None)
    try:
        return first is not None and bool(first.pictures) and not first.members.keys().isdisjoint((*TEXTS, JSON))
    except ValueError:  # two images: the source says so
        return True


def _of_one_kind(root: Path, tables: list[Path]) -> bool:
    """Whether all tables are Parquet with the images inside, and all are named for a split or none is."""
    shard_parts(root)  # refuses several sets
    splits = [split_of_file(path, root) for path in tables]
    return all(splits) is any(splits) and all(map(images_in, tables))
