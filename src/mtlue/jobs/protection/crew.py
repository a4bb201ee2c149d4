"""Several processes of one command: the first does the job, and the others fit along when it fits.

The first one alone reads what was left of an interrupted run, tries, writes and tells. Before each fit it orders the
others to take part in it, and at its end, however it ends, it lets them go.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path

from mtlue.data import ArrayDataset
from mtlue.data.listing import TRAIN
from mtlue.data.loading import Collection, load
from mtlue.hashing import subset_by_hash
from mtlue.jobs.requests.owner import ProtectRequest
from mtlue.methods.checks import carrying_labels
from mtlue.protector import Protector
from mtlue.runtime import Runtime
from mtlue.tasks import Task


@dataclass(frozen=True)
class Order:
    """A fit to take part in.

    Attributes:
        seed: of the fit.
        folder: where its surrogates are kept; every process reaches it.
    """

    seed: int
    folder: Path


_AMID_FIT = ContextVar("a fit is under way, or was when it failed", default=False)


def fitted(request: ProtectRequest, collection: Collection, runtime: Runtime, folder: Path) -> Protector:
    """A fit by all processes, as the runtime's seed decides it; the first one orders the others to it.

    Args:
        request: how to fit.
        collection: what was read.
        runtime: its processes share each batch.
        folder: where surrogates are kept.
    """
    if runtime.rank == 0:
        runtime.agreed(Order(runtime.seed, folder))
    amid = _AMID_FIT.set(True)
    protector = Protector.of(request.method, runtime)
    protector.fit(training_images(request, collection, runtime.key), collection.pipeline, folder)
    _AMID_FIT.reset(amid)
    return protector


def training_images(request: ProtectRequest, collection: Collection, key: str) -> ArrayDataset:
    """The images that a fit takes; where they are limited, which ones they are is as secret as its key."""
    training = collection.split(TRAIN)
    if request.fit_limit is None:
        return training
    return sample_of(training, request.method.scope.protected(training.tasks), request.fit_limit, key)


def sample_of(training: ArrayDataset, tasks: Sequence[Task], count: int, key: str) -> ArrayDataset:
    """Some images for a fit, chosen by the keyed hash of their ids: those that carry a label of ``tasks`` first.

    Args:
        training: the images.
        tasks: that are protected.
        count: how many at most.
        key: without which no one can tell which ones they are.
    """
    carry = carrying_labels(training, tasks).tolist()
    chosen: list[int] = []
    for wanted in (True, False):
        positions = [i for i, one in enumerate(carry) if one is wanted]
        ids = [training.ids[i] for i in positions]
        chosen += [positions[i] for i in subset_by_hash(ids, count - len(chosen), key)]
    return training.take(sorted(chosen))


@contextmanager
def leading(runtime: Runtime) -> Iterator[None]:
    """The first process's job; the others are let go at its end.

    In the middle of a fit they wait for its next step, and hear nothing else: then this process ends without a word,
    and so do they, as it is gone.
    """
    amid = _AMID_FIT.set(False)
    try:
        yield
    except BaseException:
        if not _AMID_FIT.get():
            with suppress(RuntimeError):  # they may be gone, which may be why
                runtime.agreed(None)
        raise
    finally:
        _AMID_FIT.reset(amid)
    runtime.agreed(None)


def fit_along(request: ProtectRequest, runtime: Runtime) -> None:
    """What every process but the first does: read the same images, and take part in each fit.

    Raises:
        MtlueError: as the first process's fit; it says so, too.
    """
    collection: Collection | None = None
    while order := _next_order(runtime):
        collection = collection or load(request.data, runtime.alone())
        fitted(request, collection, runtime.replace(seed=order.seed), order.folder)


def _next_order(runtime: Runtime) -> Order | None:
    nothing: Order | None = None
    return runtime.agreed(nothing)
