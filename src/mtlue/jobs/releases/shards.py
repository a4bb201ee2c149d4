"""A release in shards: one collection after another is protected, written and verified; one is held at a time."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mtlue.bounds import to_levels
from mtlue.data.loading import CleanImages, Collection
from mtlue.errors import InputError, param
from mtlue.files import named_errors, write_json
from mtlue.jobs.events import FidelityMeasured, Listener, ReleaseWritten
from mtlue.jobs.releases.restoring import check_restored
from mtlue.jobs.releases.shard_totals import Totals
from mtlue.jobs.releases.steps import (
    ReleaseResult,
    fidelity_meter,
    on_unlabelled,
    protected_pairs,
    tell_notes,
    timed,
    write_training,
)
from mtlue.jobs.requests.owner import ReleaseRequest
from mtlue.protector import Protector
from mtlue.release.labelmaps import dense_tasks
from mtlue.release.layout import OutputFolder
from mtlue.release.seal import write_seal
from mtlue.release.shards.manifest import ShardedManifest
from mtlue.release.shards.packing import packing_of
from mtlue.release.shards.parts import read_columns
from mtlue.release.shards.store import ReleaseStore, reserved_store
from mtlue.release.shards.verify import quiet, unpacked_shard
from mtlue.release.shards.writing import ShardWriter
from mtlue.release.staging import staged
from mtlue.release.table_files import write_rows
from mtlue.release.verify import measured, require_protected
from mtlue.release.writer import WrittenRelease, ignore, write_release
from mtlue.wording import counted

MOST_MEASURED = 1000
"""Images whose change is measured, of all collections together."""
MOST_NOTES = 5
"""On what is not as in the sources: there may be thousands of shards, and one note on each."""


@dataclass(frozen=True)
class Places:
    """Where collections' releases go.

    Args:
        stage: an output folder that is being filled.
        request: in which form.
        store: where shards go at once; None where they stay with the rest.
        writer: of the release's shards.
    """

    stage: OutputFolder
    request: ReleaseRequest
    store: ReleaseStore | None = None
    writer: ShardWriter = field(init=False)

    def __post_init__(self) -> None:
        form = self.request.form
        writer = ShardWriter(self.stage.release.path, form.packing or "", form.shards.rows, self.store)
        object.__setattr__(self, "writer", writer)


def write_shards(
    protector: Protector,
    collections: Iterable[Collection],
    request: ReleaseRequest,
    settings: Callable[[Collection], dict[str, Any]],
    tell: Listener,
    most_measured: int | None = 0,
) -> ReleaseResult:
    """Write a release in shards and its private part into the request's folder, which is reserved.

    Every shard is written whole, read back and verified before the next collection is read; all appear together. Where
    the request names a store, each goes there once it is verified, and the manifest once everything else is in place.

    Args:
        protector: fitted.
        collections: what is released, at least one.
        request: where and in which form.
        settings: for the private folder's record of the command, from the first collection.
        tell: gets the notes, and how visible the change is and the release once that is in its place.
        most_measured: images of each collection whose change is measured; None for as many as of a single one.

    Raises:
        InputError: nothing was changed, or a collection cannot be read.
    """

    def fill(places: Places, totals: Totals) -> Collection | None:
        last = None
        for collection in collections:
            if last is None:
                write_private(protector, collection, places.stage, settings(collection))
            release_collection(protector, collection, places, totals, most_measured)
            last = collection
        return last

    return release_in_shards(protector, request, fill, tell)


def release_in_shards(
    protector: Protector,
    request: ReleaseRequest,
    fill: Callable[[Places, Totals], Collection | None],
    tell: Listener,
) -> ReleaseResult:
    """Write a release in shards, whose collections ``fill`` writes and counts; the rest is as of :func:`write_shards`.

    Args:
        fill: gives back one of the collections; None where there was none.
    """
    totals = Totals()
    with protector.runtime.stage("export"), _reserved(request) as store:
        manifest, collection = _released(protector, request, fill, store, totals)
        if store is not None:
            store.finish()
    return _told(protector, manifest, collection, request, totals, tell)


def _reserved(request: ReleaseRequest) -> AbstractContextManager[ReleaseStore | None]:
    return nullcontext() if request.store is None else reserved_store(request.store, request.folder)


def _released(
    protector: Protector,
    request: ReleaseRequest,
    fill: Callable[[Places, Totals], Collection | None],
    store: ReleaseStore | None,
    totals: Totals,
) -> tuple[ShardedManifest, Collection]:
    """All but a store's manifest, as :func:`release_in_shards`."""
    with staged(request.folder) as stage:
        places = Places(stage, request, store)
        collection = fill(places, totals)
        if not totals.changed or collection is None:
            raise InputError(
                f"no image was changed, so nothing would be protected: raise {param('fraction')}, or add images"
            )
        require_protected(stage.release.path, totals.proofs.result())
        manifest = places.writer.finish()
        write_seal(stage.private, stage.release.manifest)
        write_json(stage.private.files, {"largest_change": totals.largest, **totals.files.to_json()})
        if totals.fidelity is not None:
            write_json(stage.private.fidelity, totals.fidelity.to_json())
        write_training(stage.private, protector, totals.skipped, [*totals.read])
        if store is not None:
            store.seal(stage.release, request.asked())
    return manifest, collection


def _told(
    protector: Protector,
    manifest: ShardedManifest,
    collection: Collection,
    request: ReleaseRequest,
    totals: Totals,
    tell: Listener,
) -> ReleaseResult:
    notes, more = [*totals.notes][:MOST_NOTES], max(0, len(totals.notes) - MOST_NOTES)
    rest = [f"{counted(more, 'more note', 'more notes')} on other shards, as the last one"] if more else []
    tell_notes([*totals.left_out], [*on_unlabelled(totals.unlabelled), *notes, *rest], tell)
    if totals.fidelity is not None:
        tell(FidelityMeasured(totals.fidelity))
    tell(ReleaseWritten(request.out, manifest, totals.changed, totals.largest, totals.files, request.store))
    return ReleaseResult(
        manifest, collection, totals.changed, totals.largest, protector.record, totals.files, totals.fidelity
    )


def write_private(protector: Protector, collection: Collection, stage: OutputFolder, settings: dict[str, Any]) -> None:
    """Write the fitted method, tried once restored, and the record of the command.

    Args:
        collection: one of those that are released.
        stage: an output folder that is being filled.
    """
    protector.save(stage.private.path)
    check_restored(protector, stage.private.path, collection.samples)
    write_json(stage.private.config, settings)


def release_collection(
    protector: Protector, collection: Collection, places: Places, totals: Totals, most_measured: int | None
) -> None:
    """Protect a collection, write it as shards, and verify these; the arguments are those of :func:`write_shards`.

    Args:
        places: where it goes.
        totals: counts it.
    """
    runtime, form = protector.runtime, places.request.form
    unit = OutputFolder(places.stage.path / "unit")
    with named_errors(unit.path):
        unit.release.path.mkdir(parents=True)
        unit.private.path.mkdir(mode=0o700)
    meter = None if most_measured == 0 else fidelity_meter(collection.listing.ids, most_measured)
    observe = ignore if meter is None else timed(meter, runtime)
    pairs = protected_pairs(protector, collection, form.native, totals.unlabelled)
    epsilon = to_levels(protector.epsilon)
    written = write_release(unit, collection, pairs, protector.method, epsilon, form, observe)
    totals.add(collection, written)
    if meter is not None:
        totals.add_fidelity(meter.result())
    _pack(protector, CleanImages(collection, form.native), unit, written, places, totals)
    with named_errors(unit.path):
        shutil.rmtree(unit.path)


def _pack(
    protector: Protector,
    clean: CleanImages,
    unit: OutputFolder,
    written: WrittenRelease,
    places: Places,
    totals: Totals,
) -> None:
    """Put a release of files into shards, each of which is read back and compared with the clean images."""
    writer, runtime = places.writer, protector.runtime
    maps = [task.name for task in dense_tasks(protector.tasks)]
    new = writer.add(unit.release.path, written.manifest, maps, written.largest)
    with runtime.stage("verify"):
        for shard in new:
            files = (shard.path, shard.manifest, places.stage.release.rules)
            with unpacked_shard(packing_of(writer.packing), *files, runtime) as checked:
                totals.proofs.add(measured(checked, clean, quiet(runtime)))
    writer.put_away()
    add_ids(places.stage.private.ids, unit.private.ids)


def add_ids(ids: Path, more: Path) -> None:
    """Add the rows of one table of sources to another."""
    header = not ids.exists()
    with named_errors(ids), ids.open("a", encoding="utf-8", newline="") as stream:
        write_rows(stream, read_columns(more), header)
