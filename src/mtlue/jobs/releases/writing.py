"""What ``protect`` and ``apply`` share: a fitted protector and images in, a verified release on disk out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from mtlue.bounds import to_levels
from mtlue.data.columns.rules_file import read_rules
from mtlue.data.loading import CleanImages, Collection
from mtlue.data.recognition.layout import recognised
from mtlue.errors import InputError, param
from mtlue.files import write_json
from mtlue.jobs.events import DataLoaded, FidelityMeasured, Listener, ReleaseWritten
from mtlue.jobs.releases.restoring import check_restored
from mtlue.jobs.releases.shards import write_shards
from mtlue.jobs.releases.steps import (
    ReleaseResult,
    fidelity_meter,
    on_unlabelled,
    protected_pairs,
    tell_notes,
    timed,
    write_training,
)
from mtlue.jobs.requests.owner import ReleaseRequest, plain
from mtlue.jobs.requests.places import check_splits
from mtlue.jobs.requests.remembered_data import wherever_started
from mtlue.protector import Protector
from mtlue.release.labelmaps import require_no_images
from mtlue.release.staging import staged
from mtlue.release.verify import check_release, prove
from mtlue.release.writer import ignore, write_release
from mtlue.threads import file_map

__all__ = ["ReleaseResult", "prepared", "reading_settings", "write_verified"]


def prepared(
    collection: Collection, request: ReleaseRequest, splits: Sequence[str] | None, tell: Listener
) -> Collection:
    """The part of what was loaded that is to be released, refused before anything is trained where it cannot be.

    Raises:
        InputError: a split that does not exist; or a label map that is itself one of the images.
    """
    released = _only(collection, splits)
    tell(DataLoaded(collection))
    if not request.form.native:  # at images' own sizes no label map is released
        with file_map(collection.pipeline.size) as mapped:
            require_no_images(released, mapped)
    return released


def write_verified(
    protector: Protector,
    collection: Collection,
    request: ReleaseRequest,
    settings: dict[str, Any],
    tell: Listener,
    measured: bool = True,
) -> ReleaseResult:
    """Write a release and its private part into the request's folder, which is reserved; verified before it appears.

    Args:
        protector: fitted.
        collection: what is released.
        request: where and in which form.
        settings: for the private folder's record of the command.
        tell: gets the notes, and how visible the change is and the release once that is in its place.
        measured: whether the former is measured.
    """
    if request.form.packing is not None:
        most = None if measured else 0
        return write_shards(protector, [collection], request, lambda _: settings, tell, most)
    runtime, form, meter = protector.runtime, request.form, fidelity_meter(collection.listing.ids) if measured else None
    with runtime.stage("export"), staged(request.folder) as stage:
        protector.save(stage.private.path)
        check_restored(protector, stage.private.path, collection.samples)
        unlabelled: list[str] = []
        pairs = protected_pairs(protector, collection, form.native, unlabelled)
        epsilon, observe = to_levels(protector.epsilon), ignore if meter is None else timed(meter, runtime)
        written = write_release(stage, collection, pairs, protector.method, epsilon, form, observe).without_images()
        tell_notes(written.manifest.labels_left_out, [*on_unlabelled(unlabelled), *written.notes], tell)
        if not written.changed:
            raise InputError(
                f"no image was changed, so nothing would be protected: raise {param('fraction')}, or add images"
            )
        with runtime.stage("verify"):
            checked = check_release(stage.release.path, runtime)
            proof = prove(checked, CleanImages(collection, form.native), runtime)
        fidelity, largest = None if meter is None else meter.result(), proof.largest_change or 0
        write_json(stage.private.config, settings)
        write_json(stage.private.files, {"largest_change": largest, **written.files.to_json()})
        if fidelity is not None:
            write_json(stage.private.fidelity, fidelity.to_json())
        write_training(stage.private, protector, collection.skipped, collection.notes)
    if fidelity is not None:
        tell(FidelityMeasured(fidelity))
    tell(ReleaseWritten(request.out, checked.manifest, written.changed, largest, written.files))
    return ReleaseResult(
        checked.manifest, collection, written.changed, largest, protector.record, written.files, fidelity
    )


def reading_settings(request: ReleaseRequest, collection: Collection) -> dict[str, Any]:
    """How the images were read, for ``config.json``."""
    return {
        "data": plain(asdict(wherever_started(recognised(request.data)))),
        "pipeline": collection.pipeline.to_json(),
        "rules": {name: asdict(rule) for name, rule in read_rules(request.data.tasks).rules.items()},
    }


def _only(collection: Collection, splits: Sequence[str] | None) -> Collection:
    if splits is None:
        return collection
    check_splits(splits, sorted(set(collection.splits)))
    return collection.restricted_to(splits)
