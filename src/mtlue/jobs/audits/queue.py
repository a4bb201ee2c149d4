"""Which attacks an audit tries next, as long as there is time."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial

from mtlue.evaluation.audits.estimate import within
from mtlue.evaluation.audits.plan import AuditPlan, Trial
from mtlue.evaluation.recoveries.coverage import NO_TIME
from mtlue.evaluation.recoveries.recovery import PLAIN
from mtlue.jobs.audits.findings import Findings
from mtlue.jobs.audits.planned import ordered_walls
from mtlue.jobs.audits.time import Timing
from mtlue.jobs.audits.trials import Trials


def in_time(of_attack: Sequence[Trial], timing: Timing, late: Callable[[], object]) -> Iterator[Trial]:
    """Trials of an attack, each begun only as long as there is time for it and what follows it.

    Once its learners of protected images are begun, its controls are tried whatever the time: without them, what comes
    back would be taken for what the release gives away.

    Args:
        of_attack: its trials, the one of protected images before its controls.
        timing: how long they take, and what is left of the budget.
        late: called where there is no time for the rest.
    """
    checked = True
    for number, trial in enumerate(of_attack):
        rest = of_attack[number:]
        if checked and timing.wall(rest) and not timing.fits(rest):
            late()
            return
        checked = checked and trial.condition != "protected"
        yield trial


class AttackQueue:
    """Attacks in the order in which they are tried; those that there is no time for are left out, and taken up again
    where learners turn out to be faster than was thought.

    Args:
        plan: of the audit.
        planned: attack -> its trials.
        trained: knows what has its records.
        findings: learn what is left out.
        timing: how long everything takes, and what is left of the budget.
    """

    def __init__(
        self,
        plan: AuditPlan,
        planned: Mapping[str, Sequence[Trial]],
        trained: Trials,
        findings: Findings,
        timing: Timing,
    ) -> None:
        self._plan = plan
        self._planned = planned
        self._trained = trained
        self._findings = findings
        self._timing = timing

    def choose(self) -> list[str]:
        """The attacks that still have learners to train and that there is time for, first things first; no plain ones.

        All others that wait are left out for now.
        """
        walls = ordered_walls(self._plan, self._planned, self._timing)
        left = self._timing.left - walls.pop(PLAIN)
        waiting = {name: seconds for name, seconds in walls.items() if self._waits(name)}
        chosen = within(waiting, left)
        for name in waiting:
            if name in chosen:
                self._findings.take_up(name)
            else:
                self._findings.leave_out(name, NO_TIME)
        return chosen

    def trials(self, names: Sequence[str]) -> Iterator[Trial]:
        """The trials of one attack after another, as :func:`in_time` begins them."""
        for name in names:
            leave_out = partial(self._findings.leave_out, name, NO_TIME)
            for trial in in_time(self._planned[name], self._timing, leave_out):
                if not self._findings.is_left_out(name):  # it may have failed meanwhile
                    yield trial

    def _waits(self, name: str) -> bool:
        if self._findings.why_not(name) not in (None, NO_TIME):
            return False
        return not all(self._trained.has(one) for trial in self._planned[name] for one in trial.trainings)
