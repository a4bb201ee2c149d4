"""What ``protect`` will take, told before its fit: time, memory and the bytes of the release."""

from __future__ import annotations

import time
from collections.abc import Sequence

import torch

from mtlue.bounds import add_rounded
from mtlue.data.listing import TRAIN
from mtlue.data.loading import Collection
from mtlue.evaluation.estimate import DatasetShape, training_speed, training_work
from mtlue.evaluation.learner import Learner
from mtlue.hashing import subset_by_hash
from mtlue.jobs.fits import is_checked, most_fits
from mtlue.jobs.longest_part import longest_part
from mtlue.jobs.owner_events import ProtectionForecast
from mtlue.jobs.requests import ProtectRequest
from mtlue.jobs.self_check import TEST_IMAGES, TRAINING_IMAGES, learner_of
from mtlue.methods import Perturber
from mtlue.models.cost import learner_memory
from mtlue.release.formats import image_format
from mtlue.runtime import Runtime, resident_memory
from mtlue.tasks import Task

LITTLE_WORK = 3e11
"""Operations below which the machine is not timed: they take a few seconds."""
FEW_SECONDS = 10.0
"""Up to which writing the release goes unmentioned, where nothing else takes long."""
_TIMED = 0.5
"""Seconds that the machine is timed for."""
_ENCODED = 8
"""Images that are encoded to learn how large files become."""
_STEP = 2
"""A step holds what a surrogate's pass keeps, and as much again: the generator's pass, and gradients."""
_CHECKERS = 2
"""Learners of a fit's check."""


def forecast(
    request: ProtectRequest, collection: Collection, released: Collection, runtime: Runtime
) -> ProtectionForecast:
    """What is about to be done, estimated in about a second.

    Args:
        request: what is asked for.
        collection: all that was read.
        released: the part of it that is released.
        runtime: where the machine is timed.
    """
    method = request.method.build(collection.tasks)
    training = [i for i, split in enumerate(collection.splits) if split == TRAIN]
    count = len(training) if request.fit_limit is None else min(len(training), request.fit_limit)
    shape = collection.pipeline.image_shape
    view = collection.pipeline.crop or shape[1:]
    surrogate, batch = _surrogate(method, collection)
    written, encoding = _encoded(request, released, method.epsilon)

    def work_of(fitted: Perturber) -> float:
        return fitted.estimated_flops(collection.tasks, count, shape, view)

    work = work_of(method)
    if is_checked(request, method):
        work += check_work(collection, method.scope.protected(collection.tasks))
    seconds = encoding * len(released.listing)
    if work > LITTLE_WORK:
        speed = training_speed(runtime, surrogate, collection.tasks, shape[0], view, min(batch, count), _TIMED)
        seconds += work / speed
    held, on_gpu = resident_memory(), runtime.device.type == "cuda"
    step = _STEP * learner_memory(surrogate, collection.tasks, shape[0], view).of(min(batch, count))
    return ProtectionForecast(
        images=len(released.listing),
        seconds=seconds if work > LITTLE_WORK or seconds > FEW_SECONDS else None,
        fits=most_fits(request, method),
        memory=held if on_gpu else held + step,
        gpu_memory=step if on_gpu else None,
        bytes=round(written * len(released.listing)),
        longest=longest_part(request.method, collection.tasks, work_of) if work > LITTLE_WORK else None,
    )


def _surrogate(method: Perturber, collection: Collection) -> tuple[str, int]:
    """The backbone that a fit trains, and the images of its step; for a method without one, those of the check."""
    resolved = method.hyperparameters(collection.tasks)
    recipe = resolved.get("surrogate_recipe") or {}
    return str(resolved.get("surrogate") or "tiny"), int(recipe.get("batch_size") or 64)


def check_work(collection: Collection, tasks: Sequence[Task]) -> float:
    """Operations of the check of one fit that protects these tasks."""
    return _CHECKERS * training_work(*checked_by(collection, tasks)) if tasks else 0.0


def checked_by(collection: Collection, tasks: Sequence[Task]) -> tuple[Learner, DatasetShape]:
    """The learner that checks a fit of these tasks, and what it learns from."""
    images = min(sum(split == TRAIN for split in collection.splits), TRAINING_IMAGES)
    shape = collection.pipeline.image_shape
    view = collection.pipeline.crop or shape[1:]
    size = DatasetShape(tuple(tasks), images, min(len(collection.listing), TEST_IMAGES), shape, view)
    return learner_of(size), size


def _encoded(request: ProtectRequest, released: Collection, epsilon: float) -> tuple[float, float]:
    """Bytes of a released image, about, and the seconds that writing it takes, from a few with noise."""
    form = request.form.checked()
    written_as = image_format(form.images, form.written_quality)
    chosen = subset_by_hash(released.listing.ids, _ENCODED)
    started, size = time.perf_counter(), 0
    for image in _images(released, chosen, form.native):
        noise = (torch.rand(image.shape, generator=torch.Generator().manual_seed(0)) * 2 - 1) * epsilon
        size += len(written_as.encode(add_rounded(image, noise, epsilon)))
    return size / len(chosen), (time.perf_counter() - started) / len(chosen)


def _images(released: Collection, positions: Sequence[int], native: bool) -> list[torch.Tensor]:
    if native:
        return [released.original(position) for position in positions]
    return list(released.samples.take(positions).images[:])
