"""Processes of this machine that run trials of an audit."""

import os
import signal
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import connection, get_context, parent_process
from multiprocessing.context import ForkServerContext, SpawnContext
from multiprocessing.queues import SimpleQueue

from mtlue.errors import param
from mtlue.evaluation.audits.plan import Trial
from mtlue.jobs.audits.notes import Notes
from mtlue.jobs.audits.place import Place
from mtlue.jobs.audits.trials import Told, Trials
from mtlue.jobs.learners.run_folder import RunFolder
from mtlue.jobs.machines.pools import LostError
from mtlue.launchers import interrupts_kept_from_children, one_gpu, working_folder_kept_from_children


class Processes:
    """A pool of processes of this machine, each with its share of the cores; trainings are heard of as they end.

    Args:
        place: of the audit.
        count: how many processes.
        devices: GPUs that they are spread over, each of which sees one of them.
    """

    def __init__(self, place: Place, count: int, devices: int = 1) -> None:
        self.width = count
        context, inherited = _context(), dict(os.environ)
        with working_folder_kept_from_children():  # queues start a process of Python's own
            self._said: SimpleQueue[Told | str] = context.SimpleQueue()
            environments: SimpleQueue[dict[str, str]] = context.SimpleQueue()
            self._executor = ProcessPoolExecutor(count, context, _begin, (place, self._said, environments))
        for number in range(count):
            environments.put({**inherited, **one_gpu(number, devices)})

    def submit(self, trial: Trial) -> Future[list[Told | str]]:
        with interrupts_kept_from_children(), working_folder_kept_from_children():
            return self._executor.submit(_run, trial)

    def result(self, future: Future[list[Told | str]]) -> list[Told | str]:
        try:
            return future.result()
        except BrokenProcessPool as error:
            raise LostError(
                f"a process that trained learners was ended from outside (was there too little memory?): run the audit "
                f"again, with a smaller {param('processes')}; it goes on where it was"
            ) from error

    def news(self) -> list[Told | str]:
        news = []
        while not self._said.empty():
            news.append(self._said.get())
        return news

    def close(self) -> None:
        """Processes of :mod:`concurrent.futures` end when their work is done: these are ended at once."""
        processes = list((self._executor._processes or {}).values())
        self._executor.shutdown(wait=False, cancel_futures=True)
        for process in processes:
            process.terminate()
        for process in processes:
            process.join()


def _context() -> ForkServerContext | SpawnContext:
    """How processes begin: none has this one's threads or GPU; on Linux they share one import of the libraries."""
    if sys.platform != "linux":
        return get_context("spawn")
    context = get_context("forkserver")
    context.set_forkserver_preload([__name__])
    return context


_trials: Trials
_say: "Callable[[Told | str], None]"


def _begin(place: Place, said: "SimpleQueue[Told | str]", environments: "SimpleQueue[dict[str, str]]") -> None:
    """What a process does first: nothing asks for a GPU before it.

    A server that forks has the environment of the first audit, whatever has changed since.
    """
    global _trials, _say
    os.environ.clear()
    os.environ |= environments.get()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # where a process cannot be started without it
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _say = said.put
    _trials = place.trials(RunFolder(place.request.folder), Notes(_say))


def _run(trial: Trial) -> list[Told | str]:
    for told in _trials.run(trial):
        _say(told)
    return []


def _end_with_parent() -> None:
    """A process whose parent was killed would wait for work for ever."""
    parent = parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
        os._exit(1)
