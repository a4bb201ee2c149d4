"""The terminal: progress bars, notes and tables (rich). Imports nothing heavy."""

from __future__ import annotations

import os
import shlex
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import rich.console
from rich.console import ConsoleOptions, RenderableType
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.segment import Segment
from rich.table import Table
from rich.text import Text

from mtlue.cli.parsing.flags import flag
from mtlue.cli.terminal.narrow_tables import narrowed
from mtlue.cli.terminal.wrapping import wrapped
from mtlue.durations import duration
from mtlue.errors import spoken
from mtlue.progress import steps_left
from mtlue.visible import visible, visible_lines

T = TypeVar("T")
_PLAIN_WIDTH = 80
"""Columns of tables that go to a file or a pipe, where COLUMNS says nothing else."""
_FIRST_LINE, _NEXT_LINE = 10.0, 30.0
"""Seconds to the first line on progress in a file, and from each to the next."""


class Console(rich.console.Console):
    """Shows strings as the text that they are, in prints and in tables: no markup, no codes of emoji, no colours.

    A string is one line, in which control characters are written out (:func:`mtlue.visible.visible`).
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(markup=False, emoji=False, highlight=False, **options)

    def print(self, *objects: Any, **options: Any) -> None:
        """As rich does, but that no number in a table is cut off, and that a string is broken between words alone.

        A string is wrapped on a terminal (:func:`mtlue.cli.terminal.wrapping.wrapped`) and one line in a file; with
        ``soft_wrap=True`` it is one line on a terminal, too. Text in a table gives way, and then lines are longer.
        """
        if len(objects) == 1 and isinstance(objects[0], str):
            whole = options.pop("soft_wrap", False) or not self.is_terminal
            for line in [objects[0]] if whole else wrapped(visible(objects[0])):
                super().print(line, soft_wrap=True, **options)
            return
        tables = [narrowed(one, self) if isinstance(one, Table) else ([one], 0) for one in objects]
        objects = tuple(part for parts, _ in tables for part in parts)
        needed, width = max((least for _, least in tables), default=0), self.width
        if needed <= width:
            super().print(*objects, **options)
            return
        self.width = needed
        try:
            super().print(*objects, **options)
        finally:
            self.width = width

    def render_str(self, text: str, **options: Any) -> Text:
        return super().render_str(visible(text), **options)

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterator[Segment]:
        """What is not a string is made visible too, except for its own line breaks."""
        for segment in super().render(renderable, options):
            yield segment if segment.control else Segment(visible_lines(segment.text), segment.style)


def _width() -> int | None:
    """Columns of standard output; None where rich finds them out."""
    if sys.stdout.isatty():
        return None
    said = os.environ.get("COLUMNS", "")
    return int(said) if said.isdecimal() and int(said) else _PLAIN_WIDTH


out = Console(width=_width())
err = Console(stderr=True, soft_wrap=True)


def say_next(text: str, copied: bool = False) -> None:
    """What to do after a command: one line on standard error, which is for people, as standard output may be read.

    Args:
        text: what to do.
        copied: whether all of it is a command, which is then not broken into lines.
    """
    err.print(f"next: {text}", soft_wrap=copied)


def typed(path: Path) -> str:
    """A path as it is typed in a command: quoted where a shell would take it apart."""
    return shlex.quote(str(path))


class Bars:
    """Progress as bars on standard error; as lines (:func:`logged`) where that is not a terminal."""

    def track(
        self, steps: Iterable[T], description: str, total: int | None = None, time_left: bool = True
    ) -> Iterator[T]:
        if not err.is_terminal:
            yield from logged(steps, description, total, time_left)
            return
        columns: list[ProgressColumn] = [
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            *([TimeRemainingColumn()] if time_left else []),
        ]
        # redirected streams would be redirected past cli.terminal.screen
        with Progress(*columns, console=err, redirect_stdout=False, redirect_stderr=False) as progress:
            yield from progress.track(steps, total=total, description=visible(description))

    def note(self, text: str) -> None:
        err.print(spoken(text, flag))


def logged(
    steps: Iterable[T],
    description: str,
    total: int | None,
    time_left: bool = True,
    clock: Callable[[], float] = time.monotonic,
    ended: threading.Event | None = None,
) -> Iterator[T]:
    """Progress for a file or a pipe: where it is after 10 seconds and then every 30, and a line at the end.

    A thread tells, so that nobody takes a long step for the end; it ends with the steps.

    >>> list(logged([1, 2], "reading images", 2))  # and on standard error: reading images: done
    [1, 2]

    Args:
        steps, description, total, time_left: as for :meth:`mtlue.progress.Progress.track`.
        clock: seconds, from anywhere.
        ended: is waited for between two lines, and set at the end.
    """
    ended = threading.Event() if ended is None else ended
    so_far = _SoFar(total, time_left, clock, clock())

    def tell() -> None:
        wait = _FIRST_LINE
        while not ended.wait(wait):
            err.print(f"{description}: {so_far}")
            wait = _NEXT_LINE

    thread = threading.Thread(target=tell, name="mtlue progress", daemon=True)
    thread.start()
    try:
        for step in steps:
            yield step
            so_far.count()
    finally:
        ended.set()
        thread.join()
    err.print(f"{description}: done")


class _SoFar:
    """How far steps are, in words: ``10 of 3600, about 60 min left``."""

    def __init__(self, total: int | None, time_left: bool, clock: Callable[[], float], started: float) -> None:
        self._total = total
        self._time_left = time_left
        self._clock = clock
        self._started = started
        self._counted = (0, 0.0)

    def count(self) -> None:
        """A step is done."""
        self._counted = (self._counted[0] + 1, self._clock() - self._started)

    def __str__(self) -> str:
        (done, at), seconds = self._counted, self._clock() - self._started
        of = "" if self._total is None else f" of {self._total}"
        if not done or self._total is None or not self._time_left:
            return f"{done}{of} in {duration(seconds)}"
        left = steps_left(done, self._total, at, seconds)
        return f"{done}{of}, about {duration(left)} left" if left >= 1 else f"{done}{of} in {duration(seconds)}"
