"""``apply``, from disk to disk: a fitted method protects new images of the same tasks."""

from collections.abc import Sequence
from dataclasses import asdict, replace
from math import ceil
from typing import Any

from mtlue.bounds import to_levels
from mtlue.data.loading import Collection, load, parts, sides
from mtlue.data.options import DataOptions
from mtlue.errors import InputError, param
from mtlue.jobs.apply_parts import Parts
from mtlue.jobs.events import Listener, PartsRead, ignore
from mtlue.jobs.places import note_if_protected, require_all_tasks
from mtlue.jobs.private_folder import saved_pipeline
from mtlue.jobs.releasing import ReleaseResult, prepared, reading_settings, write_verified
from mtlue.jobs.requests import ApplyRequest
from mtlue.jobs.shard_releasing import MOST_MEASURED, write_shards
from mtlue.progress import Progress
from mtlue.protector import Protector
from mtlue.release.shards.verify import quiet
from mtlue.release.staging import reserved
from mtlue.runtime import Runtime


def run_apply(request: ApplyRequest, runtime: Runtime, tell: Listener = ignore) -> ReleaseResult:
    """Protect new images with a fitted method, then write a verified release of every split: no training.

    Args:
        request: what is asked for.
        runtime: device, precision and progress.
        tell: gets the job's events.

    Raises:
        MtlueError: bad input or an unwritable output, named.
    """
    request.check()
    with reserved(request.folder, request.overwrite):
        options = [] if request.form.packing is None else parts(request.data)
        protector = Protector.load(request.private, quiet(runtime) if options else runtime)
        note_if_protected(request.data, protector.epsilon, tell)
        if options:
            return _apply_parts(options, request, protector, runtime.progress, tell)
        collection = _load(request.data, request, protector)
        released = prepared(collection, request, request.splits, tell)
        settings = _settings(request, collection, protector)
        return write_verified(protector, released, request, settings, tell, measured=request.fidelity)


def _apply_parts(
    options: Sequence[DataOptions], request: ApplyRequest, protector: Protector, progress: Progress, tell: Listener
) -> ReleaseResult:
    """Protect a dataset part by part, so that memory does not grow with it."""
    read = Parts(options, lambda data: _load(data, request, protector), request.splits, progress)
    most = ceil(MOST_MEASURED / len(options)) if request.fidelity else 0
    result = write_shards(
        protector, read, request, lambda collection: _settings(request, collection, protector), tell, most
    )
    tell(PartsRead(read.skipped, [*read.notes]))
    return result


def _load(data: DataOptions, request: ApplyRequest, protector: Protector) -> Collection:
    """The images as the fitted method takes them."""
    runtime = protector.runtime
    if data.channels not in (None, protector.channels):
        raise InputError(
            f"{param('channels')} {data.channels}: this generator was fitted on images of {protector.channels}"
        )
    require_all_tasks(data, protector.tasks)
    pipeline = saved_pipeline(request.private)
    if data.size is not None:
        pipeline = replace(pipeline, size=sides(data.size), crop=None)
    with runtime.stage("decode"):
        return load(data, runtime, tasks=protector.tasks, pipeline=pipeline)


def _settings(request: ApplyRequest, collection: Collection, protector: Protector) -> dict[str, Any]:
    """For ``config.json``."""
    return {
        "command": "apply",
        **reading_settings(request, collection),
        "private": str(request.private),
        "method": protector.method,
        "epsilon": to_levels(protector.epsilon),
        "scope": asdict(protector.scope),
        "form": asdict(request.form),
    }
