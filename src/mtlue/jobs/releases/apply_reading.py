"""What ``apply`` reads: images as a fitted method takes them."""

from dataclasses import asdict, replace
from typing import Any

from mtlue.bounds import to_levels
from mtlue.data.loading import Collection, load, sides
from mtlue.data.options import DataOptions
from mtlue.errors import InputError, param
from mtlue.jobs.releases.private_folder import saved_pipeline
from mtlue.jobs.releases.writing import reading_settings
from mtlue.jobs.requests.fitted import kept_rules, require_as_fitted, tasks_as_coded
from mtlue.jobs.requests.owner import ApplyRequest
from mtlue.protector import Protector


def read_as_fitted(data: DataOptions, request: ApplyRequest, protector: Protector) -> Collection:
    """The images as the fitted method takes them.

    Raises:
        InputError: they have other channels or tasks, their labels would be taken from other cells, or they cannot be
            read.
    """
    runtime = protector.runtime
    if data.channels not in (None, protector.channels):
        raise InputError(
            f"{param('channels')} {data.channels}: this generator was fitted on images of {protector.channels}"
        )
    require_as_fitted(data, request.private, protector.tasks)
    pipeline = saved_pipeline(request.private)
    chosen = "" if request.form.native else "the size that this method was fitted at"
    if data.size is not None:
        pipeline, chosen = replace(pipeline, size=sides(data.size), crop=None), ""
    with runtime.stage("decode"):
        tasks = tasks_as_coded(data, protector.tasks)
        return load(data, runtime, tasks=tasks, pipeline=pipeline, chosen=chosen)


def apply_settings(request: ApplyRequest, collection: Collection, protector: Protector) -> dict[str, Any]:
    """For ``config.json``."""
    return {
        "command": "apply",
        **reading_settings(request, collection),
        "rules": kept_rules(request.private),
        "private": str(request.private),
        "method": protector.method,
        "epsilon": to_levels(protector.epsilon),
        "scope": asdict(protector.scope),
        "form": asdict(request.form),
        "store": request.store,
    }
