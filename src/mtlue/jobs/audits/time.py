"""The time of an audit: what is left of its budget, and what trials will take, as its learners so far have shown."""

import math
import time
from collections.abc import Iterable, Sequence

from mtlue.evaluation.audits.estimate import Clock
from mtlue.evaluation.audits.plan import Training, Trial
from mtlue.jobs.audits.trials import Trials


class Timing:
    """Counts from the start of a command.

    Args:
        clock: what learners are expected to take.
        trials: knows which of them are done, and how long they took.
        budget: seconds by the clock; None for as long as it needs.
        started: when the command was started, by :func:`time.monotonic`.
        earlier: seconds of earlier runs that were interrupted.
    """

    def __init__(self, clock: Clock, trials: Trials, budget: float | None, started: float, earlier: float) -> None:
        self._clock = clock
        self._trials = trials
        self._started = started
        self.earlier = earlier
        self._done: list[Training] = []
        self.budget = budget
        self.processes = 1

    def count(self, training: Training) -> None:
        """A training has its records, of this run or an earlier one: how long it took says how slow the others are."""
        self._done.append(training)

    def work(self, trials: Iterable[Trial]) -> float:
        """Seconds that trials will take in one process, without what is done."""
        return sum(self.works([list(trials)]))

    def works(self, attacks: Iterable[Sequence[Trial]]) -> list[float]:
        """The same of one attack after another; what several of them share is counted with the first."""
        fitted = {training.learner.countermeasure for training in self._done}
        fitted = set(filter(self._trials.is_kept, fitted))
        return [self._seconds(trials, fitted) * self._slowness for trials in attacks]

    def _seconds(self, trials: Sequence[Trial], fitted: set[str]) -> float:
        seconds = 0.0
        for trial in trials:
            done = list(filter(self._trials.has, trial.trainings))
            seconds += self._clock.trial(trial, done, fitted, self._trials.is_prepared(trial))
            if len(done) < len(trial.trainings):
                fitted.add(trial.countermeasure)
        return seconds

    def wall(self, trials: Iterable[Trial]) -> float:
        """Seconds by the clock."""
        return self.work(trials) / self.processes

    def detection(self) -> float:
        """Seconds that detection will take; it is done here, whatever the number of processes."""
        return self._clock.detection() * self._slowness

    def fits(self, trials: Sequence[Trial]) -> bool:
        """Whether trials can be finished within what is left of the budget."""
        return self.wall(trials) <= self.left

    @property
    def left(self) -> float:
        """What is left of the budget; infinite where there is none."""
        return math.inf if self.budget is None else self.budget - self.elapsed

    @property
    def taken(self) -> float:
        """Seconds by the clock, in this run and in those before it."""
        return self.earlier + self.elapsed

    @property
    def elapsed(self) -> float:
        """Seconds by the clock, in this run."""
        return time.monotonic() - self._started

    @property
    def _slowness(self) -> float:
        """How much longer than expected the trainings took that are done."""
        expected = sum(map(self._clock.training, self._done))
        return sum(map(self._trials.seconds, self._done)) / expected if expected else 1.0
