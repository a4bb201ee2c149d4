"""Samples, batches and datasets: what every source yields and every method reads. Keyed by id, never by position."""

from abc import ABC, abstractmethod
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

import torch
from torch import Generator, Tensor
from torch.utils.data import Dataset

from mtlue.arrays.mapped_array import Array, Images, chunks, take_rows
from mtlue.batching import shuffled_steps
from mtlue.errors import InputError
from mtlue.hashing import hash_fraction as hash_fraction  # where other rooms still look for them
from mtlue.hashing import subset_by_hash as subset_by_hash
from mtlue.imaging.limits import MIN_SIDE
from mtlue.tasks import DenseTask, Labels, Task

Columns = Mapping[str, Array]
"""Task name -> labels of a whole dataset, [N, ...]; those of dense tasks may lie on disk."""


@dataclass(frozen=True)
class Sample:
    """One labelled image: uint8 [C, H, W] with C = 1 or 3, one label per task, and an id that never changes.

    >>> image = torch.zeros(3, 16, 16, dtype=torch.uint8)
    >>> sample = Sample(image, {"animal": torch.tensor(1)}, id="photos/7.png")
    >>> sample.id, sample.labels["animal"].item()
    ('photos/7.png', 1)
    """

    image: Tensor
    labels: Labels
    id: str


@dataclass(frozen=True)
class Batch:
    """Samples of one size, stacked: images uint8 [B, C, H, W], labels {task: [B, ...]}, B ids.

    >>> batch = Batch(torch.zeros(2, 3, 16, 16, dtype=torch.uint8), {"animal": torch.tensor([1, -1])}, ["a", "b"])
    >>> len(batch), batch.to(torch.device("cpu")).labels["animal"].tolist()
    (2, [1, -1])
    """

    images: Tensor
    labels: Labels
    ids: Sequence[str]

    def __len__(self) -> int:
        return len(self.ids)

    def to(self, device: torch.device) -> "Batch":
        """The same on ``device``: one copy of the images, as 8-bit numbers, and one of all labels of a type."""
        labels = {name: _as_computed(label, device) for name, label in self.labels.items()}
        if device != self.images.device:
            labels = _stacked_by_type(labels, partial(_to_device, device=device))
        return Batch(_to_device(self.images, device), labels, self.ids)


def _as_computed(label: Tensor, device: torch.device) -> Tensor:
    """Labels are kept as their files need it; a device gets int64 for classes, and numbers in single precision.

    Those in double precision stay so (on a device that has it): their task brings them to its range first.
    """
    if label.dtype == torch.float64 and device.type != "mps":
        return label
    return label.float() if label.is_floating_point() else label.long()


def _stacked_by_type(labels: Labels, send: Callable[[Tensor], Tensor]) -> dict[str, Tensor]:
    """What ``send`` makes of every label; those of one shape and type are stacked and sent at once."""
    groups: dict[tuple[torch.dtype, torch.Size], list[str]] = defaultdict(list)
    for name, label in labels.items():
        groups[label.dtype, label.shape].append(name)
    sent: dict[str, Tensor] = {}
    for names in groups.values():
        sent |= zip(names, send(torch.stack([labels[name] for name in names])).unbind(), strict=True)
    return {name: sent[name] for name in labels}


def _to_device(tensor: Tensor, device: torch.device) -> Tensor:
    """The tensor on ``device``; nothing waits for a copy to a GPU."""
    if device.type != "cuda" or tensor.device.type != "cpu":
        return tensor.to(device)
    return tensor.pin_memory().to(device, non_blocking=True)


class MultiTaskDataset(Dataset[Sample], ABC):
    """A map-style dataset of :class:`Sample`. Subclass it to bring your own images.

    ``tasks`` names the labels that every sample carries (a missing one as the task's missing value).

    >>> from mtlue import Categorical
    >>> class Days(MultiTaskDataset):
    ...     tasks = (Categorical("light", ("night", "day")),)
    ...     def __len__(self):
    ...         return 4
    ...     def __getitem__(self, index):
    ...         image = torch.full((3, 16, 16), 60 * index, dtype=torch.uint8)
    ...         return Sample(image, {"light": torch.tensor(index // 2)}, id=f"day {index}")
    >>> [sample.labels["light"].item() for sample in Days()]
    [0, 0, 1, 1]
    """

    tasks: tuple[Task, ...]

    @abstractmethod
    def __len__(self) -> int: ...

    @abstractmethod
    def __getitem__(self, index: int) -> Sample: ...

    def __iter__(self) -> Iterator[Sample]:
        return (self[index] for index in range(len(self)))


@dataclass(frozen=True)
class ArrayDataset(MultiTaskDataset):
    """Images of one size as one array, uint8 [N, C, H, W] in memory or on disk; labels per task; N ids.

    >>> from mtlue import Categorical
    >>> tasks = (Categorical("animal", ("cat", "dog")),)
    >>> images = torch.zeros(4, 3, 16, 16, dtype=torch.uint8)
    >>> dataset = ArrayDataset(tasks, images, {"animal": torch.tensor([0, 1, 1, -1])}, ["a", "b", "c", "d"])
    >>> dataset[1].id, [len(batch) for batch in dataset.batches(3)]
    ('b', [3, 1])
    >>> dataset.take([2, 0]).ids
    ['c', 'a']
    """

    tasks: tuple[Task, ...]
    images: Images
    labels: Columns
    ids: Sequence[str] = field(repr=False)

    def __len__(self) -> int:
        return len(self.ids)

    def __getitem__(self, index: int) -> Sample:
        labels = {name: label[index] for name, label in self.labels.items()}
        return Sample(self.images[index], labels, self.ids[index])

    def batch(self, indices: Tensor) -> Batch:
        """The samples at ``indices`` ([B] int64)."""
        labels = {name: label[indices] for name, label in self.labels.items()}
        return Batch(self.images[indices], labels, [self.ids[i] for i in indices.tolist()])

    def batches(self, batch_size: int) -> Iterator[Batch]:
        """All samples once, in sequence."""
        return (self.batch(chunk) for chunk in torch.split(torch.arange(len(self)), batch_size))

    def require_several(self) -> None:
        """Refuse a single sample, which nothing can be trained on.

        Raises:
            InputError: there is only one.
        """
        if len(self) < 2:
            raise InputError(f"only one image to train on ('{self.ids[0]}'): give at least two")

    def shuffled_batches(self, batch_size: int, order: Generator) -> Iterator[Batch]:
        """All samples once, shuffled by ``order``; never a batch of one, which batch normalisation cannot train on.

        Raises:
            InputError: there is only one sample.
        """
        self.require_several()
        chunks = list(torch.split(torch.randperm(len(self), generator=order), batch_size))
        if len(chunks) > shuffled_steps(len(self), batch_size):
            chunks[-2:] = [torch.cat(chunks[-2:])]
        return (self.batch(chunk) for chunk in chunks)

    def take(self, positions: Sequence[int]) -> "ArrayDataset":
        """The samples at ``positions``, in that order; images on disk stay there."""
        index = torch.tensor(positions, dtype=torch.int64)
        labels = {name: take_rows(label, index) for name, label in self.labels.items()}
        return replace(self, images=take_rows(self.images, index), labels=labels, ids=[self.ids[i] for i in positions])

    def with_images(self, images: Images) -> "ArrayDataset":
        """The same samples with other pixels (protected ones, say)."""
        return replace(self, images=images)

    def restricted_to(self, tasks: Sequence[Task]) -> "ArrayDataset":
        """The same images with some of the tasks only."""
        return replace(self, tasks=tuple(tasks), labels={task.name: self.labels[task.name] for task in tasks})


def to_arrays(dataset: MultiTaskDataset) -> ArrayDataset:
    """Gather a dataset of one image size into tensors, and check every sample against the contract.

    Raises:
        InputError: the dataset is empty, an id appears twice, or a sample breaks the contract (named by its id).
    """
    tasks_of(dataset)
    gathered = dataset if isinstance(dataset, ArrayDataset) else _gather(dataset)
    _check(gathered)
    return gathered


def tasks_of(dataset: MultiTaskDataset) -> tuple[Task, ...]:
    """The tasks of a dataset.

    Raises:
        InputError: it is not a :class:`MultiTaskDataset`.
    """
    if not isinstance(dataset, MultiTaskDataset):
        raise InputError(f"a dataset must be a MultiTaskDataset, not {type(dataset).__name__}: subclass it")
    return tuple(dataset.tasks)


def _gather(dataset: MultiTaskDataset) -> ArrayDataset:
    tasks = tuple(dataset.tasks)
    samples = list(dataset)
    for sample in samples:
        _check_sample(sample, tasks, samples[0].image.shape)
    if not samples:
        raise InputError("the dataset is empty: there is nothing to work on")
    labels = {task.name: _column(samples, task) for task in tasks}
    images = torch.stack([sample.image for sample in samples])
    return ArrayDataset(tasks, images, labels, [sample.id for sample in samples])


def _column(samples: Sequence[Sample], task: Task) -> Tensor:
    labels = [_label(sample, task) for sample in samples]
    for sample, label in zip(samples, labels, strict=True):
        if label.shape != labels[0].shape:
            raise InputError(
                f"sample '{sample.id}', task '{task.name}': the label is {list(label.shape)}, others are "
                f"{list(labels[0].shape)}: give all of them the same shape"
            )
    return torch.stack(labels)


def _label(sample: Sample, task: Task) -> Tensor:
    try:
        label = torch.as_tensor(sample.labels[task.name])
    except (TypeError, ValueError, RuntimeError) as error:
        raise InputError(f"sample '{sample.id}': the label of task '{task.name}' is not a tensor ({error})") from error
    return label.long() if not label.is_floating_point() and label.dtype != torch.bool else label


def _check(data: ArrayDataset) -> None:
    if not len(data):
        raise InputError("the dataset is empty: there is nothing to work on")
    height, width = data.images.shape[2:]
    if min(height, width) < MIN_SIDE:
        raise InputError(f"images of {height}x{width} are too small: give at least {MIN_SIDE} pixels per side")
    names = [task.name for task in data.tasks]
    if not names or len(set(names)) < len(names):
        raise InputError(f"the dataset needs at least one task, each with its own name, not {names}")
    repeated = [identifier for identifier, count in Counter(data.ids).items() if count > 1]
    if repeated:
        raise InputError(f"id '{repeated[0]}' appears twice in the dataset: ids must be unique")
    for task in data.tasks:
        _check_maps(data, task)
        for start, labels in chunks(data.labels[task.name]):
            fault = task.first_invalid(labels)
            if fault is not None:
                raise InputError(f"sample '{data.ids[start + fault[0]]}', task '{task.name}': {fault[1]}")


def _check_maps(data: ArrayDataset, task: Task) -> None:
    """Label maps are as large as their images."""
    if not isinstance(task, DenseTask):
        return
    shape, expected = list(data.labels[task.name].shape[1:]), list(task.label_shape((*data.images.shape[2:],)))
    if shape != expected:
        raise InputError(
            f"task '{task.name}': the labels are {shape} and should be {expected}, for images of "
            f"{data.images.shape[2]}x{data.images.shape[3]} (sample '{data.ids[0]}')"
        )


def _check_sample(sample: Sample, tasks: Sequence[Task], shape: torch.Size) -> None:
    image = sample.image
    if not isinstance(sample.id, str):
        raise InputError(f"id {sample.id!r} must be a string")
    if image.dtype != torch.uint8 or image.ndim != 3 or image.shape[0] not in (1, 3):
        raise InputError(
            f"sample '{sample.id}': the image must be uint8 [C, H, W] with C = 1 or 3, "
            f"not {image.dtype} {list(image.shape)}"
        )
    if image.shape != shape:
        raise InputError(
            f"sample '{sample.id}' is {list(image.shape)}, others are {list(shape)}: "
            "convert all images to one size and number of channels first"
        )
    for task in tasks:
        if task.name not in sample.labels:
            raise InputError(f"sample '{sample.id}' has no label for task '{task.name}': give the task's missing value")
