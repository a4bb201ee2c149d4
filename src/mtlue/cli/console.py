"""What a person sees: progress bars, notes and tables on the terminal (rich)."""

import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import rich.console
from rich.console import ConsoleOptions, RenderableType
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.segment import Segment
from rich.text import Text

from mtlue.cli import STARTED, flag
from mtlue.data.listing import FileNote, Skipped
from mtlue.devices import Device, Precision
from mtlue.errors import spoken
from mtlue.runtime import Runtime
from mtlue.seeds import read_seed
from mtlue.visible import visible, visible_lines

T = TypeVar("T")
_PLAIN_WIDTH = 140
"""Columns of output that goes to a file or a pipe."""
_ALIKE = 3
"""Files that are named one by one where the same is to be said of them."""


class Console(rich.console.Console):
    """Shows strings as the text that they are, in prints and in tables: no markup, no codes of emoji, no colours.

    A string is one line, in which control characters are written out (:func:`mtlue.visible.visible`).
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(markup=False, emoji=False, highlight=False, **options)

    def render_str(self, text: str, **options: Any) -> Text:
        return super().render_str(visible(text), **options)

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterator[Segment]:
        """What is no string is made visible too, its own line breaks aside."""
        for segment in super().render(renderable, options):
            yield segment if segment.control else Segment(visible_lines(segment.text), segment.style)


out = Console(width=None if sys.stdout.isatty() else _PLAIN_WIDTH)
err = Console(stderr=True, soft_wrap=True)


@dataclass(frozen=True)
class RuntimeOptions:
    """Where and how to compute.

    Args:
        seed: every random number is derived from it: the same seed gives the same bytes. A whole number, or 32
            hexadecimal digits.
        device: auto takes a GPU if there is one.
        precision: 32-true, bf16-mixed, or on a GPU 16-mixed.
    """

    seed: str = "0"
    device: Device = "auto"
    precision: Precision = "32-true"

    def runtime(self, profiled: bool = False) -> Runtime:
        """Where the command computes."""
        runtime = Runtime(self.device, self.precision, self.chosen_seed(), Bars())
        return runtime.profiled(STARTED.get(None)) if profiled else runtime

    def chosen_seed(self) -> int:
        """The seed that was given, as a number."""
        return read_seed(self.seed)


class Bars:
    """Progress as bars on standard error; a line for each finished step where that is no terminal."""

    def track(self, steps: Iterable[T], description: str, total: int | None = None) -> Iterator[T]:
        if not err.is_terminal:
            yield from steps
            err.print(f"{description}: done")
            return
        columns = (
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
        )
        # redirected streams would be redirected past cli.screen
        with Progress(*columns, console=err, redirect_stdout=False, redirect_stderr=False) as progress:
            yield from progress.track(steps, total=total, description=visible(description))

    def note(self, text: str) -> None:
        err.print(spoken(text, flag))


def print_account(
    skipped: Sequence[Skipped], notes: Sequence[str], listed: int = 10, rest: str = ", listed in private/training.json"
) -> None:
    """What was skipped and why, and what the owner should know; ``rest`` says where those are that are not shown."""
    shown = _gathered(notes, rest)
    for note in shown[:listed]:
        err.print(f"note: {note}")
    if len(shown) > listed:
        err.print(f"note: {len(shown) - listed} more{rest}")
    if skipped:
        err.print(f"skipped {len(skipped)} file(s) or row(s):")
        for item in _varied(skipped, listed):
            err.print(f"  {item.name}: {item.reason}")
        if len(skipped) > listed:
            err.print(f"  and {len(skipped) - listed} more{rest}")


def _varied(skipped: Sequence[Skipped], count: int) -> Sequence[Skipped]:
    """So many of what was skipped: the first of every reason before the second of any, where not all are wanted."""
    if len(skipped) <= count:
        return skipped
    seen = Counter[str]()
    ranks = []
    for item in skipped:
        ranks.append(seen[item.reason])
        seen[item.reason] += 1
    return [skipped[i] for i in sorted(range(len(skipped)), key=ranks.__getitem__)[:count]]


def _gathered(notes: Sequence[str], rest: str) -> list[str]:
    """The notes, those that say the same of more than three files as one; ``rest`` as in :func:`print_account`."""
    files: dict[str, list[str]] = {}
    for note in notes:
        if isinstance(note, FileNote):
            files.setdefault(note.text, []).append(note.file)
    several = {text: its for text, its in files.items() if len(its) > _ALIKE}
    alone = [note for note in notes if not (isinstance(note, FileNote) and note.text in several)]
    return [*(f"{its[0]} and {len(its) - 1} more files{rest}: {text}" for text, its in several.items()), *alone]
