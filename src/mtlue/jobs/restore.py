"""``restore``, from disk to disk: whoever holds the key takes the perturbation out of a release again.

A perturbation depends on the clean image, which is what is looked for: protecting a guess shows how far off it is, the
guess is moved by that, and so on until protecting it gives the released image, or gets no closer.
"""

from __future__ import annotations

import math
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import Tensor

from mtlue.bounds import LEVELS, whole_levels
from mtlue.data import Batch
from mtlue.data.loading import CleanImages, Collection, clean_images, load
from mtlue.data.options import DataOptions
from mtlue.errors import InputError
from mtlue.files import folder_written_whole
from mtlue.jobs.events import Listener, Note, ignore
from mtlue.jobs.restore_request import RestoreRequest
from mtlue.protector import Protector, batch_size
from mtlue.release.decoded import Difference
from mtlue.release.finding import find_release
from mtlue.release.form import ReleaseForm
from mtlue.release.layout import OutputFolder
from mtlue.release.manifest import Manifest
from mtlue.release.shards.manifest import ShardedManifest, in_shards
from mtlue.release.shards.unpacking import as_files
from mtlue.release.shards.verify import check_shards, prove_shards
from mtlue.release.verify import reading_pipeline, verify
from mtlue.release.writer import ImagePair, write_release
from mtlue.runtime import Runtime

ROUNDS = 40
"""Guesses at most; a few are enough where a perturbation depends little on the image."""


@dataclass(frozen=True)
class RestoreResult:
    """What was restored.

    Attributes:
        images: how many.
        given_back: share of the values that protecting the restored images once more gives exactly as released, 0..1:
            whether the search succeeded. That the key fits is known by its seal alone: any key gives something back.
        at_limits: share of the released values that are 0 or 255: how far they were moved cannot be seen where they
            were cut off there.
        lossless: whether the release's files hold every value as it was written.
        error: distance of the restored images from the clean ones; None where those were not given.
        error_within: the same of the values that are neither 0 nor 255 in the release, which were not cut off.
    """

    images: int
    given_back: float
    at_limits: float
    lossless: bool
    error: Difference | None = None
    error_within: Difference | None = None


@dataclass
class _Counts:
    values: int = 0
    given_back: int = 0
    at_limits: int = 0
    error: Difference | None = None
    error_within: Difference | None = None

    def add(self, released: Tensor, images: Tensor, given_back: Tensor) -> None:
        """Count a batch."""
        self.values += images.numel()
        self.given_back += int(given_back.sum())
        self.at_limits += int(_at_limits(released).sum())

    def compare(self, clean: Tensor, released: Tensor, image: Tensor) -> None:
        """Count how far an image is from its clean one."""
        within = ~_at_limits(released)
        self.error = Difference.of(clean, image) + (self.error or Difference())
        self.error_within = Difference.of(clean[within], image[within]) + (self.error_within or Difference())


def run_restore(request: RestoreRequest, runtime: Runtime, tell: Listener = ignore) -> RestoreResult:
    """Verify a release against its manifest, then write its images without their perturbation, and their labels.

    Images come at the size and in the 8 bits that they were released in, as PNG.

    Args:
        request: what is asked for.
        runtime: device and progress.
        tell: gets notes.

    Raises:
        VerificationError: the release is not whole, or was changed.
        InputError: the key is of another release, or the release's images have their own sizes.
    """
    request.check()
    release = find_release(request.release)
    manifest = _verified(release, runtime)
    if manifest.native:
        raise InputError(
            f"{release} holds images at their own sizes (--native), whose perturbation was found on smaller copies: "
            "restore cannot take it out yet"
        )
    protector = Protector.load(request.private, runtime)
    collection = _released(release, manifest, protector)
    counts, clean = _Counts(), _clean(request, manifest)
    with folder_written_whole(request.out) as folder:
        _write(folder, collection, _pairs(protector, collection, clean, counts))
    tell(Note(f"{request.out} holds clean images: it is yours, and of those whom you authorise"))
    count = max(1, counts.values)
    given_back, limits = counts.given_back / count, counts.at_limits / count
    errors = counts.error, counts.error_within
    return RestoreResult(len(collection.listing), given_back, limits, manifest.lossless, *errors)


def restored(protector: Protector, batch: Batch) -> tuple[Tensor, Tensor]:
    """The images that a fitted method made released ones from.

    Args:
        protector: fitted; the one that made the release.
        batch: released images and their labels and ids.

    Returns:
        Images, uint8 [B, C, H, W], and which of their values protecting them gives back as released.
    """
    bound, released = whole_levels(protector.epsilon), batch.images.short()
    low, high = (released - bound).clamp(min=0), (released + bound).clamp(max=LEVELS)
    guess = best = batch.images
    wrong = torch.full((len(batch),), math.inf)
    given_back = torch.zeros_like(released, dtype=torch.bool)
    for _ in range(ROUNDS):
        missing = released - protector.protect_batch(replace(batch, images=guess)).short()
        count = (missing != 0).flatten(1).sum(1).float()
        closer = (count < wrong)[:, None, None, None]
        best, given_back = torch.where(closer, guess, best), torch.where(closer, missing == 0, given_back)
        if not bool(closer.any()) or not bool(count.any()):
            break
        wrong = torch.minimum(wrong, count)
        guess = (guess.short() + missing).maximum(low).minimum(high).byte()
    return best, given_back


def _verified(release: Path, runtime: Runtime) -> Manifest | ShardedManifest:
    if not in_shards(release):
        verify(release, None, runtime)
        return Manifest.read(release)
    manifest, _ = check_shards(release)
    prove_shards(release, manifest, None, runtime)
    return manifest


def _released(release: Path, manifest: Manifest | ShardedManifest, protector: Protector) -> Collection:
    """The release's images with the labels that they were protected by; nothing of them stays in a cache."""
    pipeline = replace(reading_pipeline(manifest), center_crop=None, value_range=None)
    data = DataOptions("table", data=as_files(release, None), no_cache=True)
    return load(data, protector.runtime, tasks=protector.tasks, pipeline=pipeline)


def _clean(request: RestoreRequest, manifest: Manifest | ShardedManifest) -> CleanImages | None:
    if request.clean is None:
        return None
    return clean_images(request.clean, reading_pipeline(manifest), None, native=False)


def _pairs(
    protector: Protector, collection: Collection, clean: CleanImages | None, counts: _Counts
) -> Iterator[list[ImagePair]]:
    """Released and restored images, batch by batch, and what is counted of them."""
    samples = collection.samples
    size = batch_size(samples)
    steps = protector.runtime.progress.track(samples.batches(size), "restoring", math.ceil(len(samples) / size))
    for batch in steps:
        images, given_back = restored(protector, batch)
        counts.add(batch.images, images, given_back)
        if clean is not None:
            for identifier, released, image in zip(batch.ids, batch.images, images, strict=True):
                counts.compare(_of(clean, identifier), released, image)
        yield list(zip(batch.images, images, strict=True))


def _at_limits(released: Tensor) -> Tensor:
    return (released == 0) | (released == LEVELS)


def _of(clean: CleanImages, identifier: str) -> Tensor:
    if identifier not in clean:
        raise InputError(f"the clean images have none with the id '{identifier}': give those that were protected")
    return clean[identifier]


def _write(folder: Path, collection: Collection, pairs: Iterator[list[ImagePair]]) -> None:
    """Images and labels as in a release, but without a manifest: it is none."""
    parts = OutputFolder(folder / ".parts")
    for part in (parts.release.path, parts.private.path):
        part.mkdir(parents=True)
    write_release(parts, collection, pairs, "restored", 0.0, ReleaseForm())
    parts.release.manifest.unlink()
    for place in parts.release.path.iterdir():
        place.rename(folder / place.name)
    shutil.rmtree(parts.path)
