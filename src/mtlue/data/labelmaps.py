"""Label maps: the files of a dense task, one an image, read to the working size of their images."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image, ImageOps
from torch import Tensor

from mtlue.data.cache import Content
from mtlue.data.images import DECODING_ERRORS, UnreadableImageError, is_array, opened, read_array, working_box
from mtlue.data.transforms import Pipeline
from mtlue.tasks import DenseTask, UnusableMapError

LOSSY = (".jpg", ".jpeg")
"""Suffixes of files whose numbers are not those that were written."""


@dataclass(frozen=True)
class LabelFiles:
    """Where the labels of a dense task lie: one path with / below the root an image; None where there is none."""

    files: Sequence[str | None]

    def __len__(self) -> int:
        return len(self.files)

    def take(self, index: Tensor) -> "LabelFiles":
        """The files of the images at ``index``."""
        return LabelFiles([self.files[i] for i in index.tolist()])


def read_label_map(path: Path, task: DenseTask, pipeline: Pipeline, image_size: tuple[int, int]) -> Content:
    """A dense label at the working size, cut as its image is; each pixel's label is that of the nearest one.

    Args:
        image_size: own size (H, W), upright, of the image that the label belongs to.

    Raises:
        UnreadableImageError: it cannot be read, is of another size, or holds what cannot be a label.
    """
    if task.exact and path.suffix.lower() in LOSSY:
        raise UnreadableImageError("JPEG changes the numbers that stand for classes: save masks as PNG")
    values = read_values(path, task.colour)
    if values.shape[:2] != image_size:
        raise UnreadableImageError(
            f"it is {values.shape[1]}x{values.shape[0]} pixels, its image is {image_size[1]}x{image_size[0]}"
        )
    try:
        label, notes = task.read(values)
    except UnusableMapError as error:
        raise UnreadableImageError(str(error)) from error
    if bool(task.missing(torch.from_numpy(label)).all()):
        notes = [*notes, "no pixel of it carries a label"]
    return Content(np.ascontiguousarray(_resampled(label, pipeline, task)), tuple(notes))


def resized_labels(labels: Tensor, task: DenseTask, pipeline: Pipeline) -> Tensor:
    """Dense labels in memory, [N, ..., H, W] as large as their images, at the working size as files' labels are."""
    if pipeline.center_crop is None and labels.shape[-2:] == pipeline.size:
        return labels
    return torch.from_numpy(_resampled(labels.numpy(), pipeline, task))


def read_values(path: Path, colour: bool) -> NDArray[Any]:
    """The numbers of an array file or an image: [H, W], or [H, W, 3] of a coloured one with ``colour``.

    An image's numbers are those that it holds: a palette's indices, 16 bits where there are 16.
    """
    if is_array(path):
        return np.asarray(read_array(path))
    with opened(path) as image:
        try:
            image.load()
            upright = ImageOps.exif_transpose(image)
            return np.asarray(_numbers(upright, colour))
        except DECODING_ERRORS as error:
            raise UnreadableImageError(f"it is damaged or cut off ({error})") from error


def _numbers(image: Image.Image, colour: bool) -> Image.Image:
    """An image whose colours are all grey gives its grey levels; with ``colour`` others become RGB."""
    if colour and (image.mode == "P" or len(image.getbands()) > 2):
        return image.convert("RGB")
    if image.mode in ("LA", "La"):
        return image.getchannel(0)
    return image.convert("RGB") if image.mode in ("RGBA", "PA", "CMYK") else image


def _resampled(label: NDArray[Any], pipeline: Pipeline, task: DenseTask) -> NDArray[Any]:
    """[..., H, W] to the pipeline's size by nearest neighbour; what lies outside carries no label."""
    height, width = label.shape[-2:]
    left, top, right, bottom = working_box((height, width), pipeline)
    new_height, new_width = pipeline.size or (round(bottom - top), round(right - left))
    rows = _centres(top, bottom, new_height)
    columns = _centres(left, right, new_width)
    inside = ((rows >= 0) & (rows < height))[:, None] & ((columns >= 0) & (columns < width))
    taken = label[..., rows.clip(0, height - 1)[:, None], columns.clip(0, width - 1)]
    return np.where(inside, taken, np.asarray(task.absent, label.dtype))


def _centres(start: float, stop: float, count: int) -> NDArray[np.int64]:
    """The pixels that hold the centres of ``count`` equal parts of a stretch."""
    return np.floor(start + (np.arange(count) + 0.5) * (stop - start) / count).astype(np.int64)
