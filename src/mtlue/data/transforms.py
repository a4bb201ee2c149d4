"""What a learner sees of a stored image: crops and flips of whole batches, differentiable, one draw per image."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mtlue.arrays.mapped_array import Array
from mtlue.errors import InputError, param
from mtlue.imaging.sizes import RANGE_REMEDY, check_crop, check_sizes, is_range
from mtlue.lazy import Later
from mtlue.tasks import Labels, Task

if TYPE_CHECKING:
    import torch
    from torch import Generator, Tensor

    from mtlue.data.dataset import ArrayDataset
else:
    torch = Later("torch")


@dataclass(frozen=True)
class Pipeline:
    """How files become images, and images what a learner sees.

    Attributes:
        size: (H, W) of stored and released images; None keeps the size that all files share.
        crop: (h, w) that a learner sees: random in training, central in testing. None: the whole image.
        flip: whether training mirrors half of the images left to right.
        center_crop: side of the square cut from the middle of a file before it is resized.
        channels: 3 (RGB), 1 (grey), or None for what the files have.
        value_range: (black, white) of files whose numbers are wider than a byte; None where there are none, or where
            the numbers of all files are still to choose it.

    >>> import torch
    >>> pipeline = Pipeline(size=(16, 20), crop=(12, 12), flip=True, channels=3)
    >>> pipeline.image_shape, tuple(pipeline.test_view(torch.zeros(4, 3, 16, 20)).shape)
    ((3, 16, 20), (4, 3, 12, 12))
    """

    size: tuple[int, int] | None = None
    crop: tuple[int, int] | None = None
    flip: bool = False
    center_crop: int | None = None
    channels: int | None = None
    value_range: tuple[float, float] | None = None

    def __post_init__(self) -> None:
        check_sizes(self.size, self.crop, self.center_crop, self.channels)
        if self.value_range is not None and not is_range(self.value_range):
            low, high = self.value_range
            raise InputError(f"{param('value_range')} {low:g} {high:g}: {RANGE_REMEDY}")

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """(C, H, W) of a stored image.

        Raises:
            InputError: size or channels are still open.
        """
        if self.size is None or self.channels is None:
            raise InputError(
                f"the pipeline's size and channels are not resolved yet: give {param('size')} and {param('channels')}"
            )
        return (self.channels, *self.size)

    def to_json(self) -> dict[str, Any]:
        return {
            "size": list(self.size) if self.size else None,
            "crop": list(self.crop) if self.crop else None,
            "flip": self.flip,
            "center_crop": self.center_crop,
            "channels": self.channels,
            "value_range": list(self.value_range) if self.value_range else None,
        }

    def draw(self, images: Tensor, generator: Generator) -> BatchView:
        """A random crop and flip for each image of a batch [B, C, H, W]."""
        (batch, _, height, width), device = images.shape, images.device
        window = None
        if self.crop is not None:
            crop_height, crop_width = check_crop(self.crop, height, width)
            top = _draw(height - crop_height + 1, batch, generator, device)
            window = Window(self.crop, top, _draw(width - crop_width + 1, batch, generator, device))
        return BatchView(window, _draw(2, batch, generator, device).bool() if self.flip else None)

    def central(self, images: Tensor) -> BatchView:
        """The central crop of each image of a batch [B, C, H, W]: what a test shows."""
        if self.crop is None:
            return BatchView(None, None)
        batch, _, height, width = images.shape
        (crop_height, crop_width) = check_crop(self.crop, height, width)
        top = torch.full((batch,), (height - crop_height) // 2, device=images.device)
        return BatchView(Window(self.crop, top, torch.full_like(top, (width - crop_width) // 2)), None)

    def test_view(self, images: Tensor) -> Tensor:
        """The central crop. [B, C, H, W] -> [B, C, h, w]."""
        return self.central(images).cut(images)


@dataclass(frozen=True)
class Window:
    """A window of (h, w) in each image of a batch, at its own place: ``top`` and ``left`` are [B] int64."""

    size: tuple[int, int]
    top: Tensor
    left: Tensor

    def cut(self, maps: Tensor) -> Tensor:
        """[B, C, H, W] -> [B, C, h, w]."""
        batch, channels, _, width = maps.shape
        rows = self.top[:, None] + torch.arange(self.size[0], device=maps.device)
        columns = self.left[:, None] + torch.arange(self.size[1], device=maps.device)
        rows_index = rows[:, None, :, None].expand(batch, channels, self.size[0], width)
        columns_index = columns[:, None, None, :].expand(batch, channels, *self.size)
        return maps.gather(2, rows_index).gather(3, columns_index)


@dataclass(frozen=True)
class BatchView:
    """One draw for a batch: the window of each image (None: all of it), and which are mirrored (None: none)."""

    window: Window | None
    mirrored: Tensor | None

    def cut(self, maps: Tensor) -> Tensor:
        """[B, ..., H, W] of images or label maps -> [B, ..., h, w]; gradients pass."""
        flat = maps.reshape(len(maps), -1, *maps.shape[-2:])
        if self.window is not None:
            flat = self.window.cut(flat)
        if self.mirrored is not None:
            flat = torch.where(self.mirrored[:, None, None, None], flat.flip(3), flat)
        return flat.reshape(*maps.shape[:-2], *flat.shape[-2:])

    def take(self, rows: slice) -> BatchView:
        """The same draw for some images of the batch."""
        window = self.window and Window(self.window.size, self.window.top[rows], self.window.left[rows])
        return BatchView(window, None if self.mirrored is None else self.mirrored[rows])

    def labels(self, tasks: Sequence[Task], labels: Labels) -> dict[str, Tensor]:
        """The labels of a batch as they hold for this view."""
        return {task.name: task.under_view(labels[task.name], self) for task in tasks}


@dataclass(frozen=True)
class CentralLabels:
    """A task's labels of a whole dataset as they hold for the test view, [N, ...]; an index reads its own rows only."""

    task: Task
    labels: Array
    size: tuple[int, int]
    pipeline: Pipeline

    @classmethod
    def of(cls, task: Task, dataset: ArrayDataset, pipeline: Pipeline) -> CentralLabels:
        """The labels of ``task`` in ``dataset``."""
        return cls(task, dataset.labels[task.name], (dataset.images.shape[2], dataset.images.shape[3]), pipeline)

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, index: slice | Tensor, /) -> Tensor:
        label = self.labels[index]
        canvas = torch.zeros(()).expand(len(label), 1, *self.size)
        return self.task.under_view(label, self.pipeline.central(canvas))


def _draw(high: int, count: int, generator: Generator, device: torch.device) -> Tensor:
    return torch.randint(high, (count,), generator=generator, device=generator.device).to(device)
