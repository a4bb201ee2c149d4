"""What an audit has found so far, brought up to date as learners come in; once it has ended, ``audit.json``.

Until then it lies in ``unfinished.json``, so that what an earlier audit of the release ended with stays where it is.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from mtlue.bounds import to_levels
from mtlue.errors import InputError, MtlueError, param
from mtlue.evaluation.audits.plan import AuditPlan, Training
from mtlue.evaluation.audits.records import AuditCost, AuditReport, KnownAttack, NotRun, read_audit_report
from mtlue.evaluation.learners.data import ComparisonData
from mtlue.evaluation.recoveries.recovery import PLAIN, Recovery, recoveries
from mtlue.files import named_errors
from mtlue.jobs.audits.detection import DETECTION
from mtlue.jobs.audits.time import Timing
from mtlue.jobs.audits.trials import Trials
from mtlue.release.layout import AuditFolder


class Findings:
    """Collects what belongs in the report.

    Args:
        place: of ``audit.json`` and ``unfinished.json``.
        plan: of the audit.
        trials: whose records they are.
        timing: of the audit.
    """

    def __init__(self, place: AuditFolder, plan: AuditPlan, trials: Trials, timing: Timing) -> None:
        self._place = place
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
            largest_change=data.largest_change,
            attacks=[KnownAttack.of(self._plan.attack(name)) for name in self._plan.known],
            records=self._trials.records(list(self._trainings)),
            not_run=self.left_out,
            cost=AuditCost(self.planned_seconds, timing.taken, timing.processes, timing.budget, timing.earlier),
            holdout=list(data.holdout),
            detection=None if detection is None else detection.to_json(),
            complete=complete,
            concession=self._plan.concession,
            release=data.release,
            ended=f"{datetime.now(UTC):%Y-%m-%d %H:%M}" if complete else None,
        )

    def write(self, complete: bool = False) -> AuditReport:
        """Write ``audit.json`` whole where the audit has ended, else ``unfinished.json``.

        The page of an earlier ``audit.json`` goes with it.
        """
        report, place = self.report(complete), self._place
        if not complete:
            report.write(place.unfinished)
            return report
        with named_errors(place.path):
            place.page.unlink(missing_ok=True)
            report.write(place.report)
            place.unfinished.unlink(missing_ok=True)
        return report


def earlier_report(place: AuditFolder, data: ComparisonData) -> AuditReport | None:
    """What the last run of an audit of this release found; None where there was none.

    What does not say which release it is of is deleted: nobody is to take it for what this audit says.

    Raises:
        InputError: an audit of another release has ended there.
    """
    unfinished, ended = _report(place.unfinished), _report(place.report)
    if ended is not None and ended.release is not None and ended.release != data.release:
        raise InputError(
            f"{place.report} is the audit of another release: name another folder ({param('out')}), or delete it and "
            "its page"
        )
    with named_errors(place.path):
        if not _is_of(data.release, ended):
            place.page.unlink(missing_ok=True)
            place.report.unlink(missing_ok=True)
        if not _is_of(data.release, unfinished):
            place.unfinished.unlink(missing_ok=True)
    return next((one for one in (unfinished, ended) if one is not None and one.release == data.release), None)


def _is_of(release: str | None, report: AuditReport | None) -> bool:
    return release is not None and report is not None and report.release == release


def _report(file: Path) -> AuditReport | None:
    try:
        return read_audit_report(file)
    except MtlueError:
        return None
