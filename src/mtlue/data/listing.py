"""What a source lists: images and labels by file, before any pixel is decoded. Imports no torch."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from mtlue.arrays.mapped_array import Array, take_rows
from mtlue.data.options import DataOptions
from mtlue.data.transforms import Pipeline
from mtlue.errors import param
from mtlue.lazy import Later
from mtlue.tasks import Task

if TYPE_CHECKING:  # a dataset is checked before torch is imported
    import torch
    from torch import Tensor
else:
    torch = Later("torch")

TRAIN = "train"
TEST = "test"


def training_first(splits: Iterable[str]) -> list[str]:
    """The names of splits, each once, that of training images first.

    >>> training_first(["test", "train", "test", "other"])
    ['train', 'test', 'other']
    """
    return sorted(dict.fromkeys(splits), key=lambda split: split != TRAIN)


def split_counts(splits: Sequence[str]) -> str:
    """How many images each split has, in words.

    >>> split_counts(["test", "train", "train"])
    '2 train, 1 test'
    """
    counts = Counter(splits)
    return ", ".join(f"{counts[split]:,} {split}" for split in training_first(counts))


@dataclass(frozen=True)
class Skipped:
    """A file or row that could not be used, and why."""

    name: str
    reason: str


class FileNote(str):
    """A note on one file, "file: text"; many files may share the same text."""

    __slots__ = ("file", "text")
    file: str
    text: str

    def __new__(cls, file: str, text: str) -> FileNote:
        note = super().__new__(cls, f"{file}: {text}")
        note.file, note.text = file, text
        return note

    def __reduce__(self) -> tuple[type[FileNote], tuple[str, str]]:
        """How it is copied and pickled."""
        return FileNote, (self.file, self.text)


@dataclass(frozen=True)
class LabelFiles:
    """The files of a dense task's labels: one path (with / below the root) per image; None where there is none."""

    files: Sequence[str | None]

    def __len__(self) -> int:
        return len(self.files)

    def take(self, positions: Sequence[int]) -> LabelFiles:
        """The files of the images at ``positions``."""
        return LabelFiles([self.files[i] for i in positions])


ListedLabels: TypeAlias = "NDArray[Any] | Array | LabelFiles"
"""Labels of all images, [N, ...]: a NumPy array (a source needs no torch for it), a tensor, on disk, or in files."""


@dataclass(frozen=True)
class Listing:
    """What a source found: N images, one row per image in every column.

    Attributes:
        ids: stable, unique ids.
        files: paths with / below the root.
        splits: train, test, or the source's own names.
        labels: task -> labels of all images, [N, ...], or the files that a dense task's labels are to be read from.
            Dense labels in memory go with ``pixels`` and have their size.
        texts: task -> what the owner wrote for each label (None where it is missing), where a tensor cannot give it
            back: numbers. A release publishes it.
        pipeline: the source's usual pipeline (method.md, "Datasets and pipelines"), which options may change.
        root: folder that the files lie in; None for embedded data.
        pixels: uint8 [N, C, H, W] for embedded data; None where files are to be decoded.
        skipped: files and rows that could not be used.
        notes: what the owner should know, in full sentences.
        tasks_selected: whether the source has followed ``options.tasks`` already.
        split_advice: how to get images of an absent split; {} stands for its name.
        more_tests: what would give more test images, besides more images; completes "more photos, or ...".
    """

    tasks: tuple[Task, ...]
    ids: Sequence[str]
    files: Sequence[str]
    splits: Sequence[str]
    labels: Mapping[str, ListedLabels]
    pipeline: Pipeline
    root: Path | None = None
    pixels: Tensor | None = None
    skipped: Sequence[Skipped] = ()
    notes: Sequence[str] = ()
    tasks_selected: bool = False
    split_advice: str = f"change {param('test_fraction')}"
    more_tests: str = "more of them in the data's own test split"
    texts: Mapping[str, Sequence[str | None]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.ids)

    def take(self, positions: Sequence[int]) -> Listing:
        """The images at ``positions``, in that order."""
        return replace(
            self,
            ids=[self.ids[i] for i in positions],
            files=[self.files[i] for i in positions],
            splits=[self.splits[i] for i in positions],
            labels={name: _take(label, positions) for name, label in self.labels.items()},
            texts={name: [texts[i] for i in positions] for name, texts in self.texts.items()},
            pixels=self.pixels[_index(positions)] if self.pixels is not None else None,
        )

    def with_labels(self, task: Task, labels: Array) -> Listing:
        """The same with a task's labels read."""
        return replace(self, labels={**self.labels, task.name: labels})

    def restricted_to(self, names: Sequence[str]) -> Listing:
        """The same images with the labels of some tasks only."""
        tasks = tuple(task for task in self.tasks if task.name in names)
        return replace(self, tasks=tasks, labels={task.name: self.labels[task.name] for task in tasks})

    def with_tensors(self) -> Listing:
        """The same with NumPy's labels as tensors."""
        labels = {
            name: torch.from_numpy(label) if isinstance(label, np.ndarray) else label
            for name, label in self.labels.items()
        }
        return replace(self, labels=labels)

    def read_labels(self) -> Mapping[str, Array]:
        """The labels, once they have all been read."""
        return {name: label for name, label in self.labels.items() if not isinstance(label, LabelFiles | np.ndarray)}


def _take(label: ListedLabels, positions: Sequence[int]) -> ListedLabels:
    if isinstance(label, LabelFiles):
        return label.take(positions)
    if isinstance(label, np.ndarray):
        return label[np.array(positions, np.int64)]
    return take_rows(label, _index(positions))


def _index(positions: Sequence[int]) -> Tensor:
    return torch.tensor(positions, dtype=torch.int64)


class Source(Protocol):
    """Reads one layout: a function, or an object of a class that is made of its settings.

    A source whose labels are columns of text derives from :class:`mtlue.data.rows.reading.RowSource`, which also finds
    a table's faults before torch is imported.
    """

    def __call__(self, options: DataOptions, tasks: Sequence[Task] | None) -> Listing:
        """List the images.

        Args:
            options: what the user says about the dataset.
            tasks: fixes the tasks and their classes (when a fitted generator is applied); None finds them from the
                data, () reads no label.

        Raises:
            InputError: nothing usable was found; the text says what was looked for.
        """
        ...
