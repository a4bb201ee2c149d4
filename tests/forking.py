"""Programs in processes of their own that need not import the libraries: a server has imported them, and forks.

How Python starts a command is for tests that start Python (``start_mtlue`` in conftest.py); these are for what happens
to a command that runs.
"""

import os
import runpy
import signal
import sys
from collections.abc import Callable, Mapping
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from types import MappingProxyType
from typing import Any

_PRELOADED = ["mtlue.jobs.audits.processes", "mtlue.cli.commands.protect", "mtlue.cli.commands.benchmark"]
_NOTHING: Mapping[str, str] = MappingProxyType({})


class Forked:
    """What a function does in a process of its own, used as :class:`subprocess.Popen` is.

    Args:
        run: the function, of a module.
        variables: what the process has in its environment besides this one's; folders of ``PYTHONPATH`` are searched.
    """

    def __init__(self, run: Callable[[], Any], variables: Mapping[str, str] = _NOTHING) -> None:
        context = get_context("forkserver")
        context.set_forkserver_preload(_PRELOADED)
        self._said = Path(mkdtemp(prefix="forked-"))
        environment = {**os.environ, **variables}
        self._process = context.Process(target=_run, args=(run, environment, self._said))
        self._process.start()

    @property
    def pid(self) -> int:
        assert self._process.pid is not None
        return self._process.pid

    @property
    def returncode(self) -> int | None:
        return self._process.exitcode

    def poll(self) -> int | None:
        return self._process.exitcode

    def send_signal(self, number: int) -> None:
        os.kill(self.pid, number)

    def communicate(self, timeout: float | None = None) -> tuple[str, str]:
        """Standard output and standard error, once it has ended; only once."""
        self._process.join(timeout)
        assert self._process.exitcode is not None, f"it runs after {timeout} s"
        out, err = ((self._said / name).read_text() for name in ("out", "err"))
        rmtree(self._said)
        return out, err


def forked_mtlue(
    *arguments: object, first: Callable[[], Any] | None = None, variables: Mapping[str, str] = _NOTHING
) -> Forked:
    """A command of ``mtlue``.

    Args:
        arguments: of the command.
        first: called in the process before the command begins, such as a limit.
        variables: as for :class:`Forked`.
    """
    return Forked(partial(_command, [str(argument) for argument in arguments], first), variables)


def _command(words: list[str], first: Callable[[], Any] | None) -> None:
    sys.argv = ["mtlue", *words]
    if first is not None:
        first()
    runpy.run_module("mtlue", run_name="__main__", alter_sys=True)


def _run(run: Callable[[], Any], environment: dict[str, str], said: Path) -> None:
    """With a fresh environment, and signals as in a terminal."""
    for number, name in enumerate(("out", "err"), start=1):
        os.dup2(os.open(said / name, os.O_WRONLY | os.O_CREAT), number)
    os.environ.clear()
    os.environ |= environment
    sys.path[:0] = filter(None, environment.get("PYTHONPATH", "").split(os.pathsep))
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    run()
