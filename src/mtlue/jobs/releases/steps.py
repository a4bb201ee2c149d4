"""What protecting a collection and writing it consists of, whether its release is one of files or of shards."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import torch

from mtlue.data import Batch
from mtlue.data.listing import Skipped
from mtlue.data.loading import Collection
from mtlue.errors import spoken
from mtlue.faults import listed
from mtlue.fidelity.record import Fidelity
from mtlue.files import write_json
from mtlue.jobs.checked import Verdict
from mtlue.jobs.events import FewTested, Listener, Note
from mtlue.memory import return_free_memory
from mtlue.methods import FitRecord
from mtlue.protector import Protector, batch_size
from mtlue.release.decoded import WrittenFiles
from mtlue.release.layout import PrivateFolder
from mtlue.release.manifest import Manifest
from mtlue.release.shards.manifest import ShardedManifest
from mtlue.release.writer import ImagePair, Observer
from mtlue.runtime import Runtime
from mtlue.tasks import Task
from mtlue.threads import ahead

if TYPE_CHECKING:
    from mtlue.fidelity.meter import FidelityMeter

_TRIMMED_AFTER = 64 * 2**20
"""Bytes of images after which free memory goes back to the system."""


@dataclass(frozen=True)
class ReleaseResult:
    """What a job released.

    Attributes:
        manifest: of the release.
        collection: what was read; the last of those that were read one after another.
        changed: images that differ from the clean ones.
        largest_change: of a pixel, in levels, as read back from disk.
        record: of the fit; empty where nothing was fitted.
        files: what the image files take up and keep.
        fidelity: how far the images look from the clean ones, as a reader of the files decodes them; None where it was
            not measured.
        verdict: of the check; None where there was none.
        few_tested: what an audit could not tell of a fitted release; None where it can judge every task.
    """

    manifest: Manifest | ShardedManifest
    collection: Collection
    changed: int
    largest_change: int
    record: FitRecord
    files: WrittenFiles
    fidelity: Fidelity | None
    verdict: Verdict | None = None
    few_tested: FewTested | None = None


def fidelity_meter(ids: Sequence[str], most: int | None = None) -> FidelityMeter:
    """Imported where it is needed: torchmetrics takes a second."""
    from mtlue.fidelity.meter import MOST_IMAGES, FidelityMeter
    from mtlue.fidelity.perceptual import at_hand

    return FidelityMeter(ids, MOST_IMAGES if most is None else most, at_hand())


def timed(meter: FidelityMeter, runtime: Runtime) -> Observer:
    """Shows the meter what is written; its time is not that of writing."""

    def observe(pairs: Sequence[ImagePair]) -> None:
        with runtime.stage("fidelity"):
            meter.add(pairs)

    return observe


def tell_notes(left_out: Sequence[str], notes: Sequence[str], tell: Listener) -> None:
    """Tell what is not in a release, and what is not as in the sources."""
    if left_out:
        names = ", ".join(left_out)
        tell(
            Note(f"{names}: label maps are not part of a release at images' own sizes; their files stay with the owner")
        )
    for note in notes:
        tell(Note(note))


def on_unlabelled(ids: Sequence[str]) -> Iterator[str]:
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


def protected_pairs(
    protector: Protector, collection: Collection, native: bool, unlabelled: list[str]
) -> Iterator[list[ImagePair]]:
    """The collection's images in its order, clean and protected, batch by batch.

    Args:
        unlabelled: gets the ids of images that stay as they are for want of a label.
    """
    runtime, size = protector.runtime, batch_size(collection.samples)
    batches = _protected(protector, collection, size, native)
    if runtime.profile is None:  # a profile counts the stages of one thread
        batches = ahead(batches)
    untrimmed = 0
    for batch, pairs in runtime.progress.track(batches, "protecting", math.ceil(len(collection.listing) / size)):
        unlabelled += _stays(batch, pairs, protector.scope.protected(protector.tasks))
        yield pairs
        untrimmed += sum(after.nbytes for _, after in pairs)
        if untrimmed >= _TRIMMED_AFTER:  # encoders leave holes between batches; to look for them takes 10 ms
            untrimmed = 0
            return_free_memory()


def _protected(
    protector: Protector, collection: Collection, size: int, native: bool
) -> Iterator[tuple[Batch, list[ImagePair]]]:
    """Batches of ``size`` as they are read, and their images clean and protected."""
    runtime, done = protector.runtime, 0
    for batch in runtime.staged("decode", collection.samples.batches(size)):
        if native:
            with runtime.stage("decode"):
                originals = [collection.original(position) for position in range(done, done + len(batch))]
            with runtime.stage("generator forward"):
                after = protector.protect_originals(batch, originals, collection.pipeline)
            yield batch, list(zip(originals, after, strict=True))
        else:
            with runtime.stage("generator forward"):
                protected = protector.protect_batch(batch).cpu()
            yield batch, list(zip(batch.images, protected, strict=True))
        done += len(batch)


def write_training(
    private: PrivateFolder, protector: Protector, skipped: Sequence[Skipped], notes: Sequence[str]
) -> None:
    """Write what is kept of a fit, and of what was read."""
    record, profile = protector.record, protector.runtime.profile
    stages = {} if profile is None else {"stages": profile.seconds()}
    values = {
        "curves": record.curves,
        "seconds": {**record.seconds, **stages},
        "skipped": [{name: spoken(text) for name, text in asdict(one).items()} for one in skipped],
        "notes": [spoken(note) for note in notes],
    }
    write_json(private.training, values)
