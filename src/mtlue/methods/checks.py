"""What a method refuses: datasets without a label to protect, and batches unlike those that it was fitted on."""

from collections.abc import Sequence, Set

import torch
from torch import Tensor

from mtlue.arrays.mapped_array import chunks
from mtlue.data import ArrayDataset, Batch
from mtlue.errors import InputError
from mtlue.methods.scope import Scope
from mtlue.tasks import Task
from mtlue.wording import counted


def check_fit(data: ArrayDataset, scope: Scope, trains: bool) -> None:
    """Refuse images that a method cannot be fitted on, before anything is trained.

    Args:
        data: the images.
        scope: which tasks are protected.
        trains: whether the method trains models.

    Raises:
        InputError: the scope names no task, none carries a label to protect, or there is one alone to train on.
    """
    scope.check(data.tasks)
    require_labels(data, scope.protected(data.tasks))
    if trains:
        data.require_several()


def require_labels(data: ArrayDataset, tasks: Sequence[Task]) -> None:
    """Refuse images without any label to protect: a perturbation would have nothing to say.

    Raises:
        InputError: every label of these tasks is missing.
    """
    if any(not bool(task.missing(labels).all()) for task in tasks for _, labels in chunks(data.labels[task.name])):
        return
    raise InputError(
        f"no image carries a label to protect ({', '.join(task.name for task in tasks)}): look at the notes on how the "
        "labels were read"
    )


def carrying_labels(data: ArrayDataset, tasks: Sequence[Task]) -> Tensor:
    """Which images carry a label of one of these tasks, [N] bool."""
    carry = torch.zeros(len(data), dtype=torch.bool)
    for task in tasks:
        if bool(carry.all()):
            break  # label maps lie on disk
        labels = data.labels[task.name]
        carry |= torch.cat([carry[:0], *(~task.unlabelled(chunk) for _, chunk in chunks(labels))])
    return carry


def check_channels(batch: Batch, fitted: int) -> None:
    """Refuse images with another number of channels than those that the method was fitted on."""
    channels = batch.images.shape[1]
    if channels != fitted:
        raise InputError(
            f"the images have {counted(channels, 'channel')}, the method was fitted on {fitted}: "
            "convert them, or fit again"
        )


def check_batch_labels(batch: Batch, tasks: Sequence[Task]) -> None:
    """Refuse a batch that does not carry a valid or missing label of each task for every image."""
    for task in tasks:
        if task.name not in batch.labels:
            raise InputError(f"the images carry no labels for task '{task.name}' that the method was fitted on")
        invalid = task.first_invalid(batch.labels[task.name])
        if invalid is not None:
            position, fault = invalid
            raise InputError(
                f"image '{batch.ids[position]}', task '{task.name}': {fault} in the task that the method was fitted on "
                f"({task.describe()})"
            )


def check_fitted_on(batch: Batch, fitted_ids: Set[str], method: str) -> None:
    """Refuse images that a method which is not inductive has no perturbation for."""
    unseen = next((identifier for identifier in batch.ids if identifier not in fitted_ids), None)
    if unseen is not None:
        raise InputError(
            f"'{unseen}' was not in the data this method was fitted on, and {method} cannot protect new images: fit it "
            "again on all of them, or use an inductive method"
        )
