"""A zip file that is given as the folder of images: unpacked once, then read as any folder. Imports no torch."""

from dataclasses import replace
from functools import partial
from pathlib import Path

from mtlue.archives.zips import innermost, unpack
from mtlue.data.files.unpacking import Unpacked, is_unpacked, unpacked
from mtlue.data.options import DataOptions
from mtlue.errors import InputError, call, param
from mtlue.tables.cells import MANIFEST, is_release

SUFFIX = ".zip"
_KIND = "zip"
"""Names the folder below the cache."""
_NAMES = "utf-8 where valid"
"""How names are read: what an earlier version unpacked under garbled ones is not taken."""


def given_zip(options: DataOptions) -> Path | None:
    """The zip file that is given in place of a folder; None where none is."""
    data = options.data
    return data if data is not None and data.suffix.lower() == SUFFIX and data.is_file() else None


def waits_to_be_unpacked(options: DataOptions) -> bool:
    """Whether a zip file is given that no earlier command unpacked, so that its files must be written first."""
    archive = given_zip(options)
    return archive is not None and not is_unpacked(_KIND, [archive], options.cache_folder(), _NAMES)


def unzipped(archive: Path, cache: Path | None) -> Unpacked:
    """Where a zip file's files lie: its only folder, where it has one.

    Args:
        archive: the zip file.
        cache: where they are kept; with None they are gone when the process ends.

    Raises:
        InputError: the file is refused (:func:`mtlue.archives.zips.unpack`), or there is no room for what it holds.
    """
    place = unpacked(_KIND, [archive], partial(_unpack, archive), cache, _NAMES)
    inner = innermost(place.root)
    call(str(inner), str(archive))
    return replace(place, root=inner)


def zip_note(options: DataOptions) -> list[str]:
    """That images lie where a zip file was unpacked, where one is given; clean ones, unless it is a release."""
    archive = given_zip(options)
    if archive is None:
        return []
    place = unzipped(archive, options.cache_folder())
    clean = not is_release(place.root / MANIFEST)
    return [replace(place, root=place.root.parent).note(f"the files of {archive}", clean=clean)]


def _unpack(archive: Path, folder: Path) -> None:
    try:
        unpack(archive, folder / "files", None, "unpack it yourself where there is more room, and give that folder")
    except InputError as error:
        raise InputError(f"{param('data')} {archive}: {error.text}") from error
