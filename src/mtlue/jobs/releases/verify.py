"""``verify``, from disk to proof: a release and, where they are given, the clean images that it was made from."""

from collections.abc import Callable, Iterable
from collections.abc import Collection as Container
from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from mtlue.data.loading import CleanImages, clean_images
from mtlue.data.options import DataOptions
from mtlue.errors import VerificationError
from mtlue.files import sha256
from mtlue.jobs.events import Listener, Note, ignore
from mtlue.jobs.machines.cluster import ClusterPool, Work
from mtlue.jobs.machines.pools import Computing, in_order
from mtlue.jobs.requests.cluster import require_shards
from mtlue.jobs.requests.owner import VerifyRequest
from mtlue.progress import Silent
from mtlue.registry.python_options import path_of
from mtlue.release.finding import find_release
from mtlue.release.layout import MANIFEST, ReleaseFolder
from mtlue.release.manifest import Manifest
from mtlue.release.shards.manifest import ShardedManifest, in_shards
from mtlue.release.shards.store import store_of
from mtlue.release.shards.stored import stored_release
from mtlue.release.shards.verify import ProvedShard, check_shards, prove_shard, prove_shards, taken_together
from mtlue.release.verify import Verification, check_release, prove, reading_pipeline, seal_notes
from mtlue.runtime import Runtime


@dataclass(frozen=True)
class VerifyResult:
    """A release that passed: its manifest, and what was proved."""

    manifest: Manifest | ShardedManifest
    proof: Verification


def verify(
    out: Path | str,
    clean: DataOptions | Path | str | None = None,
    *,
    runtime: Runtime | None = None,
    tell: Listener = ignore,
) -> VerifyResult:
    """Prove that a release is whole and unchanged and, against clean images, within epsilon: ``mtlue verify``.

    >>> from tempfile import TemporaryDirectory
    >>> import mtlue
    >>> digits = mtlue.DataOptions("digits", limit_train=40, limit_test=20)
    >>> with TemporaryDirectory() as folder:
    ...     result = mtlue.protect(digits, f"{folder}/out", method="noise", self_check=False)
    ...     whole, proof = mtlue.verify(f"{folder}/out").proof, mtlue.verify(f"{folder}/out", digits).proof
    >>> whole.images, whole.largest_change  # nothing is known of epsilon without the clean images
    (60, None)
    >>> proof.images, proof.largest_change
    (60, 8)

    Args:
        out: folder that ``protect`` or ``apply`` wrote, or its release alone.
        clean: where the clean images are; a path alone is a folder or a zip file. Without them nothing is proved about
            epsilon.
        runtime: has the progress.
        tell: gets notes on what could not be checked.

    Raises:
        VerificationError: names the offending files.
    """
    request = VerifyRequest(path_of(out, "out"), None if clean is None else DataOptions.of(clean))
    return run_verify(request, runtime or Runtime(), tell)


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
    if request.store is not None:
        return _verify_stored(request.store, None, request, runtime, tell)
    release = find_release(request.out)
    if (store := store_of(ReleaseFolder(release))) is not None:
        return _verify_stored(store, release, request, runtime, tell)
    require_shards(request.cluster, in_shards(release), "it is a release of files")
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
    if request.cluster.cluster is None:
        proof, more = prove_shards(release, manifest, _clean_of(request, manifest), runtime)
    else:
        shards = _Shards(manifest, partial(prove_shard, release, manifest), release)
        proof, more = _prove_on_cluster(shards, request, runtime, partial(taken_together, release, manifest))
    for note in (*notes, *more):
        tell(Note(note))
    return VerifyResult(manifest, proof)


def _verify_stored(
    store: str, own: Path | None, request: VerifyRequest, runtime: Runtime, tell: Listener
) -> VerifyResult:
    """Of a release whose shards are in a store.

    Args:
        store: address of its folder.
        own: the release's folder on this machine, which has all but the shards.
    """
    with stored_release(store) as stored:
        notes = [] if own is None else seal_notes(own)
        if own is not None and sha256(own / MANIFEST) != sha256(stored.folder / MANIFEST):
            raise VerificationError(f"{store}/{MANIFEST} is not the one in {own}: do not publish it; protect again")
        if request.cluster.cluster is None:
            proof, more = stored.prove(_clean_of(request, stored.manifest), runtime)
        else:
            shards = _Shards(stored.manifest, stored.shards.prove)
            proof, more = _prove_on_cluster(shards, request, runtime, stored.taken_together)
        for note in (*notes, *stored.notes, *more):
            tell(Note(note))
        return VerifyResult(stored.manifest, proof)


def _clean_of(request: VerifyRequest, manifest: ShardedManifest) -> CleanImages | None:
    return None if request.clean is None else _clean(request.clean, manifest, None)


@dataclass(frozen=True)
class _Shards:
    """What a machine of a cluster proves.

    Attributes:
        manifest: of the release.
        prove: one of its shards, by number.
        folder: that every machine must reach; None for shards in a store.
    """

    manifest: ShardedManifest
    prove: Callable[[int, CleanImages | None, Runtime], ProvedShard]
    folder: Path | None = None


def _prove_on_cluster(
    shards: _Shards,
    request: VerifyRequest,
    runtime: Runtime,
    together: Callable[[Iterable[ProvedShard]], tuple[Verification, list[str]]],
) -> tuple[Verification, list[str]]:
    """A task for each shard; ``together`` says what all of them prove."""
    count = len(shards.manifest.shards)
    clean = None if request.clean is None else request.clean.data

    def work(computing: Computing) -> Work[_Spec, _Open, int, ProvedShard]:
        return Work(_opened, _prove, _Spec(shards, request, computing), shards.folder or clean)

    with closing(ClusterPool(request.cluster, runtime, work)) as pool:
        return together(runtime.progress.track(in_order(pool, count), "verifying shards", count))


@dataclass(frozen=True)
class _Spec:
    shards: _Shards
    request: VerifyRequest
    computing: Computing


@dataclass(frozen=True)
class _Open:
    spec: _Spec
    clean: CleanImages | None
    runtime: Runtime


def _opened(spec: _Spec) -> _Open:
    return _Open(spec, _clean_of(spec.request, spec.shards.manifest), spec.computing.runtime(Silent()))


def _prove(here: _Open, number: int) -> ProvedShard:
    return here.spec.shards.prove(number, here.clean, here.runtime)


def _clean(data: DataOptions, manifest: Manifest | ShardedManifest, ids: Container[str] | None) -> CleanImages:
    unlimited = replace(data, limit_train=None, limit_test=None)
    return clean_images(unlimited, reading_pipeline(manifest), ids, manifest.native)
