"""``--preview``: some images before and after, in a minute, before a fit that may take hours."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from torch import Tensor

from mtlue.bounds import to_levels
from mtlue.data import ArrayDataset
from mtlue.data.listing import TRAIN
from mtlue.data.loading import Collection
from mtlue.errors import MtlueError
from mtlue.evaluation.keys import experiment_key
from mtlue.fidelity.before_and_after import before_and_after
from mtlue.files import named_errors, write_bytes, write_json
from mtlue.hashing import subset_by_hash
from mtlue.jobs.owner_events import PreviewWritten
from mtlue.jobs.protection.crew import sample_of
from mtlue.jobs.requests.owner import ProtectRequest
from mtlue.methods.options import MethodChoice
from mtlue.methods.surrogates import fingerprint
from mtlue.protector import Protector, batch_size
from mtlue.runtime import Runtime
from mtlue.seeds import derived
from mtlue.structured import read_json
from mtlue.tasks import Task

FITTED = 256
"""Images that a short fit sees, at most."""
SHORT = {"epochs": 1, "surrogate_epochs": 1, "joint_steps": 4, "pgd_steps": 5, "views": 1}
"""What of a method's settings makes a fit short, as far as it has them."""


def write_preview(
    path: Path, count: int, request: ProtectRequest, collection: Collection, runtime: Runtime
) -> PreviewWritten:
    """Write a picture of training images before and after, with a method that is fitted shortly, or as it is.

    The secret of the preview is one of its own: what it shows is not what the release will hold. The picture shows
    clean images. One that an interrupted run of the same request has made of the same images stays as it is.

    Args:
        path: of the PNG.
        count: images to show.
        request: the method and the strength.
        collection: what was read.
        runtime: of the command.
    """
    own = runtime.replace(seed=derived(runtime.seed, "preview", 0))
    training = collection.split(TRAIN)
    chosen = sample_of(training, request.method.scope.protected(training.tasks), max(FITTED, count), own.key)
    method, short = _short(request.method, chosen.tasks)
    record, written = path.with_suffix(".json"), PreviewWritten(path, min(count, len(chosen)), short)
    made_of = experiment_key(count, fingerprint(chosen), own.precision)
    if path.is_file() and _made_of(record) == made_of:
        return written
    with named_errors(record):
        record.unlink(missing_ok=True)
    protector = Protector.of(method, own).fit(chosen, collection.pipeline)
    shown = chosen.take(subset_by_hash(chosen.ids, count))  # the first ones by name are often of one kind
    protected = _protected(protector, shown)
    write_bytes(path, before_and_after(list(zip(shown.images[:], protected, strict=True)), to_levels(method.epsilon)))
    write_json(record, made_of)
    return written


def _made_of(record: Path) -> str | None:
    """What an earlier picture was made of; None where that is not known."""
    try:
        return read_json(record, str, "")
    except MtlueError:
        return None


def _short(method: MethodChoice, tasks: tuple[Task, ...]) -> tuple[MethodChoice, bool]:
    """The method with settings that make its fit short, for all images; and whether it has any."""
    settings = method.settings_for(tasks)
    fields = settings.to_json()
    shorter = {name: value for name, value in SHORT.items() if name in fields}
    name, whole = method.name_for(tasks), replace(method.scope, fraction=1.0)
    return replace(method, name=name, settings=replace(settings, **shorter), scope=whole), bool(shorter)


def _protected(protector: Protector, images: ArrayDataset) -> list[Tensor]:
    return [image for batch in images.batches(batch_size(images)) for image in protector.protect_batch(batch).cpu()]
