"""Folders of images: finding files, safe relative paths, and splits that depend on the id alone."""

import posixpath
from pathlib import Path

from mtlue.data.dataset import hash_fraction
from mtlue.data.images import SUFFIXES
from mtlue.data.listing import TEST, TRAIN
from mtlue.data.options import DataOptions
from mtlue.errors import InputError


def require_folder(options: DataOptions) -> Path:
    """The data folder, or an error that says what is wrong with it."""
    if options.data is None:
        raise InputError(f"dataset '{options.dataset}' needs --data: the folder that holds its images")
    if not options.data.is_dir():
        raise InputError(f"--data {options.data} is not a folder: give the folder that holds the images")
    return options.data


def find_folder_of(name: str, root: Path) -> Path:
    """The folder that holds the file ``name``: ``root``, or one of the folders in it."""
    for folder in (root, *sorted(path for path in root.iterdir() if path.is_dir())):
        if (folder / name).is_file():
            return folder
    raise InputError(f"there is no {name} in {root}: point --data at the unpacked dataset")


def find_files(root: Path) -> list[str]:
    """Relative paths (with /) of all image files below ``root``, sorted; hidden files and folders are left out."""
    found = []
    for path in root.rglob("*"):
        relative = path.relative_to(root)
        hidden = any(part.startswith(".") for part in relative.parts)
        if path.suffix.lower() in SUFFIXES and not hidden and path.is_file():
            found.append(relative.as_posix())
    return sorted(found)


def inner_path(name: str) -> str | None:
    """``name`` as a normal relative path with /; None where it points outside the folder."""
    path = posixpath.normpath(name.strip().replace("\\", "/"))
    outside = path.startswith(("/", "../")) or path in ("..", ".") or (len(path) > 1 and path[1] == ":")
    return None if outside or "\0" in path else path


def hashed_split(identifier: str, test_fraction: float) -> str:
    """``test`` for a share of the ids, by their hash: adding an image moves no other."""
    return TEST if hash_fraction(identifier, "split") < test_fraction else TRAIN
