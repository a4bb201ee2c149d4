"""One audit from its plan to its verdict: what is tried next, and with how many seeds."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from mtlue.errors import MtlueError
from mtlue.evaluation.audit_estimate import within
from mtlue.evaluation.audit_plan import MOST_TELLING, PLAIN, AuditPlan, Training, Trial, trials, with_seed
from mtlue.evaluation.audit_records import AuditReport
from mtlue.evaluation.detection import detect
from mtlue.evaluation.possible import why_impossible
from mtlue.evaluation.recovery import Recovery
from mtlue.evaluation.tiers import tier_of
from mtlue.evaluation.verdict import NOT_ASKED
from mtlue.jobs.audit_findings import Findings
from mtlue.jobs.audit_time import Timing
from mtlue.jobs.audit_trials import Trials
from mtlue.jobs.audit_workers import Workers
from mtlue.jobs.events import (
    AttackLeftOut,
    AttackTried,
    AuditPlanned,
    AuditTimed,
    Listener,
    Note,
    PlannedAttack,
    Resumed,
    SeedsAdded,
)
from mtlue.jobs.run_folder import KeptUp
from mtlue.progress import Progress

NO_TIME = "no time left in the budget"
MOST_ADDED = 10
"""Seeds that an attack is given at most besides those of the plan, where a budget says for how long."""


class AuditRun:
    """One audit, in a folder where an earlier one may have been interrupted.

    Args:
        plan: what is tried.
        trained: what trains its learners, and has their records.
        findings: what it writes.
        timing: how long everything takes.
        tell: gets its events.
        progress: shows how many learners are done.
    """

    def __init__(
        self, plan: AuditPlan, trained: Trials, findings: Findings, timing: Timing, tell: Listener, progress: Progress
    ) -> None:
        self._plan = plan
        self._trained = trained
        self._findings = findings
        self._timing = timing
        self._tell = tell
        self._progress = progress
        self._trials = self._planned()
        self._waiting = Counter(training.attack for training in self._left(self.trials))
        self._file = KeptUp(findings.write)
        self.count = 0

    @property
    def trials(self) -> list[Trial]:
        """Everything that is planned, whatever the budget says."""
        return [trial for of_attack in self._trials.values() for trial in of_attack]

    def to_end(self, workers: Workers) -> AuditReport:
        """Try everything that the plan and the budget allow."""
        self._announce()
        with self._file.kept_up():
            self._work(workers, self._trials[PLAIN], len(self._left(self._trials[PLAIN])))
            others = [trial for trial in self.trials if trial.attack != PLAIN]
            if left := len(self._left(others)):
                self._tell(AuditTimed(self._timing.wall(others), self._timing.left))
                self._work(workers, self._in_time(), left)
            self._add_seeds(workers)
            self._detect()
        return self._findings.write(complete=True)

    def _planned(self) -> dict[str, list[Trial]]:
        """Attack -> its trials, the plain one first; what cannot be tried is left out."""
        data = self._trained.data
        tasks, own, tested = data.clean.tasks, data.own is not None, data.released_test is not None
        planned = {PLAIN: trials(PLAIN, self._plan, tasks)}
        for name in self._plan.known:
            if name == PLAIN:
                continue
            why: str | None = NOT_ASKED
            if name in self._plan.attacks:
                why = why_impossible(self._plan.attack(name), self._plan, tasks, own, tested)
            if why is None:
                planned[name] = trials(name, self._plan, tasks)
            else:
                self._findings.leave_out(name, why)
        for of_attack in planned.values():
            self._findings.expect(training for trial in of_attack for training in trial.trainings)
        return planned

    def _announce(self) -> None:
        """Tell the plan, and where an interrupted run goes on."""
        seconds = {name: self._timing.work(of_attack) for name, of_attack in self._trials.items()}
        chosen = within({name: one / self._timing.processes for name, one in seconds.items()}, self._timing.left)
        attacks = tuple(self._account(name, seconds[name]) for name in self._trials if name in {PLAIN, *chosen})
        planned = AuditPlanned(attacks, tuple(self._findings.left_out), self._timing.processes, self._timing.budget)
        self._findings.planned_seconds = planned.seconds
        done, total = self._findings.count()
        if 0 < done < total:
            self._tell(Resumed("learners", done, total))
        self._tell(planned)

    def _account(self, name: str, seconds: float) -> PlannedAttack:
        trainings = [training for trial in self._trials[name] for training in trial.trainings]
        done = sum(map(self._trained.has, trainings))
        return PlannedAttack(name, tier_of(name), len(trainings), done, seconds)

    def _in_time(self) -> Iterator[Trial]:
        """The trials of one attack after another, as long as there is time."""
        for name, of_attack in self._trials.items():
            if name == PLAIN or not self._left(of_attack):
                continue
            if not self._timing.fits(of_attack):
                self._findings.leave_out(name, NO_TIME)
            for trial in of_attack:
                if not self._findings.is_left_out(name):
                    yield trial

    def _work(self, workers: Workers, of: Iterable[Trial], total: int) -> None:
        """Train ``total`` learners, or fewer where some of them are left out."""
        if not total:
            return
        steps = workers.run(of, self._failed)
        for training in self._progress.track(steps, "training learners", total):
            self.count += 1
            self._timing.count(training)
            self._file.update()
            self._waiting[training.attack] -= 1
            if not self._waiting[training.attack]:
                self._trained.clear(training.attack)
                self._tell_tried(training.attack)

    def _detect(self) -> None:
        """Whether released images can be told, where somebody with this tool was tried."""
        data, left_out = self._trained.data, self._findings.is_left_out
        tried = [name for name in self._trials if self._plan.attack(name).needs == "our tool" and not left_out(name)]
        if data.own is None or not tried or self._findings.detection is not None:
            return
        try:
            self._findings.detection = detect(data, self._trained.runtime).to_json()
        except MtlueError as error:
            self._tell(Note(f"detection was not tried: {error.text}"))
        except Exception as error:  # what was found so far is worth more
            place = self._trained.keep_traceback("detection")
            self._tell(Note(f"detection failed ({type(error).__name__}, see {place})"))

    def _add_seeds(self, workers: Workers) -> None:
        """Give the strongest attacks more seeds until their order stays."""
        added: Counter[str] = Counter()
        most = self._plan.more_seeds if self._timing.budget is None else MOST_ADDED
        before: list[str] | None = None
        while self._plan.more_seeds:
            top = self._strongest()
            order = [one.attack for one in top]
            wanted = [one for one in top if added[one.attack] < most]
            of = [trial for one in wanted for trial in self._once_more(one, added[one.attack] + 1)]
            if order == before or not of or not self._timing.fits(of):
                return
            before = order
            added.update(one.attack for one in wanted)
            self._tell(SeedsAdded(tuple(one.attack for one in wanted)))
            self._expect(of)
            self._work(workers, of, len(self._left(of)))

    def _once_more(self, one: Recovery, number: int) -> list[Trial]:
        """A recovery's learners with another seed, and the plain clean one that they are compared with."""
        seed = max(self._plan.seeds) + number
        return with_seed(one.attack, one.setting, one.task, seed, self._plan, self._trained.data.clean.tasks)

    def _expect(self, of: Sequence[Trial]) -> None:
        trainings = [training for trial in of for training in trial.trainings]
        self._findings.expect(trainings)
        self._waiting.update(training.attack for training in self._left(of))

    def _strongest(self) -> list[Recovery]:
        """The highest recovery of each of the strongest attacks."""
        report, best = self._findings.report(complete=False), dict[str, Recovery]()
        for one in report.recoveries:
            counts = one.defined and not one.left_learnable and one.task not in report.holdout
            if counts and not report.attack(one.attack).oracle:
                best.setdefault(one.attack, one)
        return list(best.values())[:MOST_TELLING]

    def _tell_tried(self, attack: str) -> None:
        found = self._findings.report(complete=False).recoveries
        strongest = next((one for one in found if one.attack == attack), None)
        done, total = self._findings.count()
        left = [trial for trial in self.trials if not self._findings.is_left_out(trial.attack)]
        seconds_left = min(self._timing.wall(left), max(0.0, self._timing.left))
        self._tell(AttackTried(attack, strongest, done, total, seconds_left))

    def _failed(self, trial: Trial, error: Exception) -> None:
        """An attack that fails stops no other; the plain one has to work."""
        if trial.attack == PLAIN:
            raise error
        if isinstance(error, MtlueError):
            why = error.text
        else:
            why = f"{type(error).__name__}: {error} (see {self._trained.keep_traceback(trial.attack)})"
        self._leave_out(trial.attack, " ".join(why.split()))

    def _leave_out(self, attack: str, why: str) -> None:
        self._tell(AttackLeftOut(self._findings.leave_out(attack, why)))

    def _left(self, of: Iterable[Trial]) -> list[Training]:
        return [training for trial in of for training in trial.trainings if not self._trained.has(training)]
