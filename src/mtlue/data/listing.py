"""What a source found on disk, before any pixel is decoded."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from torch import Tensor

from mtlue.data.options import DataOptions
from mtlue.data.transforms import Pipeline
from mtlue.tasks import Task

TRAIN = "train"
TEST = "test"


@dataclass(frozen=True)
class Entry:
    """One image before it is decoded: its id, its path below the root, its split and its labels (one tensor a task)."""

    id: str
    file: str
    split: str
    labels: Mapping[str, Tensor]


@dataclass(frozen=True)
class Skipped:
    """A file or row that could not be used, and why."""

    name: str
    reason: str


@dataclass(frozen=True)
class Listing:
    """What a source found.

    Attributes:
        root: folder that the entries' files lie in; None for embedded data.
        pixels: uint8 [N, C, H, W] in the entries' order for embedded data; None where files are to be decoded.
        pipeline: the source's usual pipeline (PAPER 6), which options may change.
        notes: what the owner should know, in full sentences.
    """

    tasks: tuple[Task, ...]
    entries: Sequence[Entry]
    pipeline: Pipeline
    root: Path | None = None
    pixels: Tensor | None = None
    skipped: Sequence[Skipped] = ()
    notes: Sequence[str] = field(default=())


class Source(Protocol):
    """Reads one layout.

    ``tasks`` fixes the tasks and their classes (when a fitted generator is applied); None finds them from the data.
    """

    def __call__(self, options: DataOptions, tasks: Sequence[Task] | None) -> Listing: ...
