"""Folders of images: finding files, safe relative paths, and splits that depend on the id alone."""

import os
import posixpath
import shlex
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path

from mtlue.data.files.zipped import given_zip, unzipped
from mtlue.data.listing import Skipped
from mtlue.data.options import AUTO, DataOptions
from mtlue.errors import InputError, for_shells, param
from mtlue.faults import listed
from mtlue.files import seen
from mtlue.imaging.formats import ARRAY_SUFFIX, SUFFIXES, UNREAD_SUFFIXES, is_array, looks_like_image, lower_suffix
from mtlue.wording import counted

_COMPANIONS = (
    "csv tsv tab parquet json jsonl ndjson geojson xml yaml yml toml ini cfg txt md rst html htm log sha256 md5 "
    "xmp aae dop py ipynb sh"
)
COMPANION_SUFFIXES = frozenset(f".{suffix}" for suffix in _COMPANIONS.split(" "))
"""Files that accompany images: tables, texts, the sidecar files of cameras and photo programs."""
COMPANION_NAMES = frozenset(
    {"readme", "license", "licence", "copying", "notice", "authors", "citation.cff", "changelog", "makefile"}
)
_SYSTEM = frozenset({"thumbs.db", "ehthumbs.db", "desktop.ini", "__macosx", "@eadir", "lost+found"})
"""What operating systems leave in folders."""
ARCHIVES = frozenset({".tar", ".tgz", ".gz", ".bz2", ".xz"})
"""What is not unpacked: shards of WebDataset are tars, too."""
_KERNEL = (Path("/proc"), Path("/sys"), Path("/dev"))
"""Where Linux shows itself as files."""
_NAMED = 3
_SHARED_MEMORY = Path("/dev/shm")
"""Where people keep images, too."""
_COPIES = frozenset({".bak", ".old", ".orig", ".tmp", ".temp", ".part", ".crdownload", ".download"})


def require_folder(options: DataOptions) -> Path:
    """The data folder, or where the zip file that is given in its place lies unpacked.

    Raises:
        InputError: says what is wrong with it.
    """
    if options.data is None and options.dataset == AUTO:
        raise InputError(
            f"which images? Give the folder that holds them ({param('data')}), or {param('dataset')} digits for "
            "images that come with the package"
        )
    if options.data is None:
        raise InputError(f"dataset '{options.dataset}' needs {param('data')}: the folder that holds its images")
    archive = given_zip(options)
    if archive is not None:
        return unzipped(archive, options.cache_folder()).root
    if options.data.suffix.lower() in ARCHIVES and options.data.is_file():
        raise InputError(
            f"{param('data')} {options.data} is an archive of a kind that is not read: unpack it into a folder of "
            f"its own{for_shells(f' ({unpacking(options.data)})')}, and give that folder"
        )
    if not options.data.is_dir():
        wrong = ", nor a zip file" if options.data.exists() else " (nothing is there)"
        raise InputError(
            f"{param('data')} {options.data} is not a folder{wrong}: give the folder that holds the images, or a zip "
            "file of it"
        )
    _refuse_system(options.data)
    _refuse_cache_inside(options)
    return options.data


def _refuse_cache_inside(options: DataOptions) -> None:
    """Refuse to keep decoded images in the data folder, where the cache's own files would be read as tables.

    Hidden folders are never read: there it may lie.

    Raises:
        InputError: says where it may lie.
    """
    cache, data = options.cache_folder(), options.data
    if cache is None or data is None:
        return
    place, folder = cache.resolve(), data.resolve()
    if not place.is_relative_to(folder) or any(part.startswith(".") for part in place.relative_to(folder).parts):
        return
    named = str(cache)
    if options.cache is None and os.environ.get("MTLUE_CACHE"):
        named += " (from the environment variable MTLUE_CACHE)"
    raise InputError(
        f"{param('cache')} {named} lies inside {param('data')} {data}, among the images: its files would be read as "
        f"tables and images of the dataset the next time: give a folder outside it, or {param('no_cache')}; and delete "
        "what an earlier run may have left there"
    )


def _refuse_system(folder: Path) -> None:
    """Refuse folders that hold the system itself, where a search for images would not end.

    Raises:
        InputError: says what the folder is.
    """
    real = folder.resolve()
    inside = next((place for place in _KERNEL if real.is_relative_to(place)), None)
    whole = os.name != "nt" and real == Path(real.anchor)  # a drive of its own may well hold images alone
    if whole or any(map(os.path.ismount, (real / place.name for place in _KERNEL[:2]))):
        what = "is a whole machine"
    elif inside is not None and not real.is_relative_to(_SHARED_MEMORY):
        what = f"belongs to {inside}, which is the system's own"
    else:
        return
    raise InputError(f"{param('data')} {folder} {what}: give the folder of the images")


def unpacking(archive: Path) -> str:
    """The command that unpacks an archive into a new folder here, as a shell takes it; it refuses paths out of that."""
    plain = archive.name.split(".")[0]
    folder = f"{plain}-unpacked" if not plain or Path(plain).exists() else plain
    return f"python -m tarfile --filter data -e {shlex.quote(str(archive))} {shlex.quote(folder)}"


def folder_and_those_in_it(root: Path) -> list[Path]:
    """A folder, and the folders directly in it, sorted."""
    return [root, *sorted(path for path in root.iterdir() if path.is_dir())]


def find_folder_of(name: str, root: Path) -> Path:
    """The folder that holds the file ``name``: ``root``, or one of the folders in it."""
    for folder in folder_and_those_in_it(root):
        if (folder / name).is_file():
            return folder
    raise InputError(f"there is no {name} in {root}: point {param('data')} at the unpacked dataset")


def find_files(root: Path) -> list[str]:
    """Relative paths (with /) of all image files below ``root``, sorted; see :func:`find_unusable` for the others."""
    return sorted(name for path, name in _walk(root) if _is_image(path) and seen(path.is_file) and _stays(path, root))


def find_unusable(root: Path) -> list[Skipped]:
    """Files below ``root`` that are neither images nor known companions of images, and links to folders; and why."""
    reasons = ((name, _why_unusable(path, root)) for path, name in _walk(root) if not _is_companion(path))
    return sorted((Skipped(name, why) for name, why in reasons if why), key=lambda skipped: skipped.name)


def passed_over(root: Path) -> list[str]:
    """Notes on hidden image files, and on folders with nothing in them: neither count for anything."""
    hidden: list[str] = []
    empty: list[str] = []
    for place, inner, names in os.walk(root):
        folder = Path(place).relative_to(root)
        if not inner and not names and folder.parts:
            empty.append(folder.as_posix())
        inner[:] = sorted(name for name in inner if not name.startswith(".") and name.lower() not in _SYSTEM)
        pictures = (name for name in sorted(names) if lower_suffix(Path(name)) in SUFFIXES)
        hidden += [(folder / name).as_posix() for name in pictures if name[0] == "." and name[:2] != "._"]
    notes = []
    if hidden:
        notes.append(
            f"{counted(len(hidden), 'hidden image file')} (the name begins with a dot) passed over: "
            f"{listed(hidden, _NAMED)}"
        )
    if empty:
        notes.append(f"{counted(len(empty), 'folder')} without a file: {listed(empty, _NAMED)}")
    return notes


def _why_unusable(path: Path, root: Path) -> str:
    """Why a file does not count as an image; "" where it does, and for folders."""
    if seen(path.is_symlink) and seen(path.is_dir):
        return f"it is a link to a folder, which is not followed: point {param('data')} at that folder itself"
    if seen(path.is_dir):
        return _closed(path)
    suffix = lower_suffix(path)
    if not seen(path.exists):
        return "it is a broken link" if seen(path.is_symlink) else f"its folder cannot be entered: {_OPEN_UP}"
    if suffix in UNREAD_SUFFIXES:
        return f"files of {suffix} are not read: convert it to PNG or JPEG"
    if suffix in _COPIES:
        return f"{suffix} is the suffix of unfinished or backup files: give it the suffix of its format, or delete it"
    if not seen(path.is_file):
        return "it is not a file"
    if not _is_image(path):
        return _ARRAY if is_array(path) else _reason_of_content(path)
    return (
        "" if _stays(path, root) else f"it points outside {root}: move the image inside, or point {param('data')} there"
    )


_OPEN_UP = "change its permissions, or move it elsewhere"
_ARRAY = "it is an array that no table names: an image or a label map as an array must be named in a table"


def _closed(folder: Path) -> str:
    """Why what lies in a folder cannot be seen; "" where it can."""
    try:
        os.scandir(folder).close()
    except OSError as error:
        return f"this folder cannot be opened ({error.strerror or error}): nothing in it is used; {_OPEN_UP}"
    return ""


def _reason_of_content(path: Path) -> str:
    try:
        with path.open("rb"):
            return "it is not an image of a kind that is read"
    except OSError as error:
        return f"it cannot be opened ({error.strerror or error})"


def _walk(root: Path) -> Iterator[tuple[Path, str]]:
    """Everything below ``root`` with its relative path; hidden files and folders are left out."""
    for path in root.rglob("*"):
        relative = path.relative_to(root)
        if not any(part.startswith(".") or part.lower() in _SYSTEM for part in relative.parts):
            yield path, relative.as_posix()


def _is_image(path: Path) -> bool:
    """Whether a file counts as an image: by its suffix; without one, or with an unknown one, by its first bytes."""
    suffix = lower_suffix(path)
    if suffix in SUFFIXES:
        return True
    if suffix in UNREAD_SUFFIXES or suffix in _COPIES or suffix == ARRAY_SUFFIX or _is_companion(path):
        return False
    return seen(path.is_file) and looks_like_image(path)


def _is_companion(path: Path) -> bool:
    return lower_suffix(path) in COMPANION_SUFFIXES or path.name.lower() in COMPANION_NAMES


def _stays(path: Path, root: Path) -> bool:
    return not seen(path.is_symlink) or _is_inside(path, root)


def _is_inside(path: Path, root: Path) -> bool:
    """Whether a path lies below a folder once all links are followed."""
    return os.path.realpath(path).startswith(_real_path(root))


@lru_cache(maxsize=16)
def _real_path(folder: Path) -> str:
    """A folder without links, with a separator at its end: asked for once for all of its files."""
    return os.path.realpath(folder).rstrip(os.sep) + os.sep


def locate(root: Path, name: str) -> tuple[str | None, str]:
    """(path with / below ``root``, "") of the file that a table calls ``name``; (None, why) where there is none.

    Names written on another system (backslashes; letters with their accents apart or in one), with spaces around them,
    or as an absolute path below ``root`` are found too. A path or a link that leads outside ``root`` is refused.
    """
    outside = other = False
    try:
        for spelling in _spellings(name):
            path = Path(posixpath.normpath(spelling))
            if path.is_absolute() and path.is_relative_to(root):
                path = path.relative_to(root)
            if not (root / path).is_file():
                other = other or os.path.lexists(root / path)
                continue
            if _is_inside(root / path, root) and ".." not in path.parts:
                return path.as_posix(), ""
            outside = True
    except (OSError, ValueError) as error:  # a name too long, or with a null byte
        return None, f"its name is not a valid file name ({getattr(error, 'strerror', None) or error})"
    if outside or posixpath.normpath(name.strip()).startswith(("../", "/")):
        return (
            None,
            f"it points outside {root}: give a folder that holds it, too, as {param('data')}, or correct the path",
        )
    if other:
        return None, "it is not a file, but a folder or a broken link"
    return None, f"there is no such file in {root}"


def _spellings(name: str) -> list[str]:
    plain = (name, name.strip(), name.strip().replace("\\", "/"))
    if name.isascii():
        return list(dict.fromkeys(plain))
    forms = [unicodedata.normalize(form, text) for form in ("NFC", "NFD") for text in plain]
    return list(dict.fromkeys((*plain, *forms)))


def require_unique(names: Sequence[str], place: str) -> None:
    """Refuse a list that names an image twice: which of its labels would count?

    Raises:
        InputError: names the first one and the place.
    """
    repeated = [name for name, count in Counter(names).items() if count > 1]
    if repeated:
        raise InputError(f"{place} holds '{repeated[0]}' more than once ({len(repeated)} such names): keep one of each")
