"""A look at a folder before anything is protected: what it holds, and what a protection would take."""

from __future__ import annotations

import io
from collections import Counter

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from mtlue.data.listing import TEST, TRAIN
from mtlue.data.loading import Collection
from mtlue.evaluation.estimate import DatasetShape, training_speed, training_work
from mtlue.faults import listed
from mtlue.hashing import subset_by_hash
from mtlue.jobs.inspect import InspectResult
from mtlue.jobs.self_check import learner_of
from mtlue.methods import MethodChoice
from mtlue.methods.options import settings_of
from mtlue.methods.settings import SurrogateSettings
from mtlue.runtime import Runtime
from mtlue.ui.choices import LEVELS, PRESETS
from mtlue.ui.findings import Estimate, Findings, TaskFound
from mtlue.ui.sentences import plainly
from mtlue.visible import visible

_MEASURED = 24
"""Images whose files are written in memory to see how large they become."""
_TIMED = 0.7
"""Seconds that the machine is timed for each preset."""
_SIZES, _EXAMPLES = 3, 8
_SMALL = "tiny"
"""The network that the machine is timed with where a method trains none of its own."""


def findings(result: InspectResult, layout: str, runtime: Runtime) -> Findings:
    """What a page shows of a dataset.

    Raises:
        InputError: it has no training images.
    """
    collection = result.collection
    collection.split(TRAIN)  # refused now rather than when it is to be protected
    _, height, width = collection.pipeline.image_shape
    shown = {one.task for one in result.glances if one.visible}
    name = MethodChoice().name_for(collection.tasks)
    presets: list[str] = list(PRESETS) if issubclass(settings_of(name), SurrogateSettings) else []
    tasks = [
        TaskFound(one.task.name, one.task.kind, len(one.classes), sum(one.present.values()), one.task.name in shown)
        for one in result.tasks
    ]
    return Findings(
        layout=layout,
        images=len(collection.listing),
        splits=dict(Counter(collection.splits)),
        height=height,
        width=width,
        sizes=listed([f"{w} × {h}" for (h, w), _ in result.sizes.most_common()], _SIZES),
        resized=set(result.sizes) != {(height, width)},
        colour=collection.pipeline.image_shape[0] == 3,
        tasks=tasks,
        notes=[visible(plainly(note)) for note in collection.notes],
        skipped=len(collection.skipped),
        examples=[visible(plainly(f"{one.name}: {one.reason}")) for one in collection.skipped[:_EXAMPLES]],
        method=name,
        presets=presets,
        estimate=Estimate(
            {preset: _seconds(collection, MethodChoice(name, {"preset": preset}), runtime) for preset in presets}
            or {"": _seconds(collection, MethodChoice(name), runtime)},
            {strength: _bytes(collection, levels) for strength, levels in LEVELS.items()},
            collection.file_bytes(),
        ),
    )


def _seconds(collection: Collection, choice: MethodChoice, runtime: Runtime) -> float:
    """Of a fit and of the two learners that check it, by operations counted and the measured speed of this machine."""
    tasks, pipeline = collection.tasks, collection.pipeline
    counts = Counter(collection.splits)
    channels, height, width = pipeline.image_shape
    view = pipeline.crop or (height, width)
    shape = DatasetShape(tasks, counts[TRAIN], counts[TEST], (channels, height, width), view)
    method = choice.build(tasks)
    backbone = str(method.hyperparameters(tasks).get("surrogate", _SMALL))
    learner = learner_of(shape)
    batch = learner.recipe.batch_size
    fit = method.estimated_flops(tasks, shape.train_images, shape.shape, view)
    networks = (backbone, learner.backbone)
    fit_speed, check_speed = (
        training_speed(runtime, network, tasks, channels, view, batch, _TIMED) for network in networks
    )
    return fit / fit_speed + 2 * training_work(learner, shape) / check_speed


def _bytes(collection: Collection, levels: float) -> int:
    """Of all images as PNG, with noise of the strength on them: some are written in memory."""
    positions = subset_by_hash(collection.listing.ids, _MEASURED)
    images = collection.samples.take(positions).images[:]
    draws = torch.Generator().manual_seed(0)
    noise = torch.randint(-int(levels), int(levels) + 1, images.shape, generator=draws, dtype=torch.int16)
    noised = (images.short() + noise).clamp(0, 255).byte().permute(0, 2, 3, 1).numpy()
    return sum(map(_png_bytes, noised)) * len(collection.listing) // len(positions)


def _png_bytes(image: NDArray[np.uint8]) -> int:
    file = io.BytesIO()
    Image.fromarray(image if image.shape[2] > 1 else image[:, :, 0]).save(file, "png")
    return file.tell()
