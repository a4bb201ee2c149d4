"""Label maps: the files of a dense task, one per image, read to the working size of their images."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from mtlue.arrays.entries import Content
from mtlue.data.files.images import Header, working_box
from mtlue.data.transforms import Pipeline
from mtlue.imaging.files import UnreadableImageError, read_array, read_image_with, read_orientation, upright
from mtlue.imaging.formats import is_array
from mtlue.lazy import Later
from mtlue.tasks import DenseTask, UnusableMapError

if TYPE_CHECKING:
    import torch
    from torch import Tensor
else:
    torch = Later("torch")

LOSSY = (".jpg", ".jpeg")
"""Suffixes of files whose numbers are not those that were written."""
_LOSSY_FORMATS = ("JPEG", "MPO")
_LOSSY = "JPEG changes the numbers that stand for classes: save masks as PNG"


def read_label_map(path: Path, task: DenseTask, pipeline: Pipeline, image: Header) -> Content:
    """A dense label at the working size, cut as its image is; each pixel's label is that of the nearest one.

    Args:
        image: header of the image that the label belongs to.

    Raises:
        UnreadableImageError: it cannot be read, is of another size, or holds what cannot be a label.
    """
    if task.exact and path.suffix.lower() in LOSSY:
        raise UnreadableImageError(_LOSSY)
    stored = _read_stored(path, task.colour)
    if task.exact and stored.format in _LOSSY_FORMATS:
        raise UnreadableImageError(_LOSSY)
    _require_size((stored.values.shape[0], stored.values.shape[1]), image)
    try:
        label, notes = task.read(stored.values)
    except UnusableMapError as error:
        raise UnreadableImageError(str(error)) from error
    if bool(task.missing(torch.from_numpy(label)).all()):
        notes = [*notes, "none of its pixels carries a label"]
    notes = [*notes, *_turning_notes(stored.orientation, image)]
    return Content(np.ascontiguousarray(_resampled(label, pipeline, task)), tuple(notes))


def _require_size(size: tuple[int, int], image: Header) -> None:
    if size == image.size:
        return
    raise UnreadableImageError(
        f"it is {size[1]}x{size[0]} pixels, its image is {image.size[1]}x{image.size[0]}"
        + (
            f" once its EXIF orientation ({image.orientation}) has turned it: turn the label map likewise, or remove "
            "the orientation from the image"
            if size == image.stored_size
            else ""
        )
    )


def _turning_notes(orientation: int, image: Header) -> list[str]:
    """Sizes that tell nothing: a label map without EXIF data may have been made from the image as it is stored."""
    if image.orientation == 1 or orientation != 1 or image.stored_size != image.size:
        return []
    return [
        f"its image is turned by its EXIF orientation ({image.orientation}); the label map has none and is assumed "
        "to be upright already: compare the two"
    ]


def resized_labels(labels: Tensor, task: DenseTask, pipeline: Pipeline) -> Tensor:
    """Dense labels in memory, [N, ..., H, W] as large as their images, at the working size as files' labels are."""
    if pipeline.center_crop is None and labels.shape[-2:] == pipeline.size:
        return labels
    return torch.from_numpy(_resampled(labels.numpy(), pipeline, task))


def read_values(path: Path, colour: bool) -> NDArray[Any]:
    """The numbers of an array file or an image: [H, W], or [H, W, 3] of a coloured one with ``colour``.

    An image's numbers are those that it holds: a palette's indices, 16 bits where there are 16.
    """
    return _read_stored(path, colour).values


@dataclass(frozen=True)
class _Stored:
    """The numbers of a file, how its own EXIF data turned them, and the format that Pillow read."""

    values: NDArray[Any]
    orientation: int = 1
    format: str | None = None


def _read_stored(path: Path, colour: bool) -> _Stored:
    if is_array(path):
        return _Stored(np.asarray(read_array(path)))

    def numbers(image: Image.Image) -> _Stored:
        orientation, _ = read_orientation(image)
        return _Stored(np.asarray(_numbers(upright(image)[0], colour)), orientation, image.format)

    return read_image_with(path, numbers, photo=False)


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
