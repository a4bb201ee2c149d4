"""What an audit has found so far: ``audit.json``, brought up to date as learners come in."""

from collections.abc import Iterable
from pathlib import Path

from mtlue.bounds import to_levels
from mtlue.errors import MtlueError
from mtlue.evaluation.audit_plan import AuditPlan, Training
from mtlue.evaluation.audit_records import AuditCost, AuditReport, KnownAttack, NotRun, read_audit_report
from mtlue.evaluation.recovery import PLAIN, Recovery, recoveries
from mtlue.jobs.audit_detection import DETECTION
from mtlue.jobs.audit_time import Timing
from mtlue.jobs.audit_trials import Trials


class Findings:
    """Collects what belongs in the report.

    Args:
        path: of ``audit.json``.
        plan: of the audit.
        trials: whose records they are.
        timing: of the audit.
    """

    def __init__(self, path: Path, plan: AuditPlan, trials: Trials, timing: Timing) -> None:
        self._path = path
        self._plan = plan
        self._trials = trials
        self._timing = timing
        self._trainings: dict[Training, None] = {}
        self._not_run: dict[str, NotRun] = {}
        self.planned_seconds = 0.0

    def expect(self, trainings: Iterable[Training]) -> None:
        """These are part of the audit: their records belong in the report, in this order."""
        self._trainings.update(dict.fromkeys(trainings))

    def leave_out(self, attack: str, why: str, failed: bool = False) -> NotRun:
        """An attack, or detection, is not tried, or not to its end; ``failed`` where an error ended it."""
        self._not_run[attack] = NotRun(attack, why, failed)
        return self._not_run[attack]

    def take_up(self, attack: str) -> None:
        """An attack is tried, although it may have been left out before."""
        self._not_run.pop(attack, None)

    def why_not(self, attack: str) -> str | None:
        """Why an attack is left out; None where it is not."""
        return self._not_run[attack].why if attack in self._not_run else None

    def is_left_out(self, attack: str) -> bool:
        """Whether it is not tried, or no longer."""
        return attack in self._not_run

    @property
    def left_out(self) -> list[NotRun]:
        """What is not tried: attacks, the most telling first, and detection."""
        names = [*self._plan.known, DETECTION]
        return [self._not_run[name] for name in names if name in self._not_run]

    def count(self) -> tuple[int, int]:
        """How many of the expected trainings are done, and how many there are."""
        wanted = [training for training in self._trainings if not self.is_left_out(training.attack)]
        return sum(map(self._trials.has, wanted)), len(wanted)

    def recoveries(self, attack: str) -> list[Recovery]:
        """What one attack has got back so far, the most first."""
        of = [training for training in self._trainings if training.attack in (attack, PLAIN)]
        return [one for one in recoveries(self._trials.records(of)) if one.attack == attack]

    def report(self, complete: bool) -> AuditReport:
        """The report as far as it goes."""
        data, timing, detection = self._trials.data, self._timing, self._trials.detection.found
        return AuditReport(
            dataset=data.name,
            method=data.method,
            epsilon=to_levels(data.epsilon),
            attacks=[KnownAttack.of(self._plan.attack(name)) for name in self._plan.known],
            records=self._trials.records(list(self._trainings)),
            not_run=self.left_out,
            cost=AuditCost(self.planned_seconds, timing.taken, timing.processes, timing.budget, timing.earlier),
            holdout=list(data.holdout),
            detection=None if detection is None else detection.to_json(),
            complete=complete,
            concession=self._plan.concession,
        )

    def write(self, complete: bool = False) -> AuditReport:
        """Write ``audit.json`` whole."""
        report = self.report(complete)
        report.write(self._path)
        return report


def earlier_report(path: Path) -> AuditReport | None:
    """What an earlier run of this audit found; None where there was none."""
    try:
        return read_audit_report(path)
    except MtlueError:
        return None
