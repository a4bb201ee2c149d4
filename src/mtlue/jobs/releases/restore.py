"""``restore``, from disk to disk: whoever holds the key takes the perturbation out of a release again."""

from __future__ import annotations

import math
import shutil
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from torch import Tensor

from mtlue._version import __version__
from mtlue.bounds import LEVELS, whole_levels
from mtlue.data import Batch, Pipeline
from mtlue.data.loading import CleanImages, Collection, clean_images, load
from mtlue.data.options import DataOptions
from mtlue.errors import InputError
from mtlue.files import folder_written_whole, named_errors, write_json
from mtlue.jobs.events import Listener, Note, ignore
from mtlue.jobs.releases.unperturbed import restored, restored_original
from mtlue.jobs.requests.restore import RestoreRequest
from mtlue.protector import Protector, batch_size
from mtlue.release.decoded import Difference
from mtlue.release.finding import find_release
from mtlue.release.form import ReleaseForm
from mtlue.release.layout import IMAGES, RESTORED, OutputFolder
from mtlue.release.manifest import Manifest
from mtlue.release.shards.manifest import ShardedManifest, in_shards
from mtlue.release.shards.unpacking import as_files
from mtlue.release.shards.verify import check_shards, prove_shards
from mtlue.release.verify import reading_pipeline, verify
from mtlue.release.writer import ImagePair, write_release
from mtlue.runtime import Runtime
from mtlue.tasks import Task


@dataclass(frozen=True)
class RestoreResult:
    """What was restored.

    Attributes:
        images: how many.
        given_back: share of the values that protecting the restored images once more gives exactly as released, 0..1:
            whether the search succeeded. That the key fits is known by its seal alone: any key gives something back.
        at_limits: share of the released values that are 0 or 255: how far they were moved cannot be seen where they
            were cut off there, so that they come back within ``bound``.
        bound: how far a value was moved at most, in levels.
        native: whether images have their own sizes: perturbations were found on smaller copies, whose cut-off values
            are not known, so that any value near one that was cut off may differ, by twice ``bound`` at most.
        lossless: whether the release's files hold every value as it was written.
        error: distance of the restored images from the clean ones; None where those were not given.
        error_within: the same of the values that are neither 0 nor 255 in the release, which were not cut off.
        error_at_limits: the same of those that are.
    """

    images: int
    given_back: float
    at_limits: float
    bound: int
    native: bool
    lossless: bool
    error: Difference | None = None
    error_within: Difference | None = None
    error_at_limits: Difference | None = None


@dataclass
class _Counts:
    values: int = 0
    given_back: int = 0
    at_limits: int = 0
    error: Difference | None = None
    error_within: Difference | None = None
    error_at_limits: Difference | None = None

    def add(self, released: Tensor, image: Tensor, given_back: Tensor) -> None:
        """Count an image."""
        self.values += image.numel()
        self.given_back += int(given_back.sum())
        self.at_limits += int(_at_limits(released).sum())

    def compare(self, clean: Tensor, released: Tensor, image: Tensor) -> None:
        """Count how far an image is from its clean one."""
        limits = _at_limits(released)
        self.error = Difference.of(clean, image) + (self.error or Difference())
        self.error_within = Difference.of(clean[~limits], image[~limits]) + (self.error_within or Difference())
        self.error_at_limits = Difference.of(clean[limits], image[limits]) + (self.error_at_limits or Difference())


def run_restore(request: RestoreRequest, runtime: Runtime, tell: Listener = ignore) -> RestoreResult:
    """Verify a release against its manifest, then write its images without their perturbation, and their labels.

    Images come at the size and in the 8 bits that they were released in, as PNG. Those of their own sizes (--native)
    are looked for one by one, as the perturbation of each was found on a smaller copy.

    Args:
        request: what is asked for.
        runtime: device and progress.
        tell: gets notes.

    Raises:
        VerificationError: the release is not whole, or was changed.
        InputError: the key is of another release, or the release lacks label maps that the perturbation depends on.
    """
    request.check()
    release = find_release(request.release)
    manifest = _verified(release, runtime)
    protector = Protector.load(request.private, runtime)
    if missing := [task.name for task in protector.decisive_tasks if task.name in manifest.labels_left_out]:
        raise InputError(
            f"{release} holds no label maps ({', '.join(missing)}), as images at their own sizes do not, and the "
            "perturbation depends on them: restore cannot take it out"
        )
    collection = _released(release, manifest, protector)
    found = _found(protector, collection, _working(manifest) if manifest.native else None)
    counts, clean = _Counts(), _clean(request, manifest)
    with named_errors(request.out), suppress(FileNotFoundError):
        request.out.rmdir()  # an empty one, in whose place the whole one appears
    with folder_written_whole(request.out) as folder:
        _write(folder, collection, _counted(found, clean, counts), ReleaseForm(native=manifest.native))
    tell(Note(f"{request.out} holds images without their protection: keep it to yourself and those whom you authorise"))
    count = max(1, counts.values)
    given_back, limits = counts.given_back / count, counts.at_limits / count
    return RestoreResult(
        len(collection.listing),
        given_back,
        limits,
        whole_levels(protector.epsilon),
        manifest.native,
        manifest.lossless,
        counts.error,
        counts.error_within,
        counts.error_at_limits,
    )


def _verified(release: Path, runtime: Runtime) -> Manifest | ShardedManifest:
    if not in_shards(release):
        verify(release, None, runtime)
        return Manifest.read(release)
    manifest, _ = check_shards(release)
    prove_shards(release, manifest, None, runtime)
    return manifest


def _released(release: Path, manifest: Manifest | ShardedManifest, protector: Protector) -> Collection:
    """The release's images with the labels that they were protected by; nothing of them stays in a cache.

    Raises:
        InputError: one of them, or its label map, cannot be read.
    """
    pipeline = replace(_working(manifest), center_crop=None)
    data = DataOptions("table", data=as_files(release, None), no_cache=True)
    tasks = tuple(task.as_released() for task in protector.tasks if task.name not in manifest.labels_left_out)
    collection = load(data, protector.runtime, tasks=tasks, pipeline=pipeline)
    if collection.skipped:
        first = collection.skipped[0]
        raise InputError(f"{release} cannot be restored: {first.name}: {first.reason}")
    return collection


def _working(manifest: Manifest | ShardedManifest) -> Pipeline:
    """What brings an image to the size that its perturbation was found at; a released one has 8 bits."""
    return replace(reading_pipeline(manifest), value_range=None)


def _clean(request: RestoreRequest, manifest: Manifest | ShardedManifest) -> CleanImages | None:
    if request.clean is None:
        return None
    return clean_images(request.clean, reading_pipeline(manifest), None, native=manifest.native)


@dataclass(frozen=True)
class _Found:
    """What was released as what, and restored to what; and which values protecting that gives back."""

    id: str
    released: Tensor
    image: Tensor
    given_back: Tensor


def _found(protector: Protector, collection: Collection, working: Pipeline | None) -> Iterator[list[_Found]]:
    """Released and restored images, batch by batch.

    Args:
        working: of images at their own sizes: what brings them to the size that their perturbation was found at.
    """
    samples = collection.samples
    size, done = batch_size(samples), 0
    steps = protector.runtime.progress.track(samples.batches(size), "restoring", math.ceil(len(samples) / size))
    for batch in map(partial(_with_blanks, protector.tasks), steps):
        if working is None:
            yield list(map(_Found, batch.ids, batch.images, *restored(protector, batch)))
        else:
            own = [collection.original(done + position) for position in range(len(batch))]
            yield [
                _Found(one.ids[0], image, *restored_original(protector, one, image, working))
                for one, image in zip(_ones(batch), own, strict=True)
            ]
        done += len(batch)


def _with_blanks(tasks: Sequence[Task], batch: Batch) -> Batch:
    """The batch with labels that say nothing for the tasks that a release leaves out."""
    size = (batch.images.shape[2], batch.images.shape[3])
    blanks = {task.name: task.blank_labels(len(batch), size) for task in tasks}
    return replace(batch, labels={**blanks, **batch.labels})


def _ones(batch: Batch) -> Iterator[Batch]:
    for place in range(len(batch)):
        part = slice(place, place + 1)
        labels = {name: label[part] for name, label in batch.labels.items()}
        yield Batch(batch.images[part], labels, batch.ids[part])


def _counted(batches: Iterator[list[_Found]], clean: CleanImages | None, counts: _Counts) -> Iterator[list[ImagePair]]:
    """Released and restored images, and what is counted of them."""
    for batch in batches:
        for found in batch:
            counts.add(found.released, found.image, found.given_back)
            if clean is not None:
                counts.compare(_of(clean, found.id), found.released, found.image)
        yield [(found.released, found.image) for found in batch]


def _at_limits(released: Tensor) -> Tensor:
    return (released == 0) | (released == LEVELS)


def _of(clean: CleanImages, identifier: str) -> Tensor:
    if identifier not in clean:
        raise InputError(f"the clean images have none with the id '{identifier}': give those that were protected")
    return clean[identifier]


def _named_by_owner(collection: Collection) -> Collection:
    """The images without the folder that a release puts before their names, as it is put there once more."""
    names = [name.removeprefix(f"{IMAGES}/") for name in collection.files]
    return replace(collection, listing=replace(collection.listing, files=names))


def _write(folder: Path, collection: Collection, pairs: Iterator[list[ImagePair]], form: ReleaseForm) -> None:
    """Images and labels under the names that they have in the release, with a mark in the place of its manifest."""
    parts = OutputFolder(folder / ".parts")
    for part in (parts.release.path, parts.private.path):
        part.mkdir(parents=True)
    write_release(parts, _named_by_owner(collection), pairs, "restored", 0.0, form)
    parts.release.manifest.unlink()
    for place in parts.release.path.iterdir():
        place.rename(folder / place.name)
    shutil.rmtree(parts.path)
    write_json(folder / RESTORED, {"tool": "mtlue", "version": __version__})
