"""Trials of an audit in this process, or in several that share its folder."""

import os
import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from multiprocessing import connection, get_context, parent_process
from multiprocessing.queues import SimpleQueue
from typing import Protocol

import torch

from mtlue.devices import Device, Precision
from mtlue.errors import MtlueError, param
from mtlue.evaluation.audit_data import AuditData
from mtlue.evaluation.audit_plan import Training, Trial
from mtlue.jobs.audit_notes import Notes
from mtlue.jobs.audit_requests import AuditRequest
from mtlue.jobs.audit_trials import Trials
from mtlue.jobs.run_folder import RunFolder
from mtlue.runtime import Runtime
from mtlue.threads import cpu_count

Failed = Callable[[Trial, Exception], None]
_POLL = 0.2
"""Seconds between two looks at what the processes have finished."""
WORTH_STARTING = 60.0
"""Seconds of work below which one process is as fast: another first loads its libraries and the images."""
MOST_UNASKED = 8
"""Processes that are started unasked: each holds its libraries and a learner in memory."""


class Workers(Protocol):
    """Where trials are run."""

    def run(self, trials: Iterable[Trial], failed: Failed) -> Iterator[Training]:
        """Yield each training as soon as its records are in the folder.

        Args:
            failed: gets the exception of a trial; the others go on.
        """

    def close(self) -> None:
        """End them, whatever they are doing."""


class Here:
    """Trials in this process, one after another."""

    def __init__(self, trials: Trials) -> None:
        self._trials = trials

    def run(self, trials: Iterable[Trial], failed: Failed) -> Iterator[Training]:
        for trial in trials:
            try:
                yield from self._trials.run(trial)
            except Exception as error:
                failed(trial, error)

    def close(self) -> None:
        """There is nothing to end."""


@dataclass(frozen=True)
class Place:
    """What a process needs in order to read the images of an audit.

    Args:
        request: of the audit.
        own: whether an attacker has clean images of their own.
        accelerator, precision, seed: of the runtime.
        threads: that a process computes with.
    """

    request: AuditRequest
    own: bool
    accelerator: Device
    precision: Precision
    seed: int
    threads: int = 1

    def read(self, runtime: Runtime) -> AuditData:
        """Clean and released images, each checked against its hash and epsilon."""
        from mtlue.jobs.audit_reading import read_audit_data

        request = self.request
        tested = request.plan.tests_released
        return read_audit_data(
            request.as_read,
            request.release,
            runtime,
            self.own,
            request.plan.holdout,
            "where held" if tested else "not wanted",
        )


def processes_that_pay(given: int | None, seconds: float, trials: int, runtime: Runtime) -> int:
    """How many processes to start.

    Args:
        given: what the user says.
        seconds: of all trials, one after another.
        trials: how many there are.
        runtime: one process is enough for a GPU.
    """
    if given is not None:
        return max(1, min(given, trials))
    if runtime.device.type != "cpu" or seconds < WORTH_STARTING:
        return 1
    return max(1, min(cpu_count(), trials, MOST_UNASKED))


class Processes:
    """Trials in processes of their own, each with its share of the cores.

    Args:
        place: of the audit.
        count: how many processes.
        note: gets what they note.
    """

    def __init__(self, place: Place, count: int, note: Callable[[str], object]) -> None:
        context = get_context("spawn")
        self._count = count
        self._note = note
        self._said: SimpleQueue[Training | str] = context.SimpleQueue()
        self._executor = ProcessPoolExecutor(count, context, _begin, (place, self._said))

    def run(self, trials: Iterable[Trial], failed: Failed) -> Iterator[Training]:
        waiting: dict[Future[None], Trial] = {}
        following = iter(trials)
        while self._fill(waiting, following):
            done, _ = wait(waiting, timeout=_POLL, return_when=FIRST_COMPLETED)
            yield from self._news()
            for future in done:
                _settle(waiting.pop(future), future, failed)
        yield from self._news()

    def _fill(self, waiting: "dict[Future[None], Trial]", following: Iterator[Trial]) -> bool:
        """Give each process something to do, and no more: whether there is time for it is asked as late as possible."""
        while len(waiting) < self._count and (trial := next(following, None)):
            waiting[self._executor.submit(_run, trial)] = trial
        return bool(waiting)

    def close(self) -> None:
        """Processes of :mod:`concurrent.futures` end when their work is done: these are ended at once."""
        processes = list((self._executor._processes or {}).values())
        self._executor.shutdown(wait=False, cancel_futures=True)
        for process in processes:
            process.terminate()
        for process in processes:
            process.join()

    def _news(self) -> Iterator[Training]:
        """Trainings that have ended; notes are passed on."""
        while not self._said.empty():
            said = self._said.get()
            if isinstance(said, Training):
                yield said
            else:
                self._note(said)


def _settle(trial: Trial, future: "Future[None]", failed: Failed) -> None:
    try:
        future.result()
    except BrokenProcessPool as error:
        raise MtlueError(
            f"a process that trained learners was ended from outside (was there too little memory?): run the audit "
            f"again, with a smaller {param('processes')}; it goes on where it was"
        ) from error
    except Exception as error:
        failed(trial, error)


_trials: Trials
_say: "Callable[[Training | str], None]"


def _begin(place: Place, said: "SimpleQueue[Training | str]") -> None:
    """What a process does first."""
    global _trials, _say
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the parent, too, which ends its processes
    threading.Thread(target=_end_with_parent, daemon=True).start()
    torch.set_num_threads(place.threads)
    runtime = Runtime(place.accelerator, place.precision, place.seed)
    _say = said.put
    data = place.read(runtime)
    _trials = Trials(data, RunFolder(place.request.folder), runtime.replace(progress=Notes(_say)))


def _run(trial: Trial) -> None:
    for training in _trials.run(trial):
        _say(training)


def _end_with_parent() -> None:
    """A process whose parent was killed would wait for work for ever."""
    parent = parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
        os._exit(1)
