"""What small learners found of the fits of a protection, and what that says of the release."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from mtlue.evaluation.records import Record
from mtlue.evaluation.recoveries.recovery import Recovery, recoveries
from mtlue.faults import listed

_NAMED = 5
"""Tasks that a clause names."""


@dataclass(frozen=True)
class SelfCheck:
    """What the check found of one fit.

    Attributes:
        found: of every protected task, the highest recovery first, undefined ones last.
        records: of the learner of clean images and the one of protected images; none where it could not be checked.
        why_not: why nothing is known; None where something is.
    """

    found: tuple[Recovery, ...] = ()
    records: tuple[Record, ...] = field(default=(), repr=False)
    why_not: str | None = None

    @classmethod
    def of(cls, records: Sequence[Record]) -> SelfCheck:
        """What two records say: of the learner of clean images, and the one of protected images."""
        found = tuple(recoveries(records))
        known = any(one.defined for one in found)
        return cls(found, tuple(records), None if known else "small learners do not learn its tasks from clean images")

    @property
    def least_protected(self) -> Recovery | None:
        """The task of which most comes back: of those that are learned for sure, where there is one; None where no
        recovery is known."""
        known = [one for one in self.found if one.defined]
        return max((one for one in known if one.sure), key=_value, default=max(known, key=_value, default=None))

    def left_learnable(self, limit: float) -> list[Recovery]:
        """The tasks of which more than ``limit`` comes back, and for sure more than nothing: of many tasks that are
        hard to score, some seem learned by chance."""
        return [one for one in self.found if one.value > limit and one.sure]

    def rank(self, limit: float) -> tuple[bool, float, float]:
        """Its place among the checks of several fits: the lowest is that of the best fit.

        A fit that leaves no task learnable comes before all that do or of which nothing is known. Otherwise the highest
        recovery counts: first of the tasks that are learned for sure, 0 where none is, then of all.
        """
        known = [one for one in self.found if one.defined]
        if not known:
            return True, math.inf, math.inf
        sure = max((one.value for one in known if one.sure), default=0.0)
        return bool(self.left_learnable(limit)), sure, max(map(_value, known))


def _value(one: Recovery) -> float:
    return one.value


@dataclass(frozen=True)
class Verdict:
    """What the check says of a release.

    Attributes:
        checks: fit -> what was found of it; fits are counted from 1.
        released: the fit that is released.
        attempts: how many fits were allowed.
        limit: recovery above which a task counts as left learnable.
        fraction: share of the images that are protected, 0..1; what the others teach is no fit's fault.
    """

    checks: Mapping[int, SelfCheck]
    released: int
    attempts: int
    limit: float
    fraction: float = 1.0

    @property
    def check(self) -> SelfCheck:
        """Of the fit that is released."""
        return self.checks[self.released]

    @property
    def left_learnable(self) -> list[Recovery]:
        """The tasks that the release leaves learnable, the worst first."""
        return self.check.left_learnable(self.limit)

    @property
    def in_doubt(self) -> list[Recovery]:
        """The tasks that are not found to be left learnable and may be: their interval reaches above the limit."""
        known = [one for one in self.check.found if one.defined and one not in self.left_learnable]
        return [one for one in known if max(one.value, one.high) > self.limit]

    @property
    def none_left_learnable(self) -> str:
        """That no task is found to be left learnable, and which ones may be all the same, in a clause."""
        said, doubt = "no task is found to be left learnable", [f"'{one.task}'" for one in self.in_doubt]
        if not doubt:
            return said
        reach = "its interval reaches" if len(doubt) == 1 else "their intervals reach"
        return f"{said}, but {listed(doubt, _NAMED)} may be: {reach} above {self.limit:g}"

    def to_json(self) -> dict[str, Any]:
        """For ``config.json``."""
        fits = {str(number): _described(check) for number, check in self.checks.items()}
        return {"released": self.released, "attempts": self.attempts, "limit": self.limit, "fits": fits}


def _described(check: SelfCheck) -> dict[str, Any]:
    numbers = ("value", "low", "high", "score", "clean", "trivial", "metric", "undefined")
    return {
        "why_not": check.why_not,
        "tasks": {one.task: {name: getattr(one, name) for name in numbers} for one in check.found},
    }
