"""Proof of a release in shards, one shard at a time: each is unpacked and proved as any release."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from mtlue.data.loading import CleanImages
from mtlue.data.shards.seen import SeenIds
from mtlue.errors import InputError, VerificationError
from mtlue.progress import Silent
from mtlue.release.checks.faults import raise_any
from mtlue.release.checks.folder import folder_faults
from mtlue.release.decoded import Difference
from mtlue.release.layout import ReleaseFolder
from mtlue.release.manifest import Manifest, ReleasedFile
from mtlue.release.shards.manifest import ShardedManifest
from mtlue.release.shards.packing import Packing, packing_of
from mtlue.release.shards.unpacking import file_fault, read_manifest, unpack_shard
from mtlue.release.verify import (
    Checked,
    Verification,
    check_release,
    measured,
    note_on_cards,
    require_protected,
    seal_notes,
)
from mtlue.runtime import Runtime
from mtlue.scratch import scratch_folder

_OWN = frozenset({"format", "largest_change", "counts", "metadata_sha256", "images", "labels"})
"""What a shard's own manifest says of it alone; all else is as in the release's."""


@dataclass
class Proofs:
    """What was proved of shards so far."""

    images: int = 0
    largest: int | None = None
    unchanged: int | None = None
    hardly: int | None = None
    difference: Difference | None = None

    def add(self, proof: Verification) -> None:
        """Count one shard."""
        self.images += proof.images
        if proof.largest_change is not None:
            self.largest = max(self.largest or 0, proof.largest_change)
            self.unchanged = (self.unchanged or 0) + (proof.unchanged or 0)
            self.hardly = (self.hardly or 0) + (proof.hardly or 0)
        if proof.difference is not None:
            self.difference = proof.difference + (self.difference or Difference())

    def result(self) -> Verification:
        """Of all of them."""
        return Verification(self.images, self.largest, self.unchanged, self.hardly, self.difference)


@dataclass(frozen=True)
class ProvedShard:
    """A shard that was checked: what it says, and what was proved of its images."""

    path: Path
    ids: Sequence[str]
    proof: Verification
    notes: Sequence[str]
    counts: Mapping[str, int]
    allowed: int | None


def check_shards(release: Path) -> tuple[ShardedManifest, list[str]]:
    """The manifest of a release in shards, once its folder holds what it lists and nothing else; and notes.

    No shard is opened.

    Raises:
        VerificationError: names the offending files.
    """
    manifest = ShardedManifest.read(release)
    packing_of(manifest.packing)
    notes = [*seal_notes(release), *note_on_cards(release)]
    raise_any(release, folder_faults(release, manifest.file_names()))
    if manifest.rules is not None:
        raise_any(release, [file_fault(release, manifest.rules)])
    return manifest, notes


def prove_shards(
    release: Path, manifest: ShardedManifest, clean: CleanImages | None, runtime: Runtime
) -> tuple[Verification, list[str]]:
    """Check every shard's hash, contents and images and, where clean images are given, epsilon in every pixel.

    One shard is on disk and in memory at a time.

    Args:
        release: folder of the release.
        manifest: of the release, as :func:`check_shards` read it.
        clean: the images that were protected.
        runtime: for its progress.

    Returns:
        What was proved, and notes.

    Raises:
        VerificationError: names the offending shard and files; or no image differs from its clean one.
    """
    count = len(manifest.shards)
    numbers = runtime.progress.track(range(count), "verifying shards", count)
    return taken_together(release, manifest, (prove_shard(release, manifest, one, clean, runtime) for one in numbers))


def prove_shard(
    release: Path, manifest: ShardedManifest, number: int, clean: CleanImages | None, runtime: Runtime
) -> ProvedShard:
    """Check one shard; the arguments besides its number, and the errors, are those of :func:`prove_shards`."""
    packing, rules, shard = packing_of(manifest.packing), ReleaseFolder(release).rules, manifest.shards[number]
    path = release / shard.file_name
    raise_any(release, [file_fault(release, ReleasedFile(shard.file_name, shard.sha256))])
    read_manifest(release, shard.manifest, shard.manifest_sha256)
    with unpacked_shard(packing, path, release / shard.manifest, rules, runtime) as checked:
        _require_same(manifest, checked.manifest, path, shard.images)
        return ProvedShard(
            path=path,
            ids=[image.id for image in checked.manifest.images],
            proof=measured(checked, clean, quiet(runtime)),
            notes=checked.notes,
            counts=checked.manifest.counts,
            allowed=checked.manifest.largest_change,
        )


def taken_together(
    release: Path, manifest: ShardedManifest, shards: Iterable[ProvedShard]
) -> tuple[Verification, list[str]]:
    """What shards prove together, all of them, in their order; as :func:`prove_shards`."""
    proofs, seen, counts, notes = Proofs(), SeenIds(), Counter[str](), dict[str, None]()
    allowed: int | None = None
    for shard in shards:
        _require_new(seen, shard.ids, shard.path)
        proofs.add(shard.proof)
        notes |= dict.fromkeys(shard.notes)
        counts.update(shard.counts)
        if shard.allowed is not None:
            allowed = max(allowed or 0, shard.allowed)
    if counts != Counter(manifest.counts):
        raise VerificationError(f"{release}: its manifest and its shards do not count the same images in each split")
    if allowed != manifest.largest_change:
        raise VerificationError(f"{release}: its manifest and its shards' do not allow the same largest change")
    require_protected(release, proofs.result())
    return proofs.result(), [*notes]


@contextmanager
def unpacked_shard(packing: Packing, path: Path, manifest: Path, rules: Path, runtime: Runtime) -> Iterator[Checked]:
    """A shard as a checked release of files, in a temporary folder; errors name the shard instead.

    Raises:
        VerificationError: the shard is not whole, or holds more than it should.
    """
    with scratch_folder("shard") as folder:
        try:
            unpack_shard(packing, path, manifest, rules, folder)
            yield check_release(folder, quiet(runtime))
        except VerificationError as error:
            raise VerificationError(error.text.replace(str(folder), str(path))) from error


def quiet(runtime: Runtime) -> Runtime:
    """The same without a bar for each step of each shard."""
    return runtime.replace(progress=Silent())


def _require_same(whole: ShardedManifest, part: Manifest, path: Path, images: int) -> None:
    """Refuse a shard whose own manifest says something else than the release's."""
    names = [name for name in Manifest.__struct_fields__ if name not in _OWN]
    different = [name for name in names if getattr(whole, name) != getattr(part, name)]
    if different or len(part.images) != images:
        what = different[0] if different else "the number of images"
        raise VerificationError(f"{path}: its manifest and the release's differ in {what}: do not publish it")


def _require_new(seen: SeenIds, ids: Sequence[str], path: Path) -> None:
    try:
        seen.add(ids, str(path))
    except InputError as error:
        raise VerificationError(error.text) from error
