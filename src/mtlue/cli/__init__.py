"""The command line: one small file a command; nothing heavy is imported before a command needs it."""

import errno
import gc
import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from contextvars import ContextVar
from importlib import import_module
from pathlib import Path
from types import FrameType, ModuleType
from typing import NoReturn

from mtlue._version import __version__
from mtlue.cli.screen import screened
from mtlue.errors import MtlueError, VerificationError, spoken
from mtlue.visible import visible

COMMANDS = {
    "inspect": "see what a dataset holds: tasks, balance, duplicates, a contact sheet",
    "protect": "make a labelled image folder unlearnable",
    "apply": "protect new images with a generator that is already fitted",
    "verify": "prove that a release is whole, unchanged and within epsilon",
    "evaluate": "train learners on clean, noised and protected images and compare them",
    "benchmark": "run a grid of datasets, methods and learners",
    "analyse": "see how far apart a learner's features lie inside each class",
    "report": "make the HTML report of an evaluation",
    "table": "print the tables of many evaluations, with the paper's figures beside them",
    "demo": "see the whole job on embedded images in a few minutes",
    "doctor": "check the installation",
}
STARTED: ContextVar[float] = ContextVar("started")
"""When the command began, by :func:`time.perf_counter`."""
_UNWRITABLE = (errno.ENOSPC, errno.EIO, errno.EDQUOT)
INTERRUPTED = 128 + signal.SIGINT
TERMINATED = 128 + signal.SIGTERM
USER_ERROR = 2
FAILED = 1


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command.

    Returns:
        The exit status: 0 done, 1 a check failed, 2 bad input or output, 130 interrupted, 143 terminated.
    """
    STARTED.set(time.perf_counter())
    try:
        with screened():
            return _chosen(list(sys.argv[1:] if argv is None else argv))
    except BrokenPipeError:
        sys.stderr.close()
        return FAILED
    except OSError as error:
        if error.filename is not None or error.errno not in _UNWRITABLE:
            raise
        with suppress(OSError):
            print(f"mtlue: what it says cannot be written ({error.strerror})", file=sys.stderr, flush=True)
        return USER_ERROR


def entry() -> NoReturn:
    """The program: :func:`main`, and out with its status.

    Every file is closed by then and every thread done, so Python's own end, which looks once more through all that the
    libraries hold, is left out (``benchmarks/levers.py --only start``).
    """
    with ExitStack() as stack:
        for name in ("stdout", "stderr"):
            if getattr(sys, name) is None:  # closed by the caller: what is said goes nowhere
                setattr(sys, name, stack.enter_context(Path(os.devnull).open("w", encoding="utf-8")))
        status = main()
        try:
            sys.stdout.flush()
            sys.stderr.flush()
        except BrokenPipeError:
            status = status or FAILED
        except (OSError, ValueError):
            status = status or USER_ERROR
        os._exit(status)


def _chosen(arguments: list[str]) -> int:
    if not arguments or arguments[0] in ("-h", "--help", "help"):
        print(_usage())
        return 0
    if arguments[0] == "--version":
        print(f"mtlue {__version__}")
        return 0
    name, rest = arguments[0], arguments[1:]
    logging.getLogger("matplotlib").setLevel(logging.ERROR)  # else it tells of a home that it cannot write its cache to
    if name not in COMMANDS:
        _say(f"mtlue: unknown command '{name}': choose one of {', '.join(COMMANDS)}")
        return USER_ERROR
    return _run(name, rest)


def _run(name: str, arguments: list[str]) -> int:
    try:
        with _terminating():
            with _interrupts_held_back():
                command = _imported(f"mtlue.cli.{name}")
            status: int = command.run(arguments)
        return status
    except VerificationError as error:
        _say(f"mtlue {name}: {spoken(error.text, flag)}")
        return FAILED
    except MtlueError as error:
        _say(f"mtlue {name}: {spoken(error.text, flag)}")
        return USER_ERROR
    except OSError as error:
        if error.filename is None:
            raise
        print(f"mtlue {name}: {error.filename!r} cannot be used: {error.strerror}", file=sys.stderr)
        return USER_ERROR
    except KeyboardInterrupt as interrupt:
        _say(f"mtlue {name}: interrupted; nothing half-written was left, run the same command again")
        return TERMINATED if isinstance(interrupt, _Terminated) else INTERRUPTED


def flag(parameter: str) -> str:
    """A parameter as it is called here."""
    return f"--{parameter.replace('_', '-')}"


def _say(line: str) -> None:
    """One line on standard error, whatever names are in it."""
    print(visible(line), file=sys.stderr)


def _imported(module: str) -> ModuleType:
    """A command's module, loaded with garbage collection held back: what libraries make stays.

    Looking through it again and again takes long (``benchmarks/levers.py --only start``).
    """
    collects = gc.isenabled()
    gc.disable()
    try:
        return import_module(module)
    finally:
        if collects:
            gc.enable()


@contextmanager
def _interrupts_held_back() -> Iterator[None]:
    """Keep Ctrl-C and kills until large libraries are loaded: an import that is cut short can crash the process."""
    came: list[int] = []
    keep = lambda number, _: came.append(number)  # noqa: E731
    with _handled(signal.SIGINT, keep), _handled(signal.SIGTERM, keep):
        yield
    if signal.SIGTERM in came:
        raise _Terminated
    if came:
        raise KeyboardInterrupt


class _Terminated(KeyboardInterrupt):
    """A polite kill, which cleans up as Ctrl-C does."""


@contextmanager
def _terminating() -> Iterator[None]:
    """Let a polite kill raise :class:`_Terminated`."""

    def terminate(*_: object) -> None:
        raise _Terminated

    with _handled(signal.SIGTERM, terminate):
        yield


@contextmanager
def _handled(number: int, handler: Callable[[int, FrameType | None], object]) -> Iterator[None]:
    """``handler`` gets a signal meanwhile, where this is the main thread; what had it before has it again after."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(number, handler)
    try:
        yield
    finally:
        signal.signal(number, before)


def _usage() -> str:
    width = max(map(len, COMMANDS))
    commands = "\n".join(f"  {name:<{width}}  {text}" for name, text in COMMANDS.items())
    return (
        f"mtlue {__version__}: makes image datasets with several labels unlearnable\n\n"
        f"usage: mtlue COMMAND [options]\n\n{commands}\n\nmtlue COMMAND --help lists a command's options."
    )
