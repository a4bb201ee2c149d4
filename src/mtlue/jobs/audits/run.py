"""One audit from its plan to its verdict: what is tried next, and with how many seeds."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import partial

from mtlue.errors import MtlueError
from mtlue.evaluation.attacks.tiers import tier_of
from mtlue.evaluation.audits.plan import MOST_TELLING, AuditPlan, Training, Trial, trials, with_seed
from mtlue.evaluation.audits.records import AuditReport
from mtlue.evaluation.recoveries.coverage import NO_TIME
from mtlue.evaluation.recoveries.recovery import PLAIN, Recovery
from mtlue.evaluation.recoveries.untold import NOTHING_LEARNED, in_words, nothing_learned
from mtlue.evaluation.recoveries.worst import counting
from mtlue.jobs.audits.detection import DETECTION
from mtlue.jobs.audits.events import AttackLeftOut, AttackTried, AuditPlanned, AuditTimed, PlannedAttack, SeedsAdded
from mtlue.jobs.audits.findings import Findings
from mtlue.jobs.audits.planned import planned_trials
from mtlue.jobs.audits.queue import AttackQueue, in_time
from mtlue.jobs.audits.time import Timing
from mtlue.jobs.audits.trials import Trials
from mtlue.jobs.audits.workers import Workers
from mtlue.jobs.events import Listener, Note, Resumed
from mtlue.jobs.learners.results_file import KeptUp
from mtlue.progress import Progress

LEAST = 0.1
"""Seconds that nothing is quicker than."""


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
        self._queue = AttackQueue(plan, self._trials, trained, findings, timing)
        self._waiting = Counter(training.attack for training in self._left(self.trials))
        self._file = KeptUp(findings.write)
        self.count = 0
        self._learn_from_earlier()

    @property
    def trials(self) -> list[Trial]:
        """Everything that is planned, whatever the budget says."""
        return [trial for of_attack in self._trials.values() for trial in of_attack]

    def to_end(self, workers: Workers) -> AuditReport:
        """Try everything that the plan and the budget allow, as long as something can be told."""
        self._leave_untold()
        chosen = self._queue.choose()
        self._announce(chosen)
        with self._file.kept_up():
            if left := len(self._left(self._trials[PLAIN])):
                self._work(workers, self._trials[PLAIN], left)
                self._leave_untold()
            self._try_all(workers)
            self._detect()
            self._add_seeds(workers)
        return self._findings.write(complete=True)

    def _leave_untold(self) -> None:
        """Leave out the attacks that nobody named, where plain learners of clean images learned nothing."""
        if self._left(self._trials[PLAIN]) or not nothing_learned(self._findings.recoveries(PLAIN)):
            return
        kept = (PLAIN, *self._plan.insisted)
        untold = [name for name, of in self._trials.items() if name not in kept and self._left(of)]
        for name in untold:
            self._findings.leave_out(name, NOTHING_LEARNED)
        if untold:
            self._tell(Note(in_words({NOTHING_LEARNED: untold})))

    def _try_all(self, workers: Workers) -> None:
        """Try the attacks that there is time for; and others, where learners turn out to be faster than was thought."""
        before = -1
        while (chosen := self._queue.choose()) and self.count > before:
            before = self.count
            of = [trial for name in chosen for trial in self._trials[name]]
            self._tell(AuditTimed(len(chosen), self._timing.wall(of), self._timing.left))
            self._work(workers, self._queue.trials(chosen), len(self._left(of)))

    def _planned(self) -> dict[str, list[Trial]]:
        """Attack -> its trials, the plain one first; what cannot be tried is left out."""
        planned, left_out = planned_trials(self._plan, self._trained.data)
        for name, why in left_out.items():
            self._findings.leave_out(name, why)
        for of_attack in planned.values():
            self._findings.expect(training for trial in of_attack for training in trial.trainings)
        return planned

    def _announce(self, chosen: Sequence[str]) -> None:
        """Tell the plan, and where an earlier run is gone on with."""
        timing, done = self._timing, [name for name, of_attack in self._trials.items() if not self._left(of_attack)]
        seconds = dict(zip(self._trials, timing.works(self._trials.values()), strict=True))
        attacks = tuple(self._account(name, seconds[name]) for name in self._trials if name in {PLAIN, *done, *chosen})
        detection = self._detection_seconds()
        planned = AuditPlanned(
            attacks,
            tuple(self._findings.left_out),
            timing.processes,
            timing.budget,
            detection if sum(one.seconds for one in attacks) / timing.processes + detection <= timing.left else 0.0,
            tuple(self._costly()),
            self._plan.concession,
            timing.elapsed,
            "stl" in self._plan.settings,
            self._plan.learner.recipe.epochs,
        )
        self._findings.planned_seconds = planned.seconds
        self._tell_resumed()
        self._tell(planned)

    def _tell_resumed(self) -> None:
        done, total = self._findings.count()
        if 0 < done < total:
            self._tell(Resumed("learners", done, total))

    def _costly(self) -> Iterator[PlannedAttack]:
        """What attacks would take that are tried only where they are named."""
        for name in () if self._plan.withheld else self._plan.costly:
            of_attack = trials(name, self._plan, self._trained.data.clean.tasks)
            count = sum(len(trial.trainings) for trial in of_attack)
            yield PlannedAttack(name, tier_of(name), count, 0, self._timing.work(of_attack))

    def _account(self, name: str, seconds: float) -> PlannedAttack:
        trainings = [training for trial in self._trials[name] for training in trial.trainings]
        done = sum(map(self._trained.has, trainings))
        return PlannedAttack(name, tier_of(name), len(trainings), done, seconds)

    def _work(self, workers: Workers, of: Iterable[Trial], total: int) -> None:
        """Train ``total`` learners, or fewer where some of them are left out."""
        if not total:
            return
        steps = workers.run(of, self._failed)
        for training in self._progress.track(steps, "training learners", total, time_left=False):
            self.count += 1
            self._timing.count(training)
            self._file.update()
            self._waiting[training.attack] -= 1
            if not self._waiting[training.attack]:
                self._clear(training.learner.countermeasure)
                self._tell_tried(training.attack)

    def _clear(self, countermeasure: str) -> None:
        """Give back the space that a countermeasure took, unless another attack is still to use it."""
        users = {trial.attack for trial in self.trials if trial.countermeasure == countermeasure}
        if not any(self._waiting[attack] for attack in users if not self._findings.is_left_out(attack)):
            self._trained.clear(countermeasure)

    def _detect(self) -> None:
        """Whether released images can be told, where somebody with this tool was tried."""
        seconds = self._detection_seconds()
        if not seconds:
            return
        if seconds > self._timing.left:
            self._leave_out(DETECTION, NO_TIME)
            return
        try:
            for _ in self._progress.track(range(1), "telling released images from clean ones", 1):
                self._trained.detection.find()
        except MtlueError as error:
            self._leave_out(DETECTION, error.text)
        except Exception as error:  # what was found so far is worth more
            place = self._trained.keep_traceback(DETECTION, error)
            self._leave_out(DETECTION, f"{type(error).__name__} (see {place})", failed=True)

    def _detection_seconds(self) -> float:
        """What detection will take; 0 where it is known, or nobody with this tool is tried."""
        data, left_out = self._trained.data, self._findings.is_left_out
        tried = [name for name in self._trials if self._plan.attack(name).needs == "our tool" and not left_out(name)]
        if data.own is None or not tried or self._trained.detection.found is not None:
            return 0.0
        return max(self._timing.detection(), LEAST)

    def _learn_from_earlier(self) -> None:
        """How long trainings of an interrupted run took."""
        for trial in self.trials:
            for training in filter(self._trained.has, trial.trainings):
                self._timing.count(training)

    def _add_seeds(self, workers: Workers) -> None:
        """Give the strongest attacks more seeds until their order stays."""
        added: Counter[str] = Counter()
        before: list[str] | None = None
        while self._plan.most_added:
            top = self._strongest()
            order = [one.attack for one in top]
            wanted = [one for one in top if added[one.attack] < self._plan.most_added]
            seeds = [self._once_more(one, added[one.attack] + 1) for one in wanted]
            of = [trial for one in seeds for trial in one]
            if order == before or not of or not self._timing.fits(of):
                return
            before = order
            added.update(one.attack for one in wanted)
            self._tell(SeedsAdded(tuple(one.attack for one in wanted)))
            self._expect(of)
            self._work(workers, self._in_time(seeds), len(self._left(of)))

    def _in_time(self, seeds: Iterable[Sequence[Trial]]) -> Iterator[Trial]:
        """The trials of one attack's new seed after another, until there is no time for one: then the round is over."""
        late: list[bool] = []
        for one in seeds:
            yield from in_time(one, self._timing, partial(late.append, True))
            if late:
                return

    def _once_more(self, one: Recovery, number: int) -> list[Trial]:
        """A recovery's learners with another seed, and the plain clean one that they are compared with."""
        seed = max(self._plan.seeds) + number
        return with_seed(one.attack, one.setting, one.task, seed, self._plan, self._trained.data.clean.tasks)

    def _expect(self, of: Sequence[Trial]) -> None:
        trainings = [training for trial in of for training in trial.trainings]
        self._findings.expect(trainings)
        self._waiting.update(training.attack for training in self._left(of))

    def _strongest(self) -> list[Recovery]:
        """The worst recovery of each of the strongest attacks."""
        report, best = self._findings.report(complete=False), dict[str, Recovery]()
        for one in counting(report.recoveries, report.holdout):
            if one.defined and not report.attack(one.attack).oracle:
                best.setdefault(one.attack, one)
        return list(best.values())[:MOST_TELLING]

    def _tell_tried(self, attack: str) -> None:
        strongest = next(iter(counting(self._findings.recoveries(attack), self._plan.holdout)), None)
        done, total = self._findings.count()
        left = [trial for trial in self.trials if not self._findings.is_left_out(trial.attack)]
        seconds_left = min(self._timing.wall(left) + self._detection_seconds(), max(0.0, self._timing.left))
        self._tell(AttackTried(attack, strongest, done, total, seconds_left))

    def _failed(self, trial: Trial, error: Exception) -> None:
        """An attack that fails stops no other; the plain one has to work."""
        if trial.attack == PLAIN:
            raise error
        if isinstance(error, MtlueError):
            why = error.text
        else:
            why = f"{type(error).__name__}: {error} (see {self._trained.keep_traceback(trial.attack, error)})"
        self._leave_out(trial.attack, " ".join(why.split()), failed=not isinstance(error, MtlueError))

    def _leave_out(self, attack: str, why: str, failed: bool = False) -> None:
        self._tell(AttackLeftOut(self._findings.leave_out(attack, why, failed)))

    def _left(self, of: Iterable[Trial]) -> list[Training]:
        return [training for trial in of for training in trial.trainings if not self._trained.has(training)]
