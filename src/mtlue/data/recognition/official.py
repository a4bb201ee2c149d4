"""Published datasets, told by the files that they come with. Imports no torch."""

from collections.abc import Callable, Mapping
from pathlib import Path

from mtlue.data.rows.image_files import ImageFiles
from mtlue.data.sources import celeba, chestxray14, nyuv2, utkface
from mtlue.imaging.formats import ARRAY_SUFFIX

_MOST = 0.9
"""Share of names that must be UTKFace's: the published set holds a few that are not."""


def official_layout(files: ImageFiles) -> tuple[str, str] | None:
    """The source of a published dataset that a folder holds, and the name that people know it by."""
    return next(((source, name) for source, (name, holds) in _LAYOUTS.items() if holds(files)), None)


def _holds_celeba(files: ImageFiles) -> bool:
    lists = (celeba.ATTRIBUTES, celeba.PARTITION)
    return any(
        all(any((folder / (name + end)).is_file() for end in (celeba.OFFICIAL, celeba.KAGGLE)) for name in lists)
        for folder in _near(files.root)
    )


def _holds_chestxray14(files: ImageFiles) -> bool:
    tables = list(files.root.glob(chestxray14.TABLES))
    return len(tables) == 1 and all((files.root / name).is_file() for name in chestxray14.LISTS)


def _holds_nyuv2(files: ImageFiles) -> bool:
    return any(
        all(_holds_arrays(folder / split / part) for split in nyuv2.SPLITS for part in (nyuv2.IMAGES, *nyuv2.TASKS))
        for folder in _near(files.root)
    )


def _holds_utkface(files: ImageFiles) -> bool:
    return len(files.names) > 1 and sum(map(utkface.is_named, files.names)) >= _MOST * len(files.names)


def _near(root: Path) -> list[Path]:
    """A folder and those in it."""
    return [root, *sorted(path for path in root.iterdir() if path.is_dir())]


def _holds_arrays(folder: Path) -> bool:
    return any(folder.glob(f"*{ARRAY_SUFFIX}"))


_LAYOUTS: Mapping[str, tuple[str, Callable[[ImageFiles], bool]]] = {
    "celeba": ("CelebA", _holds_celeba),
    "chestxray14": ("ChestX-ray14", _holds_chestxray14),
    "nyuv2": ("NYUv2", _holds_nyuv2),
    "utkface": ("UTKFace", _holds_utkface),
}
