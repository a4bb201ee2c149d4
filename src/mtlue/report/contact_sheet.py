"""Some images of a dataset on one sheet, with their labels."""

import math
from collections import Counter
from pathlib import Path

import numpy as np
from matplotlib import colormaps
from matplotlib.figure import Figure
from numpy.typing import NDArray

from mtlue.data.dataset import subset_by_hash
from mtlue.data.loading import Collection
from mtlue.errors import InputError
from mtlue.files import write_bytes
from mtlue.report.figures import png
from mtlue.tasks import DenseTask, ImageTask
from mtlue.visible import visible

COLUMNS = 8
MOST_IMAGES = 400
_CAPTION = 34
"""Characters of a caption's line."""
_LINES = 3


def write_contact_sheet(collection: Collection, path: Path, count: int) -> None:
    """Write a PNG of ``count`` images chosen by the hash of their id, each with its split and labels.

    Raises:
        InputError: the count or the file's name is no such thing.
        OutputError: the file cannot be written.
    """
    if not 1 <= count <= MOST_IMAGES:
        raise InputError(f"--sheet-images {count}: give 1 to {MOST_IMAGES}")
    if path.suffix.lower() != ".png":
        raise InputError(f"--sheet {path}: give a name that ends in .png")
    chosen = subset_by_hash(collection.listing.ids, count)
    columns = min(COLUMNS, len(chosen))
    rows = math.ceil(len(chosen) / columns)
    shape = collection.pipeline.image_shape[1] / collection.pipeline.image_shape[2]
    dense = sum(isinstance(task, DenseTask) for task in collection.tasks)
    height = 1.9 * shape * (1 + dense) + 0.45
    figure = Figure(figsize=(1.9 * columns, height * rows + 0.4), layout="constrained")
    counts = ", ".join(f"{number} {split}" for split, number in Counter(collection.splits).items())
    figure.suptitle(
        f"{visible(collection.name)}: {len(chosen)} of {len(collection.listing)} images ({counts})", fontsize=11
    )
    axes = figure.subplots(rows, columns, squeeze=False).flatten()
    for axis in axes:
        axis.axis("off")
    for axis, position in zip(axes, chosen, strict=False):
        axis.imshow(_with_label_maps(collection, position), interpolation="nearest")
        axis.set_title(_caption(collection, position), fontsize=6.5)
    write_bytes(path, png(figure))


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


def _caption(collection: Collection, position: int) -> str:
    labels = collection.samples.labels
    tasks = [task for task in collection.tasks if isinstance(task, ImageTask)]
    texts = {task.name: task.format(labels[task.name][position]) for task in tasks}
    binary = [name for name, text in texts.items() if text == "yes"]
    others = [f"{name}: {text or '?'}" for name, text in texts.items() if text not in ("yes", "no")]
    lines = [visible(line) for line in (collection.splits[position], *others, *([", ".join(binary)] if binary else []))]
    shown = [line if len(line) <= _CAPTION else f"{line[: _CAPTION - 1]}…" for line in lines]
    return "\n".join([*shown[: _LINES + 1], *(["…"] if len(shown) > _LINES + 1 else [])])
