"""What a learner sees of a stored image: crops and flips of whole batches, differentiable, one draw an image."""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Generator, Tensor

from mtlue.data.dataset import MIN_SIDE
from mtlue.errors import InputError

MAX_SIDE = 8192
"""Largest working side in pixels; with ``--native`` larger images are released at their own size."""


@dataclass(frozen=True)
class Pipeline:
    """How files become images, and images what a learner sees.

    Attributes:
        size: (H, W) of stored and released images; None keeps the size that all files share.
        crop: (h, w) that a learner sees: random in training, central in testing. None: the whole image.
        flip: whether training mirrors half of the images left to right.
        center_crop: side of the square cut from the middle of a file before it is resized.
        channels: 3 (RGB), 1 (grey), or None for what the files have.
    """

    size: tuple[int, int] | None = None
    crop: tuple[int, int] | None = None
    flip: bool = False
    center_crop: int | None = None
    channels: int | None = None

    def __post_init__(self) -> None:
        if self.channels not in (None, 1, 3):
            raise InputError(f"channels must be 1 (grey) or 3 (RGB), not {self.channels}")
        for name, sides in (("size", self.size), ("crop", self.crop)):
            if sides is not None and min(sides) < MIN_SIDE:
                raise InputError(f"{name} {sides[0]}x{sides[1]} is too small: {MIN_SIDE} pixels a side at least")
            if sides is not None and max(sides) > MAX_SIDE:
                raise InputError(f"{name} {sides[0]}x{sides[1]} is too large: {MAX_SIDE} pixels a side at most")
        if self.size is not None and self.crop is not None:
            _check_crop(self.crop, *self.size)

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """(C, H, W) of a stored image.

        Raises:
            InputError: size or channels are still open.
        """
        if self.size is None or self.channels is None:
            raise InputError("the pipeline's size and channels are not resolved yet: give --size and --channels")
        return (self.channels, *self.size)

    def to_json(self) -> dict[str, Any]:
        return {
            "size": list(self.size) if self.size else None,
            "crop": list(self.crop) if self.crop else None,
            "flip": self.flip,
            "center_crop": self.center_crop,
            "channels": self.channels,
        }

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> "Pipeline":
        """The pipeline that :meth:`to_json` described."""
        fields: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in values.items()}
        return cls(**fields)

    def train_view(self, images: Tensor, generator: Generator) -> Tensor:
        """Random crop and flip. [B, C, H, W] any dtype -> [B, C, h, w]; gradients pass."""
        if self.crop is not None:
            images = random_crop(images, self.crop, generator)
        return random_flip(images, generator) if self.flip else images

    def test_view(self, images: Tensor) -> Tensor:
        """The central crop. [B, C, H, W] -> [B, C, h, w]."""
        return images if self.crop is None else center_crop(images, self.crop)


def random_crop(images: Tensor, crop: tuple[int, int], generator: Generator) -> Tensor:
    """Cut one window of ``crop`` from each image, each at a place of its own."""
    batch, channels, height, width = images.shape
    (crop_height, crop_width) = _check_crop(crop, height, width)
    top = _draw(height - crop_height + 1, batch, generator, images.device)
    left = _draw(width - crop_width + 1, batch, generator, images.device)
    rows = top[:, None] + torch.arange(crop_height, device=images.device)
    columns = left[:, None] + torch.arange(crop_width, device=images.device)
    rows_index = rows[:, None, :, None].expand(batch, channels, crop_height, width)
    columns_index = columns[:, None, None, :].expand(batch, channels, crop_height, crop_width)
    return images.gather(2, rows_index).gather(3, columns_index)


def random_flip(images: Tensor, generator: Generator) -> Tensor:
    """Mirror half of the images left to right."""
    mirrored = _draw(2, len(images), generator, images.device).bool()
    return torch.where(mirrored[:, None, None, None], images.flip(3), images)


def center_crop(images: Tensor, crop: tuple[int, int]) -> Tensor:
    """Cut the middle ``crop`` from each image."""
    (crop_height, crop_width) = _check_crop(crop, images.shape[2], images.shape[3])
    top, left = (images.shape[2] - crop_height) // 2, (images.shape[3] - crop_width) // 2
    return images[:, :, top : top + crop_height, left : left + crop_width]


def _check_crop(crop: tuple[int, int], height: int, width: int) -> tuple[int, int]:
    if crop[0] > height or crop[1] > width:
        raise InputError(f"crop {crop[0]}x{crop[1]} is larger than the images ({height}x{width}): choose a smaller one")
    return crop


def _draw(high: int, count: int, generator: Generator, device: torch.device) -> Tensor:
    return torch.randint(high, (count,), generator=generator, device=generator.device).to(device)
