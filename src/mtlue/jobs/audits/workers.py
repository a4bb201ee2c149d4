"""Where trials of an audit are run: in this process, or in a pool of processes that share its folder."""

from collections.abc import Callable, Iterable, Iterator
from typing import Protocol

from mtlue.evaluation.audits.plan import Training, Trial
from mtlue.jobs.audits.trials import Told, Trials
from mtlue.jobs.machines.pools import LostError, Pool, spread
from mtlue.runtime import Runtime
from mtlue.threads import cpu_count

Failed = Callable[[Trial, Exception], None]
WORTH_STARTING = 60.0
"""Seconds of work below which one process is as fast: another first loads its libraries and the images."""
MOST_UNASKED = 8
"""Processes that are started unasked: each holds its libraries and a learner in memory."""


class Workers(Protocol):
    """Where trials are run."""

    @property
    def count(self) -> int:
        """How many trials at a time."""

    def run(self, trials: Iterable[Trial], failed: Failed) -> Iterator[Training]:
        """Yield each training as soon as its records are in the folder.

        Args:
            failed: gets the exception of a trial; the others go on.
        """

    def close(self) -> None:
        """End them, whatever they are doing."""


class Here:
    """Trials in this process, one after another."""

    count = 1

    def __init__(self, trials: Trials) -> None:
        self._trials = trials

    def run(self, trials: Iterable[Trial], failed: Failed) -> Iterator[Training]:
        for trial in trials:
            try:
                for told in self._trials.run(trial):
                    yield told.training
            except Exception as error:
                failed(trial, error)

    def close(self) -> None:
        """There is nothing to end."""


class TrialPool(Pool[Trial, list[Told | str]], Protocol):
    """Processes that run a trial each, and give back its trainings and notes: once it has ended, or before."""

    def news(self) -> list[Told | str]:
        """Those of trials that still run, as far as the pool hears of them."""


class Pooled:
    """Trials in processes of a pool.

    Args:
        pool: runs a trial.
        trials: of this process: learns what records there are.
        note: gets what the processes note.
    """

    def __init__(self, pool: TrialPool, trials: Trials, note: Callable[[str], object]) -> None:
        self._pool = pool
        self._trials = trials
        self._note = note

    @property
    def count(self) -> int:
        return self._pool.width

    def run(self, trials: Iterable[Trial], failed: Failed) -> Iterator[Training]:
        for done in spread(self._pool, trials):
            yield from self._heard(self._pool.news())
            for trial, future in done:
                try:
                    told = self._pool.result(future)
                except LostError:
                    raise
                except Exception as error:
                    failed(trial, error)
                else:
                    yield from self._heard(told)
        yield from self._heard(self._pool.news())

    def close(self) -> None:
        self._pool.close()

    def _heard(self, news: Iterable[Told | str]) -> Iterator[Training]:
        """Trainings that have ended; notes are passed on."""
        for one in news:
            if isinstance(one, str):
                self._note(one)
            else:
                self._trials.hear(one)
                yield one.training


def processes_that_pay(given: int | None, seconds: float, trials: int, runtime: Runtime, devices: int = 1) -> int:
    """How many processes to start.

    Args:
        given: what the user says.
        seconds: of all trials, one after another.
        trials: how many there are.
        runtime: one process is enough for a GPU.
        devices: GPUs.
    """
    if given is not None:
        return max(1, min(given, trials))
    if seconds < WORTH_STARTING:
        return 1
    return max(1, min(devices if runtime.device.type != "cpu" else min(cpu_count(), MOST_UNASKED), trials))
