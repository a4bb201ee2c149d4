"""One image with its labels as a batch, for those who protect in a pipeline of their own."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import torch
from PIL import Image
from torch import Tensor

from mtlue.data.dataset import Batch
from mtlue.data.files.images import to_picture
from mtlue.data.transforms import Pipeline
from mtlue.errors import InputError
from mtlue.imaging.limits import MIN_SIDE
from mtlue.suggestions import unknown
from mtlue.tasks import Task
from mtlue.tasks.base import ImageTask


def one_image(tasks: Sequence[Task], image: Tensor, labels: Mapping[str, Any], identifier: str) -> Batch:
    """A batch of one.

    Args:
        tasks: that it may have labels of.
        image: uint8 [C, H, W].
        labels: task -> a label as a table's cell says it, or a map [H, W] or [3, H, W]; None, or NaN, for none.
        identifier: its id.

    Raises:
        InputError: the image is of another type or shape or too small, or a task or a label is unknown.
    """
    if image.ndim != 3 or image.dtype != torch.uint8:
        raise InputError(f"an image is uint8 [C, H, W], not {str(image.dtype).removeprefix('torch.')} {[*image.shape]}")
    if min(image.shape[1:]) < MIN_SIDE:
        raise InputError(
            f"an image of {image.shape[2]}x{image.shape[1]} pixels is too small: at least {MIN_SIDE} a side"
        )
    names = [task.name for task in tasks]
    for name in labels:
        if name not in names:
            raise InputError(unknown("task", name, names))
    size = (image.shape[1], image.shape[2])
    found = {task.name: _label(task, labels.get(task.name), size) for task in tasks}
    return Batch(image[None], found, [identifier])


def brought_to(batch: Batch, pipeline: Pipeline) -> Batch:
    """The same image as ``pipeline`` brings it to its size.

    Raises:
        InputError: it has a label per pixel, which would have to be brought there, too.
    """
    for name, label in batch.labels.items():
        if label.ndim > 2:
            raise InputError(
                f"task '{name}' has a label per pixel: protect the image at the size that it was fitted on"
            )
    pixels = batch.images[0].cpu().numpy()
    own = replace(pipeline, channels=len(pixels))
    picture = to_picture(Image.fromarray(pixels[0] if len(pixels) == 1 else pixels.transpose(1, 2, 0)), own)
    images = torch.from_numpy(picture.channels_first().copy())[None]  # Pillow's own array may be read-only
    return Batch(images, batch.labels, batch.ids)


def _label(task: Task, label: Any, size: tuple[int, int]) -> Tensor:
    if label is None or (isinstance(label, float) and math.isnan(label)):
        return task.blank_labels(1, size)
    if isinstance(task, ImageTask):
        return torch.from_numpy(task.parse([str(label)]))
    found, expected = torch.as_tensor(label)[None], task.blank_labels(1, size).shape
    if found.shape != expected:
        raise InputError(f"the label of task '{task.name}' is {[*found.shape[1:]]}, not {[*expected[1:]]}")
    return found
