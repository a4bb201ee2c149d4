"""What a command is as a process: its signals, streams and exit status, and when libraries are loaded."""

import atexit
import errno
import gc
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from contextvars import ContextVar
from pathlib import Path
from types import FrameType
from typing import NoReturn, TextIO

from mtlue.cli.parsing.flags import flag
from mtlue.cli.parsing.settled import settled_commands
from mtlue.cli.terminal.screen import screened
from mtlue.cli.terminal.wrapping import wrapped
from mtlue.errors import InputError, MtlueError, VerificationError, spoken
from mtlue.lazy import broken_library, cannot_be_loaded, uncollected
from mtlue.visible import visible

STARTED: ContextVar[float] = ContextVar("started")
"""When the command began, by :func:`time.perf_counter`."""
INTERRUPTED = 128 + signal.SIGINT
TERMINATED = 128 + signal.SIGTERM
READER_GONE = 128 + 13
"""As a shell reports SIGPIPE: what read the output has closed it."""
USER_ERROR = 2
FAILED = 1
_STANDARD_ERROR = 2
_PATIENCE = 5.0
"""Seconds of imports after which it is said what takes so long."""
_UNWRITABLE = (errno.ENOSPC, errno.EIO, errno.EDQUOT)


def run_screened(job: Callable[[], int]) -> int:
    """The status of a job whose output goes through :mod:`mtlue.cli.terminal.screen`; a failure's where it cannot."""
    STARTED.set(time.perf_counter())
    try:
        with screened():
            return job()
    except BrokenPipeError:
        sys.stderr.close()
        return READER_GONE
    except OSError as error:
        if error.filename is not None or error.errno not in _UNWRITABLE:
            raise
        with suppress(OSError):
            print(f"mtlue: output cannot be written ({error.strerror})", file=sys.stderr, flush=True)
        return USER_ERROR


def run_named(name: str, command: Callable[[], int], arguments: Sequence[str] = ()) -> int:
    """The status of a command; an error or interrupt is one line on standard error that begins with its name.

    Where something unclear can be settled, the commands that settle it follow, each on a line of its own.
    """
    try:
        with _terminating(), _broken_libraries_named():
            return command()
    except MtlueError as error:
        say(f"mtlue {name}: {spoken(error.text, flag)}")
        for line in settled_commands(name, arguments, error.text, flag):
            print(f"  {visible(line)}", file=sys.stderr)
        return FAILED if isinstance(error, VerificationError) else USER_ERROR
    except OSError as error:
        if error.filename is None:
            raise
        say(f"mtlue {name}: {error.filename!r} cannot be used: {error.strerror}")
        return USER_ERROR
    except KeyboardInterrupt as interrupt:
        begin = "\n" if sys.stderr.isatty() else ""  # the terminal has written ^C where the line would begin
        known = "; ".join(getattr(interrupt, "__notes__", ()))
        say(f"mtlue {name}: interrupted; {known or 'no half-written file was left; run the same command again'}", begin)
        return TERMINATED if isinstance(interrupt, _Terminated) else INTERRUPTED


@contextmanager
def _broken_libraries_named() -> Iterator[None]:
    """Turn an error of a library that cannot be loaded into a sentence.

    Raises:
        InputError: names the library.
    """
    try:
        yield
    except Exception as error:
        package = None if isinstance(error, MtlueError) else broken_library(error)
        if package is None:
            raise
        raise InputError(cannot_be_loaded(package, error)) from error


def say(line: str, begin: str = "") -> None:
    """One line on standard error, whatever names are in it; wrapped where that is a terminal.

    Args:
        line: the text.
        begin: what is written before it.
    """
    text = visible(line)
    print(end=begin, file=sys.stderr)
    for part in wrapped(text) if sys.stderr.isatty() else [text]:
        print(part, file=sys.stderr)


@contextmanager
def heavy_imports() -> Iterator[None]:
    """Where a command loads the libraries that it computes with, after its options are known to be right.

    Signals wait until they are loaded: an import that is cut short can crash the process. One that takes long, as the
    first one after an installation does, is said.
    """
    late = threading.Timer(
        _PATIENCE, say, ["loading libraries (PyTorch and others), which takes longest the first time"]
    )
    late.daemon = True
    late.start()
    try:
        with uncollected(), _interrupts_held_back():
            yield
    finally:
        late.cancel()


def leave(run: Callable[[], int]) -> NoReturn:
    """Run the program and end the process with its status, by Python's own end.

    What libraries and other packages want done at the end is done, and quickly (:func:`_end_quickly`).
    """
    atexit.register(_end_quickly)
    with ExitStack() as stack:
        for name in ("stdout", "stderr"):
            if getattr(sys, name) is None:  # closed by the caller: what is printed goes nowhere
                setattr(sys, name, stack.enter_context(Path(os.devnull).open("w", encoding="utf-8")))
        statuses = [run(), _flushed(sys.stdout), _flushed(sys.stderr)]
        sys.exit(next(filter(None, statuses), 0))


def _end_quickly() -> None:
    """Registered first, so it runs after all that libraries have registered.

    What they made is taken out of garbage collection, which would look through all of it once more
    (``benchmarks/levers.py --only start``). Some (nanobind, in Triton) call that a leak and say so on standard error.
    """
    gc.freeze()
    with suppress(OSError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), _STANDARD_ERROR)


def _flushed(stream: TextIO) -> int:
    """The status of a last flush. Where it fails, what is left goes nowhere: Python's own flush does not fail again."""
    try:
        stream.flush()
    except (OSError, ValueError) as error:
        with suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
        return READER_GONE if isinstance(error, BrokenPipeError) else USER_ERROR
    return 0


class _Terminated(KeyboardInterrupt):
    """SIGTERM, which cleans up as Ctrl-C does."""


@contextmanager
def _terminating() -> Iterator[None]:
    """Let SIGTERM raise :class:`_Terminated`."""

    def terminate(*_: object) -> None:
        raise _Terminated

    with _handled(signal.SIGTERM, terminate):
        yield


@contextmanager
def _interrupts_held_back() -> Iterator[None]:
    """Keep Ctrl-C and kills until the block ends."""
    received: list[int] = []

    def keep(number: int, _: FrameType | None) -> None:
        received.append(number)

    with _handled(signal.SIGINT, keep), _handled(signal.SIGTERM, keep):
        yield
    if signal.SIGTERM in received:
        raise _Terminated
    if received:
        raise KeyboardInterrupt


@contextmanager
def _handled(number: int, handler: Callable[[int, FrameType | None], object]) -> Iterator[None]:
    """``handler`` gets a signal inside the block, in the main thread; then the earlier handler does again."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(number, handler)
    try:
        yield
    finally:
        signal.signal(number, before)
