"""``audit.json``: the records of an audit, what was not tried, and the verdict. Imports nothing heavy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from mtlue.durations import duration
from mtlue.errors import spoken
from mtlue.evaluation.attacks import ATTACKS, Attack
from mtlue.evaluation.attacks.tiers import TIER_OF, Tier
from mtlue.evaluation.audits.concessions import Concession
from mtlue.evaluation.countermeasures.base import Needs
from mtlue.evaluation.records import Record, readable_records
from mtlue.evaluation.recoveries.coverage import Coverage
from mtlue.evaluation.recoveries.judgement import Judgement, judgement
from mtlue.evaluation.recoveries.recovery import Recovery, recoveries
from mtlue.evaluation.recoveries.untold import in_words
from mtlue.evaluation.recoveries.verdict import Step, verdict
from mtlue.files import write_json
from mtlue.structured import read_json
from mtlue.wording import percent

NEARLY = 1.2
"""Times its budget, or what was planned, that a run may take before anything is said of it."""
_REMEDY = "give the audit.json that audit wrote"


@dataclass(frozen=True)
class KnownAttack:
    """An attack as the audit knew it, whatever a later version calls it."""

    name: str
    title: str
    needs: Needs
    reference: str = ""
    oracle: bool = False

    @classmethod
    def of(cls, attack: Attack) -> KnownAttack:
        return cls(attack.name, attack.title, attack.needs, attack.reference, attack.oracle)

    @property
    def tier(self) -> Tier:
        return TIER_OF[self.needs]


@dataclass(frozen=True)
class NotRun:
    """An attack that was not tried, or not to its end, and why.

    Attributes:
        failed: whether it was tried, and an error ended it.
    """

    attack: str
    why: str
    failed: bool = False

    @property
    def fate(self) -> str:
        """What became of it: ``failed`` or ``not tried``."""
        return "failed" if self.failed else "not tried"


@dataclass(frozen=True)
class AuditCost:
    """What an audit took, in seconds of the clock.

    Attributes:
        planned: what was expected of this run before its first learner.
        taken: so far, by all runs of this release's audit together.
        processes: learners that were trained at a time.
        budget: that this run was given; None for none.
        earlier: of ``taken``, what runs before this one took.
    """

    planned: float
    taken: float
    processes: int = 1
    budget: float | None = None
    earlier: float = 0.0

    @property
    def beyond_budget(self) -> str:
        """That this run took more than its budget, and why, in a clause; empty where it kept to it, or nearly."""
        took = self.taken - self.earlier
        if self.budget is None or took <= NEARLY * self.budget:
            return ""
        reasons = []
        if self.planned > self.budget:
            reasons.append("plain learners come first whatever the budget, as all is compared with them")
        if took > NEARLY * self.planned:
            reasons.append(f"this machine was slower than was estimated ({duration(self.planned)})")
        more = f"{percent(took / self.budget - 1)} more than the budget of {duration(self.budget)}"
        return f"this run took {duration(took)}, {more}: {'; '.join(reasons)}"


@dataclass(frozen=True)
class AuditReport:
    """All that an audit found: tables, pages and the verdict are made from it alone.

    Attributes:
        dataset: its name.
        method, epsilon: of the release; epsilon in levels of 1/255.
        attacks: those that were tried, or might have been, the most telling first.
        records: one per learner and side of the test.
        not_run: attacks that were not tried, or that failed.
        cost: in time.
        holdout: tasks that the release does not hold, whose labels an attacker brings along.
        detection: how well released images are told from clean ones; None where that was not tried.
        complete: whether the audit ended; False while it runs, and after it was killed.
        concession: what was given up to keep to the budget; None where nothing was.
        release: SHA-256 of the manifest of the release; None of images in memory, and of earlier versions' audits.
        ended: day and time in UTC, as in 2026-11-28 09:45; None before its end, and of earlier versions' audits.
        largest_change: of a pixel, in levels, that the manifest allows the lossy files; None of lossless ones, which
            ``epsilon`` bounds, and of earlier versions' audits.
    """

    dataset: str
    method: str
    epsilon: float
    attacks: list[KnownAttack]
    records: list[Record]
    not_run: list[NotRun]
    cost: AuditCost
    holdout: list[str] = field(default_factory=list)
    detection: dict[str, Any] | None = None
    complete: bool = True
    concession: Concession | None = None
    release: str | None = None
    ended: str | None = None
    largest_change: int | None = None

    @cached_property
    def recoveries(self) -> list[Recovery]:
        """What each attack gets back of each task, the most first."""
        return recoveries(self.records)

    @cached_property
    def verdict(self) -> list[Step]:
        """What comes back in the worst case, by what an attacker has; oracles do not count."""
        not_run = {left.attack: f"failed: {left.why}" if left.failed else left.why for left in self.not_run}
        real = [one for one in self.recoveries if not self.attack(one.attack).oracle]
        return verdict(real, self.tiers, not_run, self.holdout)

    @property
    def judgement(self) -> Judgement:
        """Whether the protection holds."""
        return judgement(self.verdict)

    @property
    def coverage(self) -> Coverage:
        """How many of the attacks were tried."""
        tried = {one.attack for one in self.recoveries}
        not_run, failed = ({left.attack: left.why for left in self._left(failed)} for failed in (False, True))
        costly = {attack.name for attack in ATTACKS.values() if attack.costly}
        return Coverage.of([one.name for one in self.attacks], tried, not_run, costly, failed, self.complete)

    @property
    def tiers(self) -> Mapping[str, Tier]:
        """Attack -> its tier."""
        return {attack.name: attack.tier for attack in self.attacks}

    @property
    def left_learnable(self) -> list[str]:
        """Tasks that the release leaves learnable on purpose, as far as learners of it were tested on them."""
        released = (one for one in self.records if one.condition == "protected")
        return list(dict.fromkeys(task for one in released for task in one.unprotected))

    @property
    def reasons(self) -> dict[str, list[str]]:
        """Why attacks were not tried -> their names; without those that failed."""
        return _by_reason(self._left(failed=False))

    @property
    def untold(self) -> str:
        """That nothing could be told of attacks, so that they were not tried, and what would help; "" where they were.

        It may hold a :func:`mtlue.errors.param`.
        """
        return in_words(self.reasons)

    @property
    def failures(self) -> dict[str, list[str]]:
        """What went wrong with attacks that failed -> their names."""
        return _by_reason(self._left(failed=True))

    def _left(self, failed: bool) -> list[NotRun]:
        return [left for left in self.not_run if left.failed is failed]

    def attack(self, name: str) -> KnownAttack:
        """An attack by its name; one of these records alone needs nothing, as far as is known."""
        known = (attack for attack in self.attacks if attack.name == name)
        return next(known, KnownAttack(name, name, "nothing"))

    def to_json(self) -> dict[str, Any]:
        """Every field, and what is made from them: how many attacks were tried, whether the protection holds, the
        verdict's lines, every recovery, the highest first, what was given up, and why attacks were not tried of which
        nothing could be told, in a sentence each.

        Readers compute them again from the records.
        """
        verdict, found = [step.text for step in self.verdict], [asdict(one) for one in self.recoveries]
        given_up = None if self.concession is None else self.concession.text
        tried = self.coverage.text
        judged = asdict(self.judgement)
        said = {
            "tried": tried,
            "judgement": judged,
            "verdict": verdict,
            "given_up": given_up,
            "untold": spoken(self.untold) or None,
        }
        return {**said, "recoveries": found, **asdict(self)}

    def write(self, path: Path) -> None:
        """Write the file whole."""
        write_json(path, self.to_json())


def _by_reason(left: Sequence[NotRun]) -> dict[str, list[str]]:
    reasons: dict[str, list[str]] = {}
    for one in left:
        reasons.setdefault(one.why, []).append(one.attack)
    return reasons


def read_audit_report(path: Path) -> AuditReport:
    """Read what :meth:`AuditReport.write` wrote, with this version or an earlier one.

    Raises:
        InputError: there is no such file, or it holds something else.
    """
    return read_json(path, AuditReport, _REMEDY, before=_readable)


def _readable(values: Any) -> Any:
    if not isinstance(values, dict) or not isinstance(values.get("records"), Sequence):
        return values
    return {**values, "records": readable_records(values["records"])}
