"""What a dataset holds, in numbers: its tasks with their counts, and its files."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import torch
from torch import Tensor

from mtlue.arrays.mapped_array import Array, chunks, take_rows
from mtlue.data.listing import TEST, TRAIN, training_first
from mtlue.data.loading import Collection
from mtlue.methods.class_counts import RARE
from mtlue.tasks import Task

_CHUNK = 1024


@dataclass(frozen=True)
class TaskAccount:
    """One task in numbers.

    Attributes:
        present: split -> images that carry a label.
        missing: images of all splits without one.
        classes: training images that carry each class, in the classes' order; empty for numbers.
        tested: the same of the test images.
    """

    task: Task
    present: dict[str, int]
    missing: int
    classes: dict[str, int]
    tested: dict[str, int]

    @property
    def rare(self) -> dict[str, int]:
        """Classes that have too few training images."""
        return {name: count for name, count in self.classes.items() if count < RARE}

    @property
    def uncounted(self) -> dict[str, int]:
        """Classes that have too few test images to count in means over classes, with how many they have."""
        return self.task.uncounted(self.tested)


def account_tasks(collection: Collection) -> list[TaskAccount]:
    """Every task's counts."""
    splits = training_first(collection.splits)
    masks = {split: torch.tensor([of_image == split for of_image in collection.splits]) for split in splits}
    every, none = (torch.full((len(collection.listing),), value) for value in (True, False))
    chosen = masks.get(TRAIN, every), masks.get(TEST, none)
    accounts = []
    for task in collection.tasks:
        missing, (classes, tested) = _missing_and_classes(task, collection.samples.labels[task.name], chosen)
        present = {split: int((mask & ~missing).sum()) for split, mask in masks.items()}
        accounts.append(TaskAccount(task, present, int(missing.sum()), classes, tested))
    return accounts


def _missing_and_classes(
    task: Task, labels: Array, chosen: Sequence[Tensor]
) -> tuple[Tensor, Sequence[dict[str, int]]]:
    """Which images carry no label at all, [N] bool; and how many of each choice of images carry each class.

    Labels are read once: they may lie on disk.

    Args:
        chosen: [N] bool each.
    """
    missing, classes = [], [Counter[str]() for _ in chosen]
    for start, chunk in chunks(labels):
        missing.append(task.unlabelled(chunk))
        for images, counter in zip(chosen, classes, strict=True):
            counter.update(task.counts(chunk[images[start : start + len(chunk)]]))
    return torch.cat(missing), [dict(counter) for counter in classes]


@dataclass(frozen=True)
class Duplicates:
    """Files of the same bytes.

    Attributes:
        groups: ids of the images that are one another's copies, two or more each.
        conflicting: groups whose members carry different labels.
    """

    groups: Sequence[Sequence[str]]
    conflicting: Sequence[Sequence[str]]

    @property
    def superfluous(self) -> int:
        """Images that repeat another one."""
        return sum(len(group) - 1 for group in self.groups)


def find_duplicates(collection: Collection) -> Duplicates:
    """Hash every file (the pixels of embedded images) and compare the labels of those that are equal."""
    count = len(collection.listing)
    by_hash: dict[bytes, list[int]] = defaultdict(list)
    with ThreadPoolExecutor() as pool:
        for start in range(0, count, _CHUNK):
            positions = range(start, min(start + _CHUNK, count))
            for position, digest in zip(positions, pool.map(lambda i: _digest(collection, i), positions), strict=True):
                by_hash[digest].append(position)
    groups = [members for members in by_hash.values() if len(members) > 1]
    ids = collection.listing.ids
    conflicting = _conflicting(collection, groups)
    return Duplicates([[ids[i] for i in members] for members in groups], [[ids[i] for i in m] for m in conflicting])


def count_sizes(collection: Collection) -> Counter[tuple[int, int]]:
    """How many images have each original size, upright (H, W)."""
    return Counter(collection.original_sizes())


def _digest(collection: Collection, position: int) -> bytes:
    listing = collection.listing
    if listing.root is None:
        assert listing.pixels is not None
        return hashlib.sha256(listing.pixels[position].numpy().tobytes()).digest()
    with (listing.root / listing.files[position]).open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").digest()


def _conflicting(collection: Collection, groups: Sequence[Sequence[int]]) -> list[Sequence[int]]:
    """The groups in which some image carries other labels than the first one."""
    members = torch.tensor([i for group in groups for i in group], dtype=torch.int64)
    firsts = torch.tensor([group[0] for group in groups for _ in group], dtype=torch.int64)
    differs = torch.zeros(len(members), dtype=torch.bool)
    for labels in collection.samples.labels.values():
        pairs = zip(chunks(take_rows(labels, members)), chunks(take_rows(labels, firsts)), strict=True)
        for (start, ours), (_, theirs) in pairs:
            differs[start : start + len(ours)] |= (_bytes(ours) != _bytes(theirs)).any(1)
    parts = torch.split(differs, [len(group) for group in groups])
    return [group for group, part in zip(groups, parts, strict=True) if bool(part.any())]


def _bytes(labels: Tensor) -> Tensor:
    """[B, ...] of any kind -> [B, bytes of a label]: missing numbers (NaN) are alike."""
    return labels.contiguous().view(torch.uint8).reshape(len(labels), -1)
