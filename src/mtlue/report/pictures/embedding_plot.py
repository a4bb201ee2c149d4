"""Features of a learner's training images as points in the plane, coloured by class. No image is shown."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from textwrap import fill

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray
from sklearn.manifold import TSNE
from torch import Tensor

from mtlue.data import ArrayDataset
from mtlue.files import write_bytes
from mtlue.report.pictures.figures import png
from mtlue.report.tables.cells import Spread
from mtlue.runtime import Runtime
from mtlue.tasks import Task
from mtlue.visible import visible

Points = NDArray[np.float32]

LEGEND_CLASSES = 12
SHOWN_TASKS = 12
_PERPLEXITY = 30.0
_WIDTH = 28
"""Characters per line."""
_SEEDS = 2**32
"""scikit-learn's seeds are below this."""


def write_embeddings(
    path: Path,
    features: Mapping[str, Tensor],
    shown: ArrayDataset,
    relative: Mapping[str, Mapping[str, float]],
    runtime: Runtime,
) -> None:
    """Write a PNG: one row per task that was measured (the first 12), one column per kind of training images.

    Args:
        path: of the PNG.
        features: kind of training images -> features [P, D] of the images shown.
        shown: these images' labels; the row of a task has no point for an image without a label of it.
        relative: kind of training images -> task -> mean relative spread, written below its panel.
        runtime: for the seed of t-SNE, and progress.

    Raises:
        OutputError: the file cannot be written.
    """
    tasks = [task for task in shown.tasks if all(task.name in spreads for spreads in relative.values())]
    kinds = runtime.progress.track(features.items(), "figure", len(features))
    points = {name: embed(of_kind, runtime) for name, of_kind in kinds}
    rows = tasks[:SHOWN_TASKS]
    figure = Figure(figsize=(2.7 * len(points) + 1.3, 2.75 * len(rows) + 0.6), layout="constrained")
    more = f"\nthe first {len(rows)} of {len(tasks)} tasks" if len(rows) < len(tasks) else ""
    figure.suptitle(f"Features of {len(shown)} training images in the learner that trained on them (t-SNE){more}")
    grid = figure.subplots(len(rows), len(points), squeeze=False)
    for axes, task in zip(grid, rows, strict=True):
        _draw_row(axes, task, points, shown, {name: spreads[task.name] for name, spreads in relative.items()})
    for axis, name in zip(grid[0], points, strict=True):
        axis.set_title(fill(visible(name), _WIDTH), fontsize=12)
    write_bytes(path, png(figure))


def embed(features: Tensor, runtime: Runtime) -> Points:
    """[P, D] -> [P, 2] by t-SNE; all points in one place where the features are alike."""
    values = features.numpy()
    if len(values) < 2 or not bool((values.std(0) > 0).any()):
        return np.zeros((len(values), 2), np.float32)
    perplexity = min(_PERPLEXITY, (len(values) - 1) / 3)
    seed = runtime.seed_for("figure of features") % _SEEDS
    points: Points = TSNE(perplexity=perplexity, init="pca", random_state=seed).fit_transform(values)
    return points


def _draw_row(
    axes: Sequence[Axes], task: Task, points: Mapping[str, Points], shown: ArrayDataset, relative: Mapping[str, float]
) -> None:
    members = task.members(shown.labels[task.name][:])
    colours = _colours(len(members))
    for axis, (name, of_kind) in zip(axes, points.items(), strict=True):
        for colour, images in zip(colours, members.values(), strict=True):
            of_class = of_kind[images.numpy()]
            axis.scatter(of_class[:, 0], of_class[:, 1], s=7, color=colour, linewidths=0, alpha=0.8)
        axis.set_xticks([])
        axis.set_yticks([])
        axis.set_xlabel(f"mean relative spread {Spread(relative[name], 0.0).text(seeds=1)}", fontsize=9)
    axes[0].set_ylabel(fill(visible(task.name), _WIDTH), fontsize=12)
    if len(members) <= LEGEND_CLASSES:
        _add_legend(axes[-1], list(members))


def _add_legend(axis: Axes, classes: Sequence[str]) -> None:
    axis.legend(
        list(axis.collections),
        [fill(visible(name), _WIDTH) for name in classes],
        loc="center left",
        bbox_to_anchor=(1.0, 0.5),
        fontsize=8,
        frameon=False,
        markerscale=2.2,
        handletextpad=0.2,
    )


def _colours(count: int) -> list[tuple[float, ...]]:
    if count <= 10:
        return [colormaps["tab10"](i) for i in range(count)]
    if count <= 20:
        return [colormaps["tab20"](i) for i in range(count)]
    return [colormaps["turbo"](i / (count - 1)) for i in range(count)]
