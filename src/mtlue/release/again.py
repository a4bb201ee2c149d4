"""A dataset that is itself a release: protecting it once more changes pixels further, and protects less."""

from pathlib import Path
from typing import Any

from msgspec import Struct

from mtlue.errors import MtlueError
from mtlue.release.layout import IMAGES, MANIFEST, METADATA, RELEASE, RESTORED, SHARDS
from mtlue.structured import read_json
from mtlue.tables.given import SUFFIXES

_COLUMNS = "file_name,id,split"
"""How a release's table begins."""
_WEAKER = "a second change mostly takes part of the first off, so that more can be learnt"


class _Manifest(Struct):
    """What is asked of a manifest here, whatever else is wrong with it."""

    tool: str
    epsilon: float
    largest_change: Any = None


def protected_again(data: Path, epsilon: float | None, name: str) -> str | None:
    """A note where a dataset's folder is a release by this tool, or lies among the images or shards of one; else None.

    Args:
        data: the dataset's folder.
        epsilon: the bound of the new change, in levels; None where it is still to be chosen.
        name: that the user gave of it.
    """
    whole = data.resolve()
    around = [folder for folder in whole.parents if whole.relative_to(folder).parts[0] in (IMAGES, SHARDS)]
    for folder in (whole, whole / RELEASE, *around):
        before = _released_bound(folder / MANIFEST)
        if before is not None:
            further = "further" if epsilon is None else f"by up to {before + epsilon:g} levels"
            return (
                f"{name} is a release that mtlue wrote: a pixel may then differ {further} from the images that were "
                f"protected first, and yet {_WEAKER}. Give those images instead"
            )
    if (
        (whole / IMAGES).is_dir()
        and not (whole / RESTORED).is_file()
        and _first_line(whole / METADATA).startswith(_COLUMNS)
    ):
        return (
            f"{name} looks like a release without its {MANIFEST}: if mtlue wrote it, pixels may differ further from "
            f"the images that were protected first, and yet {_WEAKER}. Give those images instead"
        )
    return None


def release_around(place: Path) -> Path | None:
    """The release that a file or folder, there or not, is or lies in; None where it lies in none."""
    whole = place.resolve()
    return next((folder for folder in (whole, *whole.parents) if _is_release(folder)), None)


def restored_around(place: Path) -> Path | None:
    """The restored images that a file or folder, there or not, is or lies among; None where it lies among none."""
    whole = place.resolve()
    return next((folder for folder in (whole, *whole.parents) if (folder / RESTORED).is_file()), None)


def release_in(data: Path) -> Path | None:
    """The release that a dataset's folder is, lies in, or holds without a table beside it; None where it is none."""
    inside = data / RELEASE
    found = _is_release(inside) and not any(entry.suffix.lower() in SUFFIXES for entry in data.iterdir())
    return release_around(data) or (inside if found else None)


def coded_as_released(data: Path) -> bool:
    """Whether the label maps of a dataset's folder are those of a release: it is one, or was restored from one."""
    return release_in(data) is not None or (data / RESTORED).is_file()


def _is_release(folder: Path) -> bool:
    """Whether mtlue wrote a folder, by its manifest; a damaged one is known by the table next to it."""
    manifest = folder / MANIFEST
    if not manifest.is_file():
        return False
    return _released_bound(manifest) is not None or _first_line(folder / METADATA).startswith(_COLUMNS)


def _released_bound(manifest: Path) -> float | None:
    """How far a pixel of a release is from its clean one at most, in levels: in lossy files further than epsilon."""
    try:
        described = read_json(manifest, _Manifest, "")
    except MtlueError:
        return None
    if described.tool != "mtlue":
        return None
    largest = described.largest_change
    return max(described.epsilon, largest) if isinstance(largest, int) else described.epsilon


def _first_line(path: Path) -> str:
    try:
        with path.open(encoding="utf-8", errors="replace") as stream:
            return stream.readline(1000)
    except OSError:
        return ""
