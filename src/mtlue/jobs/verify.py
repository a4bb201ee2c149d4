"""``verify``, from disk to proof: a release and, where they are given, the clean images that it was made from."""

from dataclasses import dataclass, replace

from mtlue.data.loading import CleanImages, clean_images
from mtlue.data.options import DataOptions
from mtlue.jobs.events import Listener, Note, ignore
from mtlue.jobs.requests import VerifyRequest
from mtlue.release.manifest import Manifest
from mtlue.release.verify import Verification, check_release, prove, reading_pipeline
from mtlue.runtime import Runtime


@dataclass(frozen=True)
class VerifyResult:
    """A release that passed: its manifest, and what was proved."""

    manifest: Manifest
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
    checked = check_release(request.out, runtime)  # before anything is read that the manifest says
    clean = None if request.clean is None else _clean(request.clean, checked.manifest)
    proof = prove(checked, clean, runtime)
    for note in checked.notes:
        tell(Note(note))
    return VerifyResult(checked.manifest, proof)


def _clean(data: DataOptions, manifest: Manifest) -> CleanImages:
    unlimited = replace(data, limit_train=None, limit_test=None)
    ids = {image.id for image in manifest.images}
    return clean_images(unlimited, reading_pipeline(manifest), ids, manifest.native)
