"""A release in shards: one collection after another is protected, written and verified; one is held at a time."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from mtlue.bounds import to_levels
from mtlue.data.listing import Skipped
from mtlue.data.loading import CleanImages, Collection
from mtlue.errors import InputError, param
from mtlue.fidelity.record import Fidelity
from mtlue.files import named_errors, write_json
from mtlue.jobs.events import FidelityMeasured, Listener, ReleaseWritten
from mtlue.jobs.release_steps import (
    ReleaseResult,
    fidelity_meter,
    on_unlabelled,
    protected_pairs,
    tell_notes,
    timed,
    write_training,
)
from mtlue.jobs.requests import ReleaseRequest
from mtlue.jobs.restoring import check_restored
from mtlue.protector import Protector
from mtlue.release.decoded import Difference, WrittenFiles
from mtlue.release.formats import Survival
from mtlue.release.layout import OutputFolder
from mtlue.release.seal import write_seal
from mtlue.release.shards.manifest import ShardedManifest
from mtlue.release.shards.packing import packing_of
from mtlue.release.shards.parts import read_columns
from mtlue.release.shards.verify import Proofs, quiet, unpacked_shard
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
PROBED = 2
"""Images that the method is tried on, once saved and restored."""


@dataclass
class Totals:
    """What is known of all collections that were released so far."""

    changed: int = 0
    survival: Survival = field(default_factory=Survival)
    bytes: int = 0
    source_bytes: int | None = 0
    difference: Difference | None = None
    proofs: Proofs = field(default_factory=Proofs)
    unlabelled: list[str] = field(default_factory=list)
    left_out: dict[str, None] = field(default_factory=dict)
    notes: dict[str, None] = field(default_factory=dict)
    skipped: list[Skipped] = field(default_factory=list)
    read: dict[str, None] = field(default_factory=dict)
    fidelity: Fidelity | None = None

    def add(self, collection: Collection, written: WrittenRelease) -> None:
        """Count a collection and what was written of it."""
        self.changed += written.changed
        self.survival.merge(written.survival)
        self._add_files(written.files)
        self.left_out |= dict.fromkeys(written.manifest.labels_left_out)
        self.notes |= dict.fromkeys(written.notes)
        self.skipped += collection.skipped
        self.read |= dict.fromkeys(collection.notes)

    def _add_files(self, files: WrittenFiles) -> None:
        self.bytes += files.bytes
        if self.source_bytes is not None:
            self.source_bytes = None if files.source_bytes is None else self.source_bytes + files.source_bytes
        if files.difference is not None:
            self.difference = files.difference + (self.difference or Difference())

    @property
    def files(self) -> WrittenFiles:
        """What the images of all of them take up and keep."""
        return WrittenFiles(self.bytes, self.source_bytes, self.survival.share, self.difference)

    @property
    def largest(self) -> int:
        """Change of a pixel, in levels, as read back from disk."""
        return self.proofs.largest or 0

    def add_fidelity(self, more: Fidelity) -> None:
        """Count what was measured of a collection."""
        self.fidelity = more if self.fidelity is None else self.fidelity.joined(more)


def write_shards(
    protector: Protector,
    collections: Iterable[Collection],
    request: ReleaseRequest,
    settings: Callable[[Collection], dict[str, Any]],
    tell: Listener,
    most_measured: int | None = 0,
) -> ReleaseResult:
    """Write a release in shards and its private part into the request's folder, which is reserved.

    Every shard is written whole, read back and verified before the next collection is read; all appear together.

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
    totals, last = Totals(), None
    with protector.runtime.stage("export"), staged(request.folder) as stage:
        writer = ShardWriter(stage.release.path, request.form.packing or "", request.form.shards.rows)
        for collection in collections:
            if last is None:
                _write_private(protector, collection, stage, settings(collection))
            _release(protector, collection, request, _Places(stage, writer), totals, most_measured)
            last = collection
        if not totals.changed or last is None:
            raise InputError(
                f"no image was changed, so nothing would be protected: raise {param('fraction')}, or add images"
            )
        require_protected(stage.release.path, totals.proofs.result())
        manifest = writer.finish()
        write_seal(stage.private, stage.release.manifest)
        write_json(stage.private.files, {"largest_change": totals.largest, **totals.files.to_json()})
        if totals.fidelity is not None:
            write_json(stage.private.fidelity, totals.fidelity.to_json())
        write_training(stage.private, protector, totals.skipped, [*totals.read])
    return _told(protector, manifest, last, request, totals, tell)


@dataclass(frozen=True)
class _Places:
    """Where a collection's release goes."""

    stage: OutputFolder
    writer: ShardWriter


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
    tell(ReleaseWritten(request.out, manifest, totals.changed, totals.largest, totals.files))
    return ReleaseResult(
        manifest, collection, totals.changed, totals.largest, protector.record, totals.files, totals.fidelity
    )


def _write_private(protector: Protector, collection: Collection, stage: OutputFolder, settings: dict[str, Any]) -> None:
    protector.save(stage.private.path)
    check_restored(protector, stage.private.path, next(collection.samples.batches(PROBED)))
    write_json(stage.private.config, settings)


def _release(
    protector: Protector,
    collection: Collection,
    request: ReleaseRequest,
    places: _Places,
    totals: Totals,
    most_measured: int | None,
) -> None:
    """Protect a collection, write it as shards, and verify these."""
    runtime, native = protector.runtime, request.form.native
    unit = OutputFolder(places.stage.path / "unit")
    with named_errors(unit.path):
        unit.release.path.mkdir(parents=True)
        unit.private.path.mkdir()
    meter = None if most_measured == 0 else fidelity_meter(collection.listing.ids, most_measured)
    observe = ignore if meter is None else timed(meter, runtime)
    pairs = protected_pairs(protector, collection, native, totals.unlabelled)
    epsilon = to_levels(protector.epsilon)
    written = write_release(unit, collection, pairs, protector.method, epsilon, request.form, observe)
    totals.add(collection, written)
    if meter is not None:
        totals.add_fidelity(meter.result())
    _pack(protector, collection, unit, written, places, totals, native)
    with named_errors(unit.path):
        shutil.rmtree(unit.path)


def _pack(
    protector: Protector,
    collection: Collection,
    unit: OutputFolder,
    written: WrittenRelease,
    places: _Places,
    totals: Totals,
    native: bool,
) -> None:
    """Put a release of files into shards, each of which is read back and compared with the clean images."""
    writer, runtime, clean = places.writer, protector.runtime, CleanImages(collection, native)
    new = writer.add(unit.release.path, written.manifest, written.largest)
    with runtime.stage("verify"):
        for shard in new:
            files = (shard.path, shard.manifest, places.stage.release.rules)
            with unpacked_shard(packing_of(writer.packing), *files, runtime) as checked:
                totals.proofs.add(measured(checked, clean, quiet(runtime)))
    ids = places.stage.private.ids
    header = not ids.exists()
    with named_errors(ids), ids.open("a", encoding="utf-8", newline="") as stream:
        write_rows(stream, read_columns(unit.private.ids), header)
