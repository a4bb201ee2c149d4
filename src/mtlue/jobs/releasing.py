"""What ``protect`` and ``apply`` share: a fitted protector and images in, a verified release on disk out."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import torch

from mtlue.bounds import to_levels
from mtlue.data import Batch
from mtlue.data.loading import CleanImages, Collection
from mtlue.data.recognition.layout import recognised
from mtlue.errors import InputError, param, spoken
from mtlue.faults import listed
from mtlue.fidelity.record import Fidelity
from mtlue.files import write_json
from mtlue.jobs.events import DataLoaded, FidelityMeasured, Listener, Note, ReleaseWritten
from mtlue.jobs.fits import Verdict
from mtlue.jobs.places import check_splits
from mtlue.jobs.remembered_data import wherever_started
from mtlue.jobs.requests import ReleaseRequest, plain
from mtlue.jobs.restoring import check_restored
from mtlue.methods import FitRecord
from mtlue.protector import Protector, batch_size
from mtlue.release.decoded import WrittenFiles
from mtlue.release.labelmaps import require_no_images
from mtlue.release.layout import PrivateFolder
from mtlue.release.manifest import Manifest
from mtlue.release.staging import staged
from mtlue.release.verify import verify
from mtlue.release.writer import ImagePair, Observer, ignore, write_release
from mtlue.runtime import Runtime, return_free_memory
from mtlue.tasks import Task
from mtlue.threads import file_map

if TYPE_CHECKING:
    from mtlue.fidelity.meter import FidelityMeter

_PROBED = 2
"""Images that the method is tried on, once saved and restored."""


@dataclass(frozen=True)
class ReleaseResult:
    """What a job released.

    Attributes:
        manifest: of the release.
        collection: what was read.
        changed: images that differ from the clean ones.
        largest_change: of a pixel, in levels, as read back from disk.
        record: of the fit; empty where nothing was fitted.
        files: what the image files take up and keep.
        fidelity: how far the images look from the clean ones, as a reader of the files decodes them; None where it was
            not measured.
        verdict: of the check; None where there was none.
    """

    manifest: Manifest
    collection: Collection
    changed: int
    largest_change: int
    record: FitRecord
    files: WrittenFiles
    fidelity: Fidelity | None
    verdict: Verdict | None = None


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
    runtime, form, meter = protector.runtime, request.form, _meter(collection) if measured else None
    with runtime.stage("export"), staged(request.folder) as stage:
        protector.save(stage.private.path)
        check_restored(protector, stage.private.path, next(collection.samples.batches(_PROBED)))
        unlabelled: list[str] = []
        pairs = _protected(protector, collection, form.native, unlabelled)
        epsilon, observe = to_levels(protector.epsilon), ignore if meter is None else _timed(meter, runtime)
        written = write_release(stage, collection, pairs, protector.method, epsilon, form, observe)
        _tell_notes(written.manifest.labels_left_out, [*_on_unlabelled(unlabelled), *written.notes], tell)
        if not written.changed:
            raise InputError(
                f"no image was changed, so nothing would be protected: raise {param('fraction')}, or add images"
            )
        with runtime.stage("verify"):
            proof = verify(stage.release.path, CleanImages(collection, form.native), runtime)
        fidelity, largest = None if meter is None else meter.result(), proof.largest_change or 0
        write_json(stage.private.config, settings)
        write_json(stage.private.files, {"largest_change": largest, **written.files.to_json()})
        if fidelity is not None:
            write_json(stage.private.fidelity, fidelity.to_json())
        _write_training(stage.private, protector, collection)
    if fidelity is not None:
        tell(FidelityMeasured(fidelity))
    tell(ReleaseWritten(request.out, written.manifest, written.changed, largest, written.files))
    return ReleaseResult(
        written.manifest, collection, written.changed, largest, protector.record, written.files, fidelity
    )


def _meter(collection: Collection) -> FidelityMeter:
    """Imported where it is needed: torchmetrics takes a second."""
    from mtlue.fidelity.meter import FidelityMeter

    return FidelityMeter(collection.listing.ids)


def _timed(meter: FidelityMeter, runtime: Runtime) -> Observer:
    """Shows the meter what is written; its time is not that of writing."""

    def observe(pairs: Sequence[ImagePair]) -> None:
        with runtime.stage("fidelity"):
            meter.add(pairs)

    return observe


def reading_settings(request: ReleaseRequest, collection: Collection) -> dict[str, Any]:
    """How the images were read, for ``config.json``."""
    return {
        "data": plain(asdict(wherever_started(recognised(request.data)))),
        "pipeline": collection.pipeline.to_json(),
    }


def _tell_notes(left_out: Sequence[str], notes: Sequence[str], tell: Listener) -> None:
    if left_out:
        names = ", ".join(left_out)
        tell(
            Note(f"{names}: label maps are not part of a release at images' own sizes; their files stay with the owner")
        )
    for note in notes:
        tell(Note(note))


def _on_unlabelled(ids: Sequence[str]) -> Iterator[str]:
    """What the owner has to know before publishing."""
    if ids:
        has, stays, them = ("has", "it stays", "it") if len(ids) == 1 else ("have", "they stay", "them")
        yield (
            f"{listed(ids)} {has} no label to protect, so {stays} unprotected in the release: label {them}, or remove "
            f"{them}"
        )


def _stays(batch: Batch, pairs: Sequence[ImagePair], tasks: Sequence[Task]) -> Iterator[str]:
    """The ids of images that are as they were, and carry no label of these tasks."""
    for position, (before, after) in enumerate(pairs):
        if torch.equal(before, after) and all(
            bool(task.unlabelled(batch.labels[task.name][position : position + 1])) for task in tasks
        ):
            yield batch.ids[position]


def _protected(
    protector: Protector, collection: Collection, native: bool, unlabelled: list[str]
) -> Iterator[list[ImagePair]]:
    """The collection's images in its order, clean and protected, batch by batch.

    Args:
        unlabelled: gets the ids of images that stay as they are for want of a label.
    """
    runtime, samples = protector.runtime, collection.samples
    size = batch_size(samples)
    batches = runtime.staged("decode", samples.batches(size))
    done = 0
    for batch in runtime.progress.track(batches, "protecting", math.ceil(len(collection.listing) / size)):
        if native:
            with runtime.stage("decode"):
                originals = [collection.original(position) for position in range(done, done + len(batch))]
            with runtime.stage("generator forward"):
                after = protector.protect_originals(batch, originals, collection.pipeline)
            pairs: list[ImagePair] = list(zip(originals, after, strict=True))
        else:
            with runtime.stage("generator forward"):
                protected = protector.protect_batch(batch).cpu()
            pairs = list(zip(batch.images, protected, strict=True))
        unlabelled += _stays(batch, pairs, protector.scope.protected(protector.tasks))
        yield pairs
        done += len(batch)
        return_free_memory()  # encoders leave holes between batches


def _write_training(private: PrivateFolder, protector: Protector, collection: Collection) -> None:
    record, profile = protector.record, protector.runtime.profile
    stages = {} if profile is None else {"stages": profile.seconds()}
    values = {
        "curves": record.curves,
        "seconds": {**record.seconds, **stages},
        "skipped": [{name: spoken(text) for name, text in asdict(skipped).items()} for skipped in collection.skipped],
        "notes": [spoken(note) for note in collection.notes],
    }
    write_json(private.training, values)


def _only(collection: Collection, splits: Sequence[str] | None) -> Collection:
    if splits is None:
        return collection
    check_splits(splits, sorted(set(collection.splits)))
    return collection.restricted_to(splits)
