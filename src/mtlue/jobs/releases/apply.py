"""``apply``, from disk to disk: a fitted method protects new images of the same tasks."""

from collections.abc import Sequence
from math import ceil

from mtlue.data.loading import parts
from mtlue.data.options import DataOptions
from mtlue.jobs.events import Listener, PartsRead, ignore
from mtlue.jobs.releases.apply_kept import apply_kept
from mtlue.jobs.releases.apply_parts import Parts
from mtlue.jobs.releases.apply_reading import apply_settings, read_as_fitted
from mtlue.jobs.releases.kept_parts import KeptParts
from mtlue.jobs.releases.shards import MOST_MEASURED, write_shards
from mtlue.jobs.releases.writing import ReleaseResult, prepared, write_verified
from mtlue.jobs.requests.cluster import require_shards
from mtlue.jobs.requests.owner import ApplyRequest
from mtlue.jobs.requests.places import note_if_protected
from mtlue.progress import Progress
from mtlue.protector import Protector
from mtlue.release.shards.verify import quiet
from mtlue.release.staging import reserved
from mtlue.runtime import Runtime


def run_apply(request: ApplyRequest, runtime: Runtime, tell: Listener = ignore) -> ReleaseResult:
    """Protect new images with a fitted method, then write a verified release of every split: no training.

    From several shards to shards in ``request.out``, a job that was killed goes on with those that it has protected.

    Args:
        request: what is asked for.
        runtime: device, precision and progress.
        tell: gets the job's events.

    Raises:
        MtlueError: bad input or an unwritable output, named.
    """
    request.check()
    with reserved(request.folder, request.overwrite):
        options = [] if request.form.packing is None else parts(request.data)
        require_shards(request.cluster, bool(options), "this is not from shards to shards")
        protector = Protector.load(request.private, quiet(runtime) if options else runtime)
        note_if_protected(request.data, protector.epsilon, tell)
        if options:
            return _apply_parts(options, request, protector, runtime.progress, tell)
        collection = read_as_fitted(request.data, request, protector)
        released = prepared(collection, request, request.splits, tell)
        settings = apply_settings(request, collection, protector)
        return write_verified(protector, released, request, settings, tell, measured=request.fidelity)


def _apply_parts(
    options: Sequence[DataOptions], request: ApplyRequest, protector: Protector, progress: Progress, tell: Listener
) -> ReleaseResult:
    """Protect a dataset part by part, so that memory does not grow with it.

    Parts are kept until all of them are there; not a single one, and not on their way to a store, for which this
    machine may have no room.
    """
    most = ceil(MOST_MEASURED / len(options)) if request.fidelity else 0
    if request.cluster.cluster is not None or (len(options) > 1 and request.store is None):
        kept = KeptParts(request, options, protector.runtime.precision, most)
        return apply_kept(kept, protector, progress, tell)
    read = Parts(options, lambda data: read_as_fitted(data, request, protector), request.splits, progress)
    result = write_shards(
        protector, read, request, lambda collection: apply_settings(request, collection, protector), tell, most
    )
    tell(PartsRead(read.skipped, [*read.notes]))
    return result
