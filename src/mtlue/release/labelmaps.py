"""Label maps of a release: a file for each image and dense task, and the tasks file that says how to read them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import repeat
from pathlib import Path, PurePosixPath

import numpy as np
from PIL import Image
from torch import Tensor

from mtlue.arrays.mapped_array import chunks
from mtlue.data.loading import Collection
from mtlue.errors import InputError, param
from mtlue.files import named_errors, sha256, write_text
from mtlue.imaging.telltale import Disclosure, disclosure_of, first_disclosing
from mtlue.release.layout import IMAGES, LABELS, RULES
from mtlue.release.manifest import ReleasedFile
from mtlue.release.names import without_split_words
from mtlue.release.rules import rules_text
from mtlue.tasks import DenseTask, Task
from mtlue.threads import Map


@dataclass(frozen=True)
class LabelMaps:
    """What was written: task -> path below the release for each image ("" where its map is missing), and every file."""

    columns: dict[str, list[str]]
    files: tuple[ReleasedFile, ...]


def dense_tasks(tasks: Sequence[Task]) -> list[DenseTask]:
    """The tasks whose labels are files."""
    return [task for task in tasks if isinstance(task, DenseTask)]


def write_label_maps(release: Path, collection: Collection, names: Sequence[str], mapped: Map) -> LabelMaps:
    """Write the label maps of all dense tasks at the working size.

    Args:
        release: folder of the release.
        collection: where the labels come from.
        names: each image's path below the release.
        mapped: for the files.

    Raises:
        InputError: a label map is its own image.
        OutputError: a file cannot be written.
    """
    require_no_images(collection, mapped)
    tasks = dense_tasks(collection.tasks)
    columns = {}
    files: list[ReleasedFile] = []
    for task, folder in zip(tasks, folder_names(tasks), strict=True):
        places = [_place(folder, name, task) for name in names]
        for start, maps in chunks(collection.samples.labels[task.name]):
            absent = task.unlabelled(maps).tolist()
            present = [i for i in range(len(maps)) if not absent[i]]
            here = [places[start + i] for i in present]
            hashes = mapped(_write_map, [release / place for place in here], [maps[i] for i in present], repeat(task))
            files += map(ReleasedFile, here, hashes)
        written = {file.file_name for file in files}
        columns[task.name] = [place if place in written else "" for place in places]
    return LabelMaps(columns, tuple(files))


def require_no_images(collection: Collection, mapped: Map) -> None:
    """Refuse label maps that tell their images: in a release they would be the clean images.

    Raises:
        InputError: names the task and an image.
    """
    for task in dense_tasks(collection.tasks):
        results: list[Disclosure] = []
        for start, maps in chunks(collection.samples.labels[task.name]):
            images = collection.samples.images[start : start + len(maps)]
            results += mapped(_disclosure, images, maps, repeat(task))
        if (position := first_disclosing(results)) is not None:
            raise InputError(
                f"task '{task.name}': the label map of {collection.files[position]} is the image itself, or reveals "
                f"all of it, and would publish the clean image: leave the task out ({param('tasks')}), or correct "
                "its files"
            )


def _disclosure(image: Tensor, label: Tensor, task: DenseTask) -> Disclosure:
    if bool(task.unlabelled(label[None]).all()):
        return Disclosure.NOTHING
    return disclosure_of(image.numpy(), task.released(label), classes_in(task.suffix))


def classes_in(suffix: str) -> bool:
    """Whether a released label map of this suffix holds numbers of classes; else quantities."""
    return suffix == ".png"


def write_rules(release: Path, tasks: Sequence[Task]) -> tuple[ReleasedFile, ...]:
    """Write the tasks file of columns that do not say by themselves what they hold; none if there are no such."""
    rules = {task.name: rule for task in tasks if (rule := task.table_rule())}
    if not rules:
        return ()
    write_text(release / RULES, rules_text(rules))
    return (ReleasedFile(RULES, sha256(release / RULES)),)


def folder_names(tasks: Sequence[Task]) -> list[str]:
    """A folder for each task, of characters that every file system takes and without words of splits.

    Two never meet, in small or capital letters.
    """
    names: list[str] = []
    for task in tasks:
        plain = without_split_words(re.sub(r"[^\w-]+", "_", task.name))
        taken = {name.casefold() for name in names}
        tries = (plain, *(f"{plain}_{number}" for number in range(2, len(tasks) + 2)))
        names.append(next(name for name in tries if name.casefold() not in taken))
    return names


def _place(folder: str, name: str, task: DenseTask) -> str:
    inner = PurePosixPath(name).relative_to(IMAGES).with_suffix(task.suffix)
    return str(PurePosixPath(LABELS, folder, inner))


def _write_map(path: Path, label: Tensor, task: DenseTask) -> str:
    values = task.released(label)
    with named_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        if task.suffix == ".npy":
            np.save(path, values, allow_pickle=False)
        else:
            Image.fromarray(values).save(path)
        return sha256(path)
