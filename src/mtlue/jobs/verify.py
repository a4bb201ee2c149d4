"""``verify``, from disk to proof: a release and, where they are given, the clean images that it was made from."""

from collections.abc import Collection as Container
from dataclasses import dataclass, replace
from pathlib import Path

from mtlue.data.loading import CleanImages, clean_images
from mtlue.data.options import DataOptions
from mtlue.jobs.events import Listener, Note, ignore
from mtlue.jobs.requests import VerifyRequest
from mtlue.release.finding import find_release
from mtlue.release.manifest import Manifest
from mtlue.release.shards.manifest import ShardedManifest, in_shards
from mtlue.release.shards.verify import check_shards, prove_shards
from mtlue.release.verify import Verification, check_release, prove, reading_pipeline
from mtlue.runtime import Runtime


@dataclass(frozen=True)
class VerifyResult:
    """A release that passed: its manifest, and what was proved."""

    manifest: Manifest | ShardedManifest
    proof: Verification


def run_verify(request: VerifyRequest, runtime: Runtime, tell: Listener = ignore) -> VerifyResult:
    """Check files, hashes and sizes and, where clean images are given, the epsilon contract in every pixel.

    Args:
        request: what is asked for.
        runtime: progress.
        tell: gets notes on what could not be checked.

    Raises:
        VerificationError: names the offending files.
    """
    request.check()
    release = find_release(request.out)
    if in_shards(release):
        return _verify_shards(release, request, runtime, tell)
    checked = check_release(request.out, runtime)  # before anything is read that the manifest says
    ids = {image.id for image in checked.manifest.images}
    clean = None if request.clean is None else _clean(request.clean, checked.manifest, ids)
    proof = prove(checked, clean, runtime)
    for note in checked.notes:
        tell(Note(note))
    return VerifyResult(checked.manifest, proof)


def _verify_shards(release: Path, request: VerifyRequest, runtime: Runtime, tell: Listener) -> VerifyResult:
    manifest, notes = check_shards(release)
    clean = None if request.clean is None else _clean(request.clean, manifest, None)
    proof, more = prove_shards(release, manifest, clean, runtime)
    for note in (*notes, *more):
        tell(Note(note))
    return VerifyResult(manifest, proof)


def _clean(data: DataOptions, manifest: Manifest | ShardedManifest, ids: Container[str] | None) -> CleanImages:
    unlimited = replace(data, limit_train=None, limit_test=None)
    return clean_images(unlimited, reading_pipeline(manifest), ids, manifest.native)
