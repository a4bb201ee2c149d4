"""What ``protect`` will take, told before its fit: time, memory and the bytes of the release."""

from __future__ import annotations

from collections.abc import Sequence

from mtlue.data.loading import Collection
from mtlue.evaluation.learners.work import training_speed
from mtlue.jobs.owner_events import ProtectionForecast
from mtlue.jobs.protection.crew import training_images
from mtlue.jobs.protection.expected_work import Expected, Work, checked_by, expected, learner_work
from mtlue.jobs.protection.fits import is_checked, most_fits, seed_of_fit
from mtlue.jobs.protection.kept_attempts import KeptAttempts
from mtlue.jobs.protection.longest_parts import half_the_side, longest_parts
from mtlue.jobs.protection.probed_files import probe_files
from mtlue.jobs.requests.owner import ProtectRequest
from mtlue.memory import resident_memory
from mtlue.methods import Perturber
from mtlue.methods.work import FitPart, FitSize
from mtlue.models.cost import learner_memory
from mtlue.runtime import Runtime
from mtlue.tasks import Task

LITTLE_WORK = 5e10
"""Operations below which the machine is not timed: they take a few seconds, of a busy machine of two cores, too."""
FEW_SECONDS = 10.0
"""Up to which writing the release goes unmentioned, where nothing else takes long."""
_TIMED = 0.5
"""Seconds that the machine is timed for."""
_STEP = 2
"""A step holds what a surrogate's pass keeps, and as much again: the generator's pass, and gradients."""
_Model = tuple[str, tuple[Task, ...], int, tuple[int, int], int]
"""What the machine is timed with: backbone, tasks, channels, view, and the images of a step."""


def forecast(
    request: ProtectRequest,
    collection: Collection,
    released: Collection,
    runtime: Runtime,
    kept: KeptAttempts | None = None,
) -> ProtectionForecast:
    """What is about to be done, estimated in about a second.

    Args:
        request: what is asked for.
        collection: all that was read.
        released: the part of it that is released.
        runtime: where the machine is timed.
        kept: what an interrupted run has done of it.
    """
    method = request.method.build(collection.tasks)
    size = FitSize.of(training_images(request, collection, runtime.key), collection.pipeline)
    fitted_by = [_model(part, collection) for part in method.fit_parts(size) if part.flops]
    files = probe_files(request.form, released, method.epsilon, noise=method.is_control)

    work = _expected(request, collection, method, runtime, kept)
    trained = not any(part.kept for part in work.least.parts)

    def work_of(fitted: Perturber) -> float:
        """What is left of it where surrogates are there."""
        return sum(part.flops for part in fitted.fit_parts(size) if not (trained and part.kept))

    timed = work.least.total > LITTLE_WORK
    least, most = (
        part + files.seconds * len(released.listing)
        for part in (_seconds(work, collection, method, runtime) if timed else (0.0, 0.0))
    )
    held, on_gpu = resident_memory(), runtime.device.type == "cuda"
    step = _step_memory([*fitted_by, _checker(collection, method)])
    return ProtectionForecast(
        images=len(released.listing),
        seconds=least if timed or least > FEW_SECONDS else None,
        fits=most_fits(request, method),
        memory=held if on_gpu else held + step,
        gpu_memory=step if on_gpu else None,
        files=files,
        longest=longest_parts(request.method, collection.tasks, work_of, work.least) if timed else (),
        smaller=half_the_side(collection.pipeline.image_shape[1:], collection.pipeline.crop),
        most=most if timed and work.repeats else None,
    )


def _sizes(collection: Collection) -> tuple[tuple[int, int, int], tuple[int, int]]:
    """Of an image, and of what a learner sees of it."""
    shape = collection.pipeline.image_shape
    return shape, collection.pipeline.crop or shape[1:]


def _expected(
    request: ProtectRequest, collection: Collection, method: Perturber, runtime: Runtime, kept: KeptAttempts | None
) -> Expected:
    checked, attempts = is_checked(request, method), most_fits(request, method)
    learner = learner_work(collection, method.scope.protected(collection.tasks)) if checked else 0.0
    # a check that cannot be made finds nothing, so no other fit follows it
    fits = [
        _parts_left(request, collection, method, runtime.replace(seed=seed_of_fit(runtime.seed, number)), kept)
        for number in range(1, (attempts if learner else 1) + 1)
    ]
    return expected(fits, learner, kept, request.self_check.check_limit)


def _parts_left(
    request: ProtectRequest, collection: Collection, method: Perturber, runtime: Runtime, kept: KeptAttempts | None
) -> Sequence[FitPart]:
    """What a fit takes, without the surrogates that an interrupted run has trained for it."""
    training = training_images(request, collection, runtime.key)
    if kept is None:
        return method.fit_parts(FitSize.of(training, collection.pipeline))
    return method.parts_left(training, runtime, collection.pipeline, kept.folder)


def _model(part: FitPart, collection: Collection) -> _Model:
    """What the machine is timed with for a part of a fit."""
    shape, view = _sizes(collection)
    return part.backbone, collection.tasks, shape[0], view, part.images


def _checker(collection: Collection, method: Perturber) -> _Model:
    """The learner that checks a fit."""
    learner, size = checked_by(collection, method.scope.protected(collection.tasks) or collection.tasks)
    return learner.backbone, size.tasks, size.shape[0], size.view, learner.recipe.batch_size


def _step_memory(models: Sequence[_Model]) -> int:
    """Bytes of the step that takes the most."""
    return max(_STEP * learner_memory(*size).of(images) for *size, images in models)


def _seconds(work: Expected, collection: Collection, method: Perturber, runtime: Runtime) -> tuple[float, float]:
    """How long the least and the most of it takes, each part at the speed of the steps that it takes."""
    checked_with = _checker(collection, method)
    fitted_with = [_model(part, collection) for part in work.most.parts if part.flops]
    timed = dict.fromkeys([*fitted_with, *([checked_with] if work.most.check else [])])
    steps = runtime.progress.track(timed, "timing this machine for the estimate", len(timed))
    speeds = {model: training_speed(runtime, *model, _TIMED) for model in steps}

    def of(part: Work) -> float:
        fits = sum(one.flops / speeds[_model(one, collection)] for one in part.parts if one.flops)
        return fits + (part.check / speeds[checked_with] if part.check else 0.0)

    return of(work.least), of(work.most)
