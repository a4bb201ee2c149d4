"""Some images of a dataset on one sheet, with their labels."""

import math
from collections.abc import Sequence
from pathlib import Path
from textwrap import wrap

import numpy as np
from matplotlib import colormaps
from matplotlib.figure import Figure
from numpy.typing import NDArray

from mtlue.data.dataset import subset_by_hash
from mtlue.data.listing import split_counts
from mtlue.data.loading import Collection
from mtlue.files import write_bytes
from mtlue.report.names import called
from mtlue.report.pictures.figures import png
from mtlue.tasks import DenseTask, ImageTask
from mtlue.visible import visible

SHEET_COLUMNS = 8
_CAPTION_SIZE = 6.5
"""Points."""
_CAPTION_WIDTH = 34
"""Characters of a caption's line of that size."""
_CAPTION_LINES = 16
"""Where labels take more, the last line says so."""
_TITLE_WIDTH = 11
"""Characters of the title's line on an inch."""
_LINE_HEIGHT = 0.125
"""Inches, of a line of that size."""


def write_contact_sheet(
    collection: Collection, path: Path, count: int, columns: int = SHEET_COLUMNS, larger: float = 1
) -> None:
    """Write a PNG of ``count`` images, selected by the hash of their id, each with its split and labels.

    Args:
        collection: the dataset.
        path: of the PNG.
        count: how many images, 1 or more; all where the dataset has fewer.
        columns: images in a row, 1 or more.
        larger: how many times captions are larger than where nothing is said; 1 or more.

    Raises:
        OutputError: the file cannot be written.
    """
    write_bytes(path, png(_sheet(collection, subset_by_hash(collection.listing.ids, count), columns, larger)))


def _sheet(collection: Collection, positions: Sequence[int], most_columns: int, larger: float) -> Figure:
    columns = min(most_columns, len(positions))
    rows = math.ceil(len(positions) / columns)
    captions = [_caption(collection, position, larger) for position in positions]
    lines = max(caption.count("\n") + 1 for caption in captions)
    counts = split_counts(collection.splits)
    title = f"{visible(called(collection.name))}: {len(positions)} of {len(collection.listing):,} images ({counts})"
    title_lines = wrap(title, int(_TITLE_WIDTH * 1.9 * columns))
    height = _height(collection, lines * larger) * rows + 0.2 * (1 + len(title_lines))
    figure = Figure(figsize=(1.9 * columns, height), layout="constrained")
    figure.suptitle("\n".join(title_lines), fontsize=11)
    axes = figure.subplots(rows, columns, squeeze=False).flatten()
    for axis in axes:
        axis.axis("off")
    for axis, position, caption in zip(axes, positions, captions, strict=False):
        axis.imshow(_with_label_maps(collection, position), interpolation="nearest")
        axis.set_title(caption, fontsize=_CAPTION_SIZE * larger)
    return figure


def _height(collection: Collection, lines: float) -> float:
    """Of an image with its label maps and a caption of so many lines, in inches."""
    _, height, width = collection.pipeline.image_shape
    dense = sum(isinstance(task, DenseTask) for task in collection.tasks)
    return 1.9 * (height / width) * (1 + dense) + _LINE_HEIGHT * lines


def _with_label_maps(collection: Collection, position: int) -> NDArray[np.float64]:
    """An image, and the labels of its dense tasks below it: [H * (1 + dense tasks), W, 3] in 0..1."""
    sample = collection.samples[position]
    pictures = [sample.image.expand(3, -1, -1).permute(1, 2, 0).numpy() / 255]
    for task in collection.tasks:
        if isinstance(task, DenseTask):
            map_ = task.picture(sample.labels[task.name]).numpy()
            colours = map_.transpose(1, 2, 0) if map_.ndim == 3 else colormaps["turbo"](map_)[:, :, :3]
            absent = task.missing(sample.labels[task.name]).numpy()
            pictures.append(np.where(absent[:, :, None], 1.0, colours))
    return np.concatenate(pictures)


def _caption(collection: Collection, position: int, larger: float = 1) -> str:
    """The split, every label on a line or lines of its own, and the names of all that are ``yes``."""
    labels = collection.samples.labels
    tasks = [task for task in collection.tasks if isinstance(task, ImageTask)]
    texts = {task.name: task.format(labels[task.name][position]) for task in tasks}
    binary = [name for name, text in texts.items() if text == "yes"]
    others = [f"{name}: {text or '?'}" for name, text in texts.items() if text not in ("yes", "no")]
    lines = [visible(line) for line in (collection.splits[position], *others, *([", ".join(binary)] if binary else []))]
    broken = [part for line in lines for part in wrap(line, int(_CAPTION_WIDTH / larger), subsequent_indent="  ")]
    return "\n".join(broken if len(broken) <= _CAPTION_LINES else [*broken[: _CAPTION_LINES - 1], "…"])
