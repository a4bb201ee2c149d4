"""What an audit tells while it runs. Imports nothing heavy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mtlue.jobs.events import Event

if TYPE_CHECKING:
    from mtlue.evaluation.attacks.tiers import Tier
    from mtlue.evaluation.audits.concessions import Concession
    from mtlue.evaluation.audits.records import NotRun
    from mtlue.evaluation.recoveries.recovery import Recovery


@dataclass(frozen=True)
class PlannedAttack:
    """What an attack will take.

    Attributes:
        attack: its name.
        tier: what it needs.
        learners: that it trains, on all kinds of images.
        done: of them, by an interrupted run.
        seconds: of the rest, one after another.
    """

    attack: str
    tier: Tier
    learners: int
    done: int
    seconds: float


@dataclass(frozen=True)
class AuditPlanned(Event):
    """What an audit will try.

    Attributes:
        attacks: the most telling first.
        not_run: what it will not try.
        processes: learners that are trained at a time.
        budget: seconds that it may take; None for as long as it needs.
        detection: seconds that it takes to find whether released images can be told from clean ones.
        costly: what it would try if it were named.
        concession: what was given up to keep to the budget; None where nothing was.
        elapsed: seconds since the command was started.
        single: whether there are learners of one task.
        epochs: of the usual learner; 0 where nobody knows.
    """

    attacks: tuple[PlannedAttack, ...]
    not_run: tuple[NotRun, ...]
    processes: int
    budget: float | None
    detection: float = 0.0
    costly: tuple[PlannedAttack, ...] = ()
    concession: Concession | None = None
    elapsed: float = 0.0
    single: bool = True
    epochs: int = 0

    @property
    def seconds(self) -> float:
        """How long the command will take by the clock, from its start to its end."""
        return self.elapsed + sum(planned.seconds for planned in self.attacks) / self.processes + self.detection


@dataclass(frozen=True)
class AuditTimed(Event):
    """The learners so far showed how fast others will be: what is tried next.

    Attributes:
        attacks: how many.
        seconds: that they will take by the clock.
        left: of the budget; infinite where there is none.
    """

    attacks: int
    seconds: float
    left: float


@dataclass(frozen=True)
class AttackTried(Event):
    """All learners of an attack have their records.

    Attributes:
        worst: what counts most against the release, of a task that it protects; None where there is nothing to compare
            with.
        done, total: learners that have their records, of those that there is time for.
        seconds_left: what the rest will take by the clock.
    """

    attack: str
    worst: Recovery | None
    done: int
    total: int
    seconds_left: float


@dataclass(frozen=True)
class AttackLeftOut(Event):
    """An attack is not tried, or not to its end, although it was planned."""

    left: NotRun


@dataclass(frozen=True)
class SeedsAdded(Event):
    """The strongest attacks get one more seed each, as their order may be chance."""

    attacks: tuple[str, ...]
