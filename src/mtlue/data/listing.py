"""What a source found on disk, before any pixel is decoded."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol

import torch
from torch import Tensor

from mtlue.data.files.labelmaps import LabelFiles
from mtlue.data.mapped_array import Array, take_rows
from mtlue.data.options import DataOptions
from mtlue.data.transforms import Pipeline
from mtlue.tasks import Task

TRAIN = "train"
TEST = "test"


@dataclass(frozen=True)
class Skipped:
    """A file or row that could not be used, and why."""

    name: str
    reason: str


class FileNote(str):
    """A note on one file, "file: text"; many files may have one of the same text."""

    __slots__ = ("file", "text")
    file: str
    text: str

    def __new__(cls, file: str, text: str) -> "FileNote":
        note = super().__new__(cls, f"{file}: {text}")
        note.file, note.text = file, text
        return note


@dataclass(frozen=True)
class Listing:
    """What a source found: N images, one row each in every column.

    Attributes:
        ids: stable, unique ids.
        files: paths with / below the root.
        splits: train, test, or the source's own names.
        labels: task -> labels of all images, [N, ...], or the files that a dense task's labels are to be read from.
            Dense labels in memory go with ``pixels`` and have their size.
        texts: task -> what the owner wrote for each label (None where it is missing), where a tensor cannot give it
            back: numbers. A release publishes it.
        pipeline: the source's usual pipeline (PAPER 6), which options may change.
        root: folder that the files lie in; None for embedded data.
        pixels: uint8 [N, C, H, W] for embedded data; None where files are to be decoded.
        skipped: files and rows that could not be used.
        notes: what the owner should know, in full sentences.
        chosen: whether the source followed ``options.tasks`` already.
        split_advice: how images of a split that is absent can be had; {} stands for its name.
    """

    tasks: tuple[Task, ...]
    ids: Sequence[str]
    files: Sequence[str]
    splits: Sequence[str]
    labels: Mapping[str, Array | LabelFiles]
    pipeline: Pipeline
    root: Path | None = None
    pixels: Tensor | None = None
    skipped: Sequence[Skipped] = ()
    notes: Sequence[str] = ()
    chosen: bool = False
    split_advice: str = "change --test-fraction"
    texts: Mapping[str, Sequence[str | None]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.ids)

    def take(self, positions: Sequence[int]) -> "Listing":
        """The images at ``positions``, in that order."""
        index = torch.tensor(positions, dtype=torch.int64)
        return replace(
            self,
            ids=[self.ids[i] for i in positions],
            files=[self.files[i] for i in positions],
            splits=[self.splits[i] for i in positions],
            labels={name: _taken(label, index) for name, label in self.labels.items()},
            texts={name: [texts[i] for i in positions] for name, texts in self.texts.items()},
            pixels=self.pixels[index] if self.pixels is not None else None,
        )

    def with_labels(self, task: Task, labels: Array) -> "Listing":
        """The same with a task's labels read."""
        return replace(self, labels={**self.labels, task.name: labels})

    def restricted_to(self, names: Sequence[str]) -> "Listing":
        """The same images with the labels of some tasks only."""
        tasks = tuple(task for task in self.tasks if task.name in names)
        return replace(self, tasks=tasks, labels={task.name: self.labels[task.name] for task in tasks})

    def read_labels(self) -> Mapping[str, Array]:
        """The labels, once they are all read."""
        return {name: label for name, label in self.labels.items() if not isinstance(label, LabelFiles)}


def _taken(label: Array | LabelFiles, index: Tensor) -> Array | LabelFiles:
    return label.take(index) if isinstance(label, LabelFiles) else take_rows(label, index)


class Source(Protocol):
    """Reads one layout.

    ``tasks`` fixes the tasks and their classes (when a fitted generator is applied); None finds them from the data.
    """

    def __call__(self, options: DataOptions, tasks: Sequence[Task] | None) -> Listing: ...
