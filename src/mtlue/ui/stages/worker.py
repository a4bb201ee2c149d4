"""The process of one stage: ``python -m mtlue.ui.stages.worker PROJECT STAGE``. It outlives the pages that started it.

What happens is written to the stage's folder as it happens; its lock is held for as long as the process lives.
"""

from __future__ import annotations

import os
import signal
import sys
import time
import traceback
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TypeVar, cast

from filelock import Timeout

from mtlue.errors import MtlueError, call, ways_in
from mtlue.files import write_json
from mtlue.jobs.events import Event
from mtlue.lazy import broken_library, cannot_be_loaded
from mtlue.ui.wording.sentences import as_sentence, plainly, told
from mtlue.ui.workspace.journal import Journal
from mtlue.ui.workspace.rows import StepProgress
from mtlue.ui.workspace.stage_folder import StageFolder, StageName
from mtlue.ui.workspace.workplace import Project

T = TypeVar("T")
_EVERY = 0.5
"""Seconds between two reports of how far a step is."""
_WAIT = 10.0
"""Seconds for which the lock is waited for: whoever asks whether it is held has it for a moment."""


class Reported:
    """Progress that a page reads: ``progress.json`` holds the step at hand, and what those before it took."""

    def __init__(self, stage: StageFolder) -> None:
        self._stage = stage
        self._journal = stage.journal
        self._finished: dict[str, tuple[int, float]] = {}

    def track(
        self, steps: Iterable[T], description: str, total: int | None = None, time_left: bool = True
    ) -> Iterator[T]:
        started = written = time.time()
        self._write(description, 0, total, started, time_left)
        for done, step in enumerate(steps, start=1):
            yield step
            if time.time() - written >= _EVERY or done == total:
                written = time.time()
                self._write(description, done, total, started, time_left)
        self._finish(description, time.time() - started)

    def note(self, text: str) -> None:
        self._journal.add("Note", text=as_sentence(plainly(text)))

    def _finish(self, description: str, seconds: float) -> None:
        """Count a step that has ended, under the first word of its name."""
        word = description.partition(" ")[0]
        count, taken = self._finished.get(word, (0, 0.0))
        self._finished[word] = count + 1, taken + seconds

    def _write(self, description: str, done: int, total: int | None, started: float, time_left: bool) -> None:
        now = StepProgress(description, done, total, started, time.time(), time_left, self._finished)
        write_json(self._stage.progress, asdict(now))


class Teller:
    """Writes a job's events to a journal."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    def __call__(self, event: Event) -> None:
        self._journal.add(type(event).__name__, **told(event))


class Stops:
    """SIGTERM raises what Ctrl-C does, but not while libraries are loaded, which could crash the process."""

    def __init__(self) -> None:
        self._asked = self._listens = False

    def __call__(self, *_: object) -> None:
        self._asked = True
        if self._listens:
            raise KeyboardInterrupt

    def listen(self, cancelled: Path) -> None:
        """From now on a signal counts, and an earlier one, and a file that was written before there was a process."""
        self._listens = True
        if self._asked or cancelled.exists():
            raise KeyboardInterrupt

    def ignore(self) -> None:
        """What is left to do is short."""
        self._listens = False


def work(project: Project, name: StageName, stops: Stops) -> int:
    """Run a stage to its end, whatever that is, and write how it ended.

    Returns:
        The exit status: 0 done, 1 failed or cancelled.
    """
    stage = project.stage(name)
    stage.journal.add("started", process=os.getpid())
    if project.record.uploaded:
        call(str(project.record.data), project.record.name)
    event, text = "done", ""
    ways: list[dict[str, str]] = []
    try:
        from mtlue.ui.stages.steps import RUN  # torch and all: not before the page knows that there is a process

        stops.listen(stage.cancelled)
        RUN[name](project, stage, Reported(stage), Teller(stage.journal))
        stops.ignore()
    except KeyboardInterrupt:
        stops.ignore()
        event = "cancelled"
    except Exception as error:
        stops.ignore()
        event, text = "failed", _reason(error, stage)
        ways = ways_in(error.text) if isinstance(error, MtlueError) else []
    stage.journal.add(event, text=text, ways=ways)
    return 0 if event == "done" else 1


def _reason(error: Exception, stage: StageFolder) -> str:
    """Why a stage failed, for its page; the traceback of what should not happen goes to the log."""
    if isinstance(error, MtlueError):
        return as_sentence(plainly(error.text))
    traceback.print_exc()
    if (package := broken_library(error)) is not None:
        return cannot_be_loaded(package, error)
    if isinstance(error, OSError) and error.filename is not None:
        return f"{error.filename} cannot be used: {error.strerror or error}"
    return f"An error that should not happen: {type(error).__name__}. {stage.log} says where."


def main(arguments: list[str]) -> int:
    folder, name = arguments
    project, stage = Project(Path(folder)), cast(StageName, name)
    stops = Stops()
    signal.signal(signal.SIGTERM, stops)
    try:
        with project.stage(stage).lock.acquire(timeout=_WAIT):
            return work(project, stage, stops)
    except Timeout:
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
