"""Fits of one protection: one after another, until the check finds no task left learnable; the best is released."""

from __future__ import annotations

from collections.abc import Mapping

from mtlue.data.loading import Collection
from mtlue.evaluation.records import Record
from mtlue.jobs.checked import SelfCheck, Verdict
from mtlue.jobs.events import FitRepeated, Fitted, Listener
from mtlue.jobs.protection.crew import fitted
from mtlue.jobs.protection.interrupted import KeptFit
from mtlue.jobs.protection.kept_attempts import KeptAttempts
from mtlue.jobs.protection.self_check import SelfChecker
from mtlue.jobs.requests.owner import ProtectRequest
from mtlue.methods import Perturber
from mtlue.protector import Protector
from mtlue.runtime import Runtime
from mtlue.seeds import derived


class Fits:
    """The fits of one request.

    Args:
        request: how to fit, and how often at most.
        collection: what was read.
        runtime: its seed is the request's; that of every fit but the first is derived from it.
        kept: of an interrupted run.
        tell: gets the fits, and what the check is about to do.
    """

    def __init__(
        self, request: ProtectRequest, collection: Collection, runtime: Runtime, kept: KeptFit, tell: Listener
    ) -> None:
        self._request = request
        self._collection = collection
        self._runtime = runtime
        self._kept = kept
        self._tell = tell

    def best(self) -> tuple[Protector, Verdict | None]:
        """Fit until the check is content or no attempt is left: the best fit, and the verdict where there is one."""
        method = self._request.method.build(self._collection.tasks)
        if not is_checked(self._request, method):
            return self._fitted(1), None
        attempts = most_fits(self._request, method)
        if attempts > 1:
            return self._best_of(attempts)
        protector = self._fitted(1)
        return protector, self._verdict({1: self._checker().of(protector)}, 1, attempts)

    def _best_of(self, attempts: int) -> tuple[Protector, Verdict]:
        """Each fit is kept on disk, and the last one alone in memory."""
        kept, limit = KeptAttempts(self._kept.folder), self._request.self_check.check_limit
        checker = self._checker(kept.clean_record())
        checks: dict[int, SelfCheck] = {}
        for number in range(1, attempts + 1):
            if checks:
                self._tell(FitRepeated(checks[number - 1], number, attempts))
            last = self._kept_fit(number, kept)
            checks[number] = kept.check(number) or checker.of(last)
            kept.keep_check(number, checks[number])
            if not checks[number].left_learnable(limit):
                break
        best = min(checks, key=lambda number: checks[number].rank(limit))
        released = last if best == max(checks) else self._kept_fit(best, kept)
        return released, self._verdict(checks, best, attempts)

    def _verdict(self, checks: Mapping[int, SelfCheck], released: int, attempts: int) -> Verdict:
        limit, fraction = self._request.self_check.check_limit, self._request.method.scope.fraction
        return Verdict(checks, released, attempts, limit, fraction)

    def _checker(self, clean: Record | None = None) -> SelfChecker:
        return SelfChecker(self._collection, self._runtime.alone(), self._kept.folder, self._tell, clean)

    def _kept_fit(self, number: int, kept: KeptAttempts) -> Protector:
        """A fit that is on disk: from there where it is there already."""
        protector = kept.fit(number, self._runtime_of(number))
        if protector is None:
            protector = self._fitted(number)
            kept.keep(number, protector)
        return protector

    def _fitted(self, number: int) -> Protector:
        """A fit, as the request's seed and its number decide it."""
        protector = fitted(self._request, self._collection, self._runtime_of(number), self._kept.folder)
        self._tell(Fitted(protector.method, protector.record))
        return protector

    def _runtime_of(self, number: int) -> Runtime:
        return self._runtime.replace(seed=seed_of_fit(self._runtime.seed, number))


def is_checked(request: ProtectRequest, method: Perturber) -> bool:
    """Whether small learners try what a method is about to release."""
    return request.self_check.self_check and not method.is_control


def most_fits(request: ProtectRequest, method: Perturber) -> int:
    """How many fits there are at most."""
    if not is_checked(request, method):
        return 1
    return request.self_check.attempts or (method.attempts if method.scope.fraction == 1 else 1)


def seed_of_fit(seed: int, number: int) -> int:
    """The seed of a fit, counted from 1: that of the first is the command's, all others are derived from it."""
    return seed if number == 1 else derived(seed, "fit", number)
