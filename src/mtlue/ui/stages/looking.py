"""A look at a folder before anything is protected: what it holds, and what a protection would take."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Callable, Sequence
from functools import cache, partial

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from mtlue.data.files.images import working_box
from mtlue.data.listing import TRAIN
from mtlue.data.loading import Collection
from mtlue.data.transforms import Pipeline
from mtlue.evaluation.learners.work import training_speed
from mtlue.faults import listed
from mtlue.hashing import subset_by_hash
from mtlue.jobs.inspection.few_tested import few_tested_of
from mtlue.jobs.inspection.inspect import InspectResult
from mtlue.jobs.inspection.outlook import few_images
from mtlue.jobs.protection.expected_work import check_work, checked_by
from mtlue.methods import MethodChoice
from mtlue.methods.options import settings_of
from mtlue.methods.settings import SurrogateSettings
from mtlue.methods.work import FitSize
from mtlue.runtime import Runtime
from mtlue.ui.wording.choices import LEVELS, PRESETS
from mtlue.ui.wording.findings import Estimate, Findings, TaskFound
from mtlue.ui.wording.sentences import as_sentence, plainly, told
from mtlue.ui.wording.sizing import size_offers
from mtlue.visible import visible

_MEASURED = 24
"""Images whose files are written in memory to see how large they become."""
_TIMED = 0.7
"""Seconds that the machine is timed for each network and number of images of a step."""
_SIZES, _EXAMPLES = 3, 8
_Speed = Callable[[str, int], float]
"""Backbone, and images of a step -> operations per second."""


def findings(result: InspectResult, layout: str, runtime: Runtime, again: str | None = None) -> Findings:
    """What a page shows of a dataset.

    Args:
        result: what was read.
        layout: how, in words.
        runtime: whose speed is measured.
        again: a note that the images are protected already; None where they are not.

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
    estimate = _estimate(collection, name, presets, runtime)
    return Findings(
        layout=layout,
        images=len(collection.listing),
        splits=dict(Counter(collection.splits)),
        height=height,
        width=width,
        sizes=listed([f"{w} × {h}" for (h, w), _ in result.sizes.most_common()], _SIZES),
        resized=set(result.sizes) != {(height, width)},
        cropped=sum(count for size, count in result.sizes.items() if _is_cut(size, collection.pipeline)),
        colour=collection.pipeline.image_shape[0] == 3,
        tasks=tasks,
        notes=[visible(as_sentence(plainly(note))) for note in collection.notes],
        doubts=[*([as_sentence(again)] if again else []), *_doubts(collection)],
        skipped=len(collection.skipped),
        examples=[visible(plainly(f"{one.name}: {one.reason}")) for one in collection.skipped[:_EXAMPLES]],
        method=name,
        presets=presets,
        estimate=estimate,
        offers=size_offers(collection, name, estimate),
    )


def _is_cut(size: tuple[int, int], pipeline: Pipeline) -> bool:
    """Whether the edges of a file of this size, height and width, are cut off; less than a pixel is not."""
    left, top, right, bottom = working_box(size, pipeline)
    return left >= 1 or top >= 1 or size[1] - right >= 1 or size[0] - bottom >= 1


def _doubts(collection: Collection) -> list[str]:
    """What an owner should know before the work begins rather than while it goes on."""
    tested = few_tested_of(collection, collection.tasks)
    few = few_images(collection, audited=tested is None or tested.audited)
    return [told(event)["text"] for event in filter(None, (few, tested))]


def _estimate(collection: Collection, name: str, presets: Sequence[str], runtime: Runtime) -> Estimate:
    speed = cache(partial(_speed, collection, runtime))
    check, check_of = _check_seconds(collection, speed)
    choices = {preset: MethodChoice(name, {"preset": preset}) for preset in presets} or {"": MethodChoice(name)}
    fits = {preset: _fit_seconds(collection, choice, speed) for preset, choice in choices.items()}
    return Estimate(
        {preset: whole for preset, (whole, _) in fits.items()},
        {strength: _bytes(collection, levels) for strength, levels in LEVELS.items()},
        collection.file_bytes(),
        check,
        check_of,
        {preset: trained / whole for preset, (whole, trained) in fits.items() if whole},
    )


def _fit_seconds(collection: Collection, choice: MethodChoice, speed: _Speed) -> tuple[float, float]:
    """Of a fit, and of the training of its surrogates alone: by operations counted and the measured speed of this
    machine, each part at that of the steps that it takes."""
    tasks, pipeline = collection.tasks, collection.pipeline
    parts = choice.build(tasks).fit_parts(FitSize.of(collection.split(TRAIN), pipeline))
    seconds = [(part.flops / speed(part.backbone, part.images), part.kept) for part in parts if part.flops]
    return sum(one for one, _ in seconds), sum(one for one, trained in seconds if trained)


def _check_seconds(collection: Collection, speed_of: _Speed) -> tuple[float, dict[str, float]]:
    """Of the learners that check a fit: what they share, and what the head of each task adds.

    Operations are nearly a sum over tasks; heads of one kind and size are counted once.
    """
    tasks, learner = collection.tasks, checked_by(collection, collection.tasks)[0]
    speed = speed_of(learner.backbone, learner.recipe.batch_size)
    counted: dict[tuple[str, int], float] = {}
    for task in tasks:
        key = task.kind, task.channels
        counted[key] = counted.get(key) or check_work(collection, [task])
    alone = {task.name: counted[task.kind, task.channels] for task in tasks}
    if len(alone) == 1:
        return sum(alone.values()) / speed, dict.fromkeys(alone, 0.0)
    shared = (sum(alone.values()) - check_work(collection, tasks)) / (len(alone) - 1)
    shared = min(max(shared, 0.0), *alone.values())
    return shared / speed, {name: (work - shared) / speed for name, work in alone.items()}


def _speed(collection: Collection, runtime: Runtime, backbone: str, images: int) -> float:
    """Operations per second, on so many images at a step."""
    pipeline = collection.pipeline
    channels, *sides = pipeline.image_shape
    view = pipeline.crop or (sides[0], sides[1])
    return training_speed(runtime, backbone, collection.tasks, channels, view, images, _TIMED)


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
