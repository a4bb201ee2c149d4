"""Several processes, one batch: which rows each of them computes, and the losses of the whole batch.

The order of the images, the batches and the views are drawn for whole batches, the same in every process; each process
then takes its rows. So a result does not depend on their number, but for rounding.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Generator, Tensor, nn

from mtlue.data import ArrayDataset, Batch, Pipeline
from mtlue.data.transforms import BatchView
from mtlue.runtime import Runtime
from mtlue.tasks import Task


@dataclass(frozen=True)
class BatchPart:
    """The rows of one batch that one process computes.

    Attributes:
        rows: at least one.
        size: of the whole batch.
        counts: whether they count; not where the batch has fewer rows than there are processes, and this one repeats
            the last.
    """

    rows: slice
    size: int
    counts: bool = True

    @classmethod
    def whole(cls, size: int) -> "BatchPart":
        """All rows of a batch."""
        return cls(slice(0, size), size)

    @classmethod
    def of(cls, size: int, rank: int, world_size: int) -> "BatchPart":
        """The rows of process ``rank``; parts differ by one row at most.

        >>> [BatchPart.of(5, rank, 2).rows for rank in range(2)]
        [slice(0, 2, None), slice(2, 5, None)]
        """
        start, stop = size * rank // world_size, size * (rank + 1) // world_size
        if start == stop:
            return cls(slice(size - 1, size), size, counts=False)
        return cls(slice(start, stop), size)

    def take(self, batch: Batch, tasks: Sequence[Task]) -> Batch:
        """These rows of a batch; without labels where they are another process's."""
        if self.rows == slice(0, len(batch)):
            return batch
        labels = {name: label[self.rows] for name, label in batch.labels.items()}
        own = Batch(batch.images[self.rows], labels, batch.ids[self.rows])
        return own if self.counts else _without_labels(own, tasks)

    def draw(self, pipeline: Pipeline, images: Tensor, generator: Generator) -> BatchView:
        """A view of these rows, as it is drawn for the whole batch.

        Args:
            images: of these rows alone, [B, C, H, W].
        """
        if len(images) == self.size:
            return pipeline.draw(images, generator)
        return pipeline.draw(images[:1].expand(self.size, -1, -1, -1), generator).take(self.rows)


def shuffled_parts(
    dataset: ArrayDataset, batch_size: int, order: Generator, runtime: Runtime
) -> Iterator[tuple[Batch, BatchPart]]:
    """All samples once, shuffled by ``order``: of each batch this process's rows, on its device.

    Raises:
        InputError: there is only one sample.
    """
    for batch in dataset.shuffled_batches(batch_size, order):
        part = BatchPart.of(len(batch), runtime.rank, runtime.world_size)
        yield part.take(batch, dataset.tasks).to(runtime.device), part


def own_batches(dataset: ArrayDataset, batch_size: int, runtime: Runtime) -> Iterator[Batch]:
    """All samples once, in sequence, where they are stored: those of this process, at least one batch.

    Where there are fewer samples than processes, some repeat the last one without its labels.
    """
    part = BatchPart.of(len(dataset), runtime.rank, runtime.world_size)
    for rows in torch.split(torch.arange(len(dataset))[part.rows], batch_size):
        batch = dataset.batch(rows)
        yield batch if part.counts else _without_labels(batch, dataset.tasks)


def _without_labels(batch: Batch, tasks: Sequence[Task]) -> Batch:
    size = (batch.images.shape[2], batch.images.shape[3])
    return replace(batch, labels={task.name: task.blank_labels(len(batch), size) for task in tasks})


def whole_losses(tasks: Sequence[Task], losses: Tensor, labels: Mapping[str, Tensor], runtime: Runtime) -> Tensor:
    """The losses of the whole batch, [K], from this process's; their gradients average to those of the whole batch.

    Each is a mean over the labels that are present, however many of them each process has.

    Args:
        losses: of this process's rows, [K], in the order of ``tasks``.
        labels: of these rows.
    """
    shares = label_shares(tasks, labels, runtime)
    if shares is None:
        return losses
    own = losses * shares
    value = runtime.total(own.detach()) / runtime.world_size
    return value + (own - own.detach())  # the same value in every process, and this one's gradient


def label_shares(tasks: Sequence[Task], labels: Mapping[str, Tensor], runtime: Runtime) -> Tensor | None:
    """How much this process's mean loss counts in a mean over processes, for each task, [K]: 1 where all have as many
    labels, 0 where it has none. None for a single process.

    Args:
        labels: of this process's rows.
    """
    if runtime.world_size == 1:
        return None
    present = torch.stack([(~task.missing(labels[task.name])).sum() for task in tasks])
    return runtime.world_size * present / runtime.total(present.clone()).clamp(min=1)


@torch.no_grad()
def average_statistics(model: nn.Module, runtime: Runtime) -> None:
    """Give every process the same running statistics of batch normalisation, in place: the mean of them all."""
    average([buffer for buffer in model.buffers() if buffer.is_floating_point()], runtime)


@torch.no_grad()
def average(tensors: Sequence[Tensor], runtime: Runtime) -> None:
    """Give every process the mean over all of them, in place; all have tensors of the same shapes."""
    if runtime.world_size > 1 and tensors:
        _fill(tensors, runtime.total(_flat(tensors)) / runtime.world_size)


@torch.no_grad()
def take_first(tensors: Sequence[Tensor], runtime: Runtime) -> None:
    """Give every process the tensors of the first one, in place."""
    if runtime.world_size > 1 and tensors:
        own = _flat(tensors)
        _fill(tensors, runtime.total(own if runtime.rank == 0 else torch.zeros_like(own)))


def _flat(tensors: Sequence[Tensor]) -> Tensor:
    """All values in one, so that processes wait for each other once."""
    return torch.cat([tensor.flatten() for tensor in tensors])


def _fill(tensors: Sequence[Tensor], values: Tensor) -> None:
    for tensor, own in zip(tensors, values.split([tensor.numel() for tensor in tensors]), strict=True):
        tensor.copy_(own.view(tensor.shape))
