"""Which folders of a path stand for a split and which for a class, where no table says it."""

import filecmp
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path, PurePosixPath
from typing import TypeAlias

from mtlue.data.listing import TRAIN
from mtlue.data.rows.splits import SPLIT_WORDS, holds_split_word, means_contents, split_and_rest, split_of_folder
from mtlue.errors import param
from mtlue.faults import listed
from mtlue.wording import counted

Folder: TypeAlias = tuple[str, ...]
"""A folder's path below the root, one name for each level."""
_NAMED = 4


@dataclass(frozen=True)
class ClassFolders:
    """How folders are read.

    Attributes:
        classes: file -> its class; files that lie in no class's folder are absent.
        splits: file -> its split; None where no folder says it.
        split_folders: the folders that stand for one.
        notes: what is not obvious about it.
    """

    classes: dict[str, str]
    splits: dict[str, str] | None
    split_folders: dict[Folder, str]
    notes: list[str]


def read_class_folders(files: Sequence[str]) -> ClassFolders:
    """The class and the split of each file, by the folders that it lies in.

    A file's class is the innermost folder that is not a split. Three kinds of folders are looked through: one around
    everything; one of the same name inside every class (``cat/images``, ``dog/images``); and subfolders of a folder
    that holds images of its own, which is a class with all that lies below it. Notes say where that was so.

    Args:
        files: paths with / below the root.
    """
    places = {file: PurePosixPath(file).parts[:-1] for file in files}
    splits = split_folders(set(places.values()))
    kept = {folder: _without(folder, splits) for folder in set(places.values())}
    wrapper = _wrapper(set(kept.values()))
    inner = {folder: path[len(wrapper) :] for folder, path in kept.items()}
    repeated = _repeated_inside(set(inner.values()))
    if repeated is not None:
        inner = {folder: path[:-1] if path[-1:] == (repeated,) else path for folder, path in inner.items()}
    holding = set(inner.values()) - {()}
    class_paths = {path: _outermost(path, holding) for path in holding}
    classes = {file: class_paths[inner[place]][-1] for file, place in places.items() if inner[place]}
    notes = [
        *_note_on_wrapper(wrapper),
        *_notes_on_splits(splits, len(wrapper)),
        *_note_on_unsplit([places[file] for file in classes], splits),
        *_note_on_repeated(repeated),
        *_note_on_levels(set(class_paths.values())),
        *_note_on_subfolders(class_paths),
        *_note_on_named_like_splits(set(classes.values())),
    ]
    return ClassFolders(classes, _file_splits(places, splits) if splits else None, splits, notes)


def split_folders(folders: Collection[Folder]) -> dict[Folder, str]:
    """The folders that stand for a split, and which.

    Among the folders inside one folder, those that are named after a split (:func:`split_of_folder`) stand for it
    where one of them holds folders of classes, or all have such names. Otherwise they are classes like any others.

    Args:
        folders: those that hold images.
    """
    inside: dict[Folder, set[Folder]] = defaultdict(set)
    for folder in folders:
        for depth in range(1, len(folder) + 1):
            inside[folder[: depth - 1]].add(folder[:depth])
    splits: dict[Folder, str] = {}
    for siblings in inside.values():
        splits |= _splits_among(sorted(siblings), folders)
    return splits


def _splits_among(siblings: Sequence[Folder], folders: Collection[Folder]) -> dict[Folder, str]:
    called = {folder: split for folder in siblings if (split := split_of_folder(folder[-1]))}
    if called and (len(called) == len(siblings) or _hold_classes(called, folders)):
        return called
    return _splits_by_pairs(siblings, folders)


def _splits_by_pairs(siblings: Sequence[Folder], folders: Collection[Folder]) -> dict[Folder, str]:
    """Folders whose names differ in the split alone, and that hold folders of classes: ``seg_train``, ``seg_test``."""
    groups: dict[tuple[str, ...], dict[Folder, str]] = defaultdict(dict)
    for folder in siblings:
        split, other_words = split_and_rest(folder[-1])
        if split is not None:
            groups[other_words][folder] = split
    pairs = [group for group in groups.values() if len({*group.values()}) > 1 and _hold_classes(group, folders)]
    return {folder: split for group in pairs for folder, split in group.items()}


def _hold_classes(outer: Collection[Folder], folders: Collection[Folder]) -> bool:
    """Whether a folder of a class lies in one of these."""
    return any(
        not (split_of_folder(part) or means_contents(part))
        for folder in folders
        for depth in range(1, len(folder))
        if folder[:depth] in outer
        for part in folder[depth:]
    )


def _without(folder: Folder, splits: Mapping[Folder, str]) -> Folder:
    return tuple(part for depth, part in enumerate(folder, start=1) if folder[:depth] not in splits)


def _file_splits(places: Mapping[str, Folder], splits: Mapping[Folder, str]) -> dict[str, str]:
    """The split of the innermost such folder; training where there is none."""
    return {
        file: next((splits[place[:depth]] for depth in range(len(place), 0, -1) if place[:depth] in splits), TRAIN)
        for file, place in places.items()
    }


def _wrapper(folders: Collection[Folder]) -> Folder:
    """The folders around everything; the last one that holds anything is never among them."""
    inner = [folder for folder in folders if folder]
    around = _common_start(inner)
    while around and not _looked_through(around, inner):
        around = around[:-1]
    return around


def _common_start(folders: Sequence[Folder]) -> Folder:
    levels = zip(*folders, strict=False)
    return tuple(names[0] for names in takewhile(lambda names: len({*names}) == 1, levels))


def _looked_through(around: Folder, folders: Collection[Folder]) -> bool:
    """Whether classes lie inside a folder: it holds other folders, and several of them where it holds images too."""
    inside = {folder[len(around)] for folder in folders if len(folder) > len(around)}
    return len(inside) > (1 if around in folders else 0)


def _repeated_inside(folders: Collection[Folder]) -> str | None:
    """The name of the innermost folder, where it is the same in all classes and so distinguishes nothing."""
    names = {folder[-1] for folder in folders if folder}
    several = len({folder[-2] for folder in folders if len(folder) > 1}) > 1
    return next(iter(names)) if len(names) == 1 and several else None


def _outermost(folder: Folder, holding: Collection[Folder]) -> Folder:
    return next(folder[:depth] for depth in range(1, len(folder) + 1) if folder[:depth] in holding)


def _note_on_wrapper(wrapper: Folder) -> list[str]:
    return [f"all classes lie in the folder '{'/'.join(wrapper)}', which is not taken for a class"] if wrapper else []


def _notes_on_splits(splits: Mapping[Folder, str], usual_depth: int) -> list[str]:
    """A note where a split's folder does not simply have its name, or lies somewhere else than above the classes."""
    usual = all(folder[-1].lower() in SPLIT_WORDS and len(folder) == usual_depth + 1 for folder in splits)
    if usual:
        return []
    split_of = {folder[-1]: split for folder, split in sorted(splits.items())}
    named = listed([f"{name} ({split})" for name, split in split_of.items()], _NAMED)
    return [f"these folders are taken for splits: {named}"]


def _note_on_unsplit(places: Iterable[Folder], splits: Mapping[Folder, str]) -> list[str]:
    if not splits:
        return []
    outside = [place for place in places if not any(place[:depth] in splits for depth in range(1, len(place) + 1))]
    if not outside:
        return []
    names = listed(sorted({"/".join(place) for place in outside}), _NAMED)
    return [f"{counted(len(outside), 'image')} outside the splits' folders count as training images: those in {names}"]


def _note_on_repeated(name: str | None) -> list[str]:
    return [] if name is None else [f"the folder '{name}' inside the classes' folders is not taken for a class"]


def _note_on_levels(class_paths: Collection[Folder]) -> list[str]:
    """A note where folders above the classes are lost."""
    outer = sorted({"/".join(path[:-1]) for path in class_paths if len(path) > 1})
    if not outer:
        return []
    names = listed(sorted({path[-1] for path in class_paths}), _NAMED)
    return [
        f"the innermost folders are the classes ({names}); the folders above them ({listed(outer, _NAMED)}) are not "
        f"labels, and folders of one name are one class: {_levels_advice(class_paths)}"
    ]


def _levels_advice(class_paths: Collection[Folder]) -> str:
    """The options that read each level of folders as a task, where all classes lie equally deep."""
    depths = {len(path) for path in class_paths}
    if len(depths) > 1:
        return "move the folders to one depth if those above are to be labels, too"
    levels = "/".join(f"(?P<level{number}>[^/]+)" for number in range(1, depths.pop() + 1))
    return f"{param('dataset')} filenames {param('pattern')} '{levels}/.+' reads each level as a task"


def _note_on_subfolders(class_paths: Mapping[Folder, Folder]) -> list[str]:
    below = {"/".join(folder): path[-1] for folder, path in sorted(class_paths.items()) if folder != path}
    if not below:
        return []
    first, name = next(iter(below.items()))
    return [
        f"{counted(len(below), 'folder lies', 'folders lie')} inside a class's folder that holds images itself, and "
        f"all are of that class: {first} is of class '{name}'"
    ]


def _note_on_named_like_splits(classes: Collection[str]) -> list[str]:
    names = sorted(name for name in classes if holds_split_word(name))
    if not names:
        return []
    return [f"these folders are taken for classes, though their names hold words of splits: {listed(names, _NAMED)}"]


def copied_folders(files: Sequence[str], root: Path) -> list[str]:
    """Folders of folders that repeat, byte for byte, what lies next to them: ``a/a/train/...`` next to ``a/train/...``.

    Args:
        files: paths with / below ``root``.
    """
    names = set(files)
    holding = {str(PurePosixPath(file).parent) for file in files}
    below: dict[str, list[str]] = defaultdict(list)
    for file in files:
        for parent in list(PurePosixPath(file).parents)[1:-1]:  # never the folder that holds the image itself
            below[str(parent)].append(file)
    copies: list[str] = []
    for folder, inner in sorted(below.items()):
        outer = PurePosixPath(folder).parent
        twins = [str(outer / PurePosixPath(file).relative_to(folder)) for file in inner]
        inside = any(folder.startswith(f"{copy}/") for copy in copies)
        if not inside and folder not in holding and names.issuperset(twins) and _same_bytes(root, inner, twins):
            copies.append(folder)
    return copies


def _same_bytes(root: Path, files: Sequence[str], twins: Sequence[str]) -> bool:
    try:
        return all(
            filecmp.cmp(root / one, root / other, shallow=False) for one, other in zip(files, twins, strict=True)
        )
    except OSError:
        return False
