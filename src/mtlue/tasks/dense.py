"""Dense tasks: a label for every pixel, read from a file of its own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from mtlue.errors import InputError, param
from mtlue.lazy import Later
from mtlue.tasks.base import ImageTask, Task
from mtlue.tasks.codec import MapCodec
from mtlue.tasks.scoring import LabelColumn

if TYPE_CHECKING:
    import torch
    from torch import Tensor
else:
    torch = Later("torch")

FITTED_MAPS = 1000
FITTED_BYTES = 2**28
"""The trivial predictor is fitted on at most so many training maps, of so many bytes together, evenly spaced."""
_CHUNK = 16


class DenseTask(MapCodec, Task):
    """A task with a label per pixel: labels of a batch are [B, H, W], or [B, 3, H, W] for vectors."""

    def fitted(self, train: LabelColumn) -> Iterator[Tensor]:
        """At most :data:`FITTED_MAPS` training maps.

        The best constant of each pixel knows what usually is where in an image, but no image itself. At a pixel where
        none of these maps carries a label, it is the best constant of all pixels.
        """
        return _chunks(train, _fitted(train))

    def in_chunks(self, column: LabelColumn) -> Iterator[Tensor]:
        return _chunks(column, torch.arange(len(column)))


def _fitted(train: LabelColumn) -> Tensor:
    """Positions of the training maps that the trivial predictor is fitted on."""
    first = train[:1]
    most = min(FITTED_MAPS, max(1, FITTED_BYTES // (first.numel() * first.element_size())))
    count = min(len(train), most)
    return torch.arange(count) * len(train) // count


def _chunks(column: LabelColumn, positions: Tensor) -> Iterator[Tensor]:
    return (column[part] for part in torch.split(positions, _CHUNK))


def image_tasks(tasks: Sequence[Task], what: str) -> tuple[ImageTask, ...]:
    """The same tasks, all with one label per image.

    Args:
        tasks: any.
        what: what takes no other tasks, for the message.

    Raises:
        InputError: names the first dense task.
    """
    whole, dense = by_level(tasks)
    if dense:
        raise InputError(
            f"task '{dense[0].name}' ({dense[0].kind}) has a label per pixel, and {what} takes only tasks with one "
            f"label per image: leave it out with {param('tasks')}"
        )
    return whole


def by_level(tasks: Sequence[Task]) -> tuple[tuple[ImageTask, ...], tuple[DenseTask, ...]]:
    """The tasks with one label per image and those with one per pixel, each in their order."""
    whole = tuple(task for task in tasks if isinstance(task, ImageTask))
    return whole, tuple(task for task in tasks if isinstance(task, DenseTask))
