"""``apply`` over parts that are kept, here or on a cluster: each in a folder; all make up the release in the end."""

from collections.abc import Generator
from contextlib import closing
from dataclasses import dataclass

from mtlue.data.loading import Collection
from mtlue.jobs.events import Listener, PartsRead, Resumed
from mtlue.jobs.machines.cluster import ClusterPool, Work
from mtlue.jobs.machines.pools import Computing, spread
from mtlue.jobs.releases.apply_parts import Parts
from mtlue.jobs.releases.apply_reading import apply_settings, read_as_fitted
from mtlue.jobs.releases.kept_parts import KeptParts
from mtlue.jobs.releases.shard_totals import Totals
from mtlue.jobs.releases.shards import Places, release_in_shards, write_private
from mtlue.jobs.releases.steps import ReleaseResult
from mtlue.progress import Progress, Silent
from mtlue.protector import Protector


def apply_kept(kept: KeptParts, protector: Protector, progress: Progress, tell: Listener) -> ReleaseResult:
    """Protect a dataset part by part; those that an interrupted run has protected are not protected again.

    Args:
        kept: where parts are kept.
        protector: fitted, in this process.
        progress: where the parts are counted.
        tell: gets the job's events.
    """
    parts = _parts(kept, protector)
    _protect_all(kept, protector, progress, tell)
    first = _count(parts, kept)

    def fill(places: Places, totals: Totals) -> Collection | None:
        if first is None:
            return None
        with _parts(kept, protector).opened(kept.options[first]) as collection:
            write_private(protector, collection, places.stage, apply_settings(kept.request, collection, protector))
        for number in range(len(kept.options)):
            part = kept.read(number)
            if part.released:
                kept.release(number, places)
                totals.merge(part.totals)
        return collection

    result = release_in_shards(protector, kept.request, fill, tell)
    tell(PartsRead(parts.skipped, [*parts.notes]))
    return result


def _protect_all(kept: KeptParts, protector: Protector, progress: Progress, tell: Listener) -> None:
    missing, total = kept.missing(), len(kept.options)
    if len(missing) < total:
        tell(Resumed("shards", total - len(missing), total))
    if missing:
        kept.request.folder.parts.mkdir(mode=0o700, exist_ok=True)
        here = kept.request.cluster.cluster is None
        with closing((_protected_here if here else _protected)(kept, protector, missing)) as protected:
            for _ in progress.track(protected, "protecting shards", len(missing)):
                pass


def _protected_here(kept: KeptParts, protector: Protector, missing: list[int]) -> Generator[int, None, None]:
    """As :func:`_protected`, by this process, one after another."""
    for number in missing:
        kept.keep(number, protector, _parts(kept, protector))
        yield number


def _protected(kept: KeptParts, protector: Protector, missing: list[int]) -> Generator[int, None, None]:
    """The number of each part as soon as it is there."""

    def work(computing: Computing) -> Work[_Spec, _Open, int, None]:
        return Work(_opened, _protect, _Spec(kept, computing), kept.request.folder.parts)

    with closing(ClusterPool(kept.request.cluster, protector.runtime, work)) as pool:
        for done in spread(pool, missing):
            for number, future in done:
                pool.result(future)
                yield number


def _parts(kept: KeptParts, protector: Protector) -> Parts:
    request = kept.request
    return Parts((), lambda data: read_as_fitted(data, request, protector), request.splits, Silent())


def _count(parts: Parts, kept: KeptParts) -> int | None:
    """Count parts as those are that were read here, one in memory at a time.

    Returns:
        The number of the first one of which something was released.
    """
    first = None
    for number, options in enumerate(kept.options):
        part = kept.read(number)
        parts.skipped += part.skipped
        parts.notes |= dict.fromkeys(part.told())
        parts.count(part.ids, part.splits, options)
        if first is None and part.released:
            first = number
    parts.end()
    return first


@dataclass(frozen=True)
class _Spec:
    kept: KeptParts
    computing: Computing


@dataclass(frozen=True)
class _Open:
    kept: KeptParts
    protector: Protector


def _opened(spec: _Spec) -> _Open:
    return _Open(spec.kept, Protector.load(spec.kept.request.private, spec.computing.runtime(Silent())))


def _protect(here: _Open, number: int) -> None:
    here.kept.keep(number, here.protector, _parts(here.kept, here.protector))
