"""The process of one stage: ``python -m mtlue.ui.worker PROJECT STAGE``. It outlives the pages that started it.

What happens is written to the stage's folder as it happens; its lock is held for as long as the process lives.
"""

from __future__ import annotations

import os
import signal
import sys
import time
import traceback
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TypeVar, cast

from filelock import Timeout

from mtlue.errors import MtlueError
from mtlue.files import write_json
from mtlue.jobs.events import Event
from mtlue.ui.journal import Journal
from mtlue.ui.sentences import plainly, told
from mtlue.ui.workplace import Project, StageFolder, StageName

T = TypeVar("T")
_EVERY = 0.5
"""Seconds between two reports of how far a step is."""
_WAIT = 10.0
"""Seconds for which the lock is waited for: whoever asks whether it is held has it for a moment."""


class Reported:
    """Progress that a page reads: ``progress.json`` holds the step at hand."""

    def __init__(self, stage: StageFolder) -> None:
        self._stage = stage
        self._journal = stage.journal

    def track(self, steps: Iterable[T], description: str, total: int | None = None) -> Iterator[T]:
        started = written = time.time()
        self._write(description, 0, total, started)
        for done, step in enumerate(steps, start=1):
            yield step
            if time.time() - written >= _EVERY or done == total:
                written = time.time()
                self._write(description, done, total, started)

    def note(self, text: str) -> None:
        self._journal.add("Note", text=plainly(text))

    def _write(self, description: str, done: int, total: int | None, started: float) -> None:
        values = {"step": description, "done": done, "total": total, "started": started, "at": time.time()}
        write_json(self._stage.progress, values)


class Teller:
    """Writes a job's events to a journal."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    def __call__(self, event: Event) -> None:
        self._journal.add(type(event).__name__, **told(event))


def work(project: Project, name: StageName) -> int:
    """Run a stage to its end, whatever that is, and write how it ended.

    Returns:
        The exit status: 0 done, 1 failed or cancelled.
    """
    stage = project.stage(name)
    journal = stage.journal
    journal.add("started", process=os.getpid())
    try:
        from mtlue.ui.stages import RUN  # torch and all: a page has its answer before that

        RUN[name](project, stage, Reported(stage), Teller(journal))
    except MtlueError as error:
        journal.add("failed", text=plainly(error.text))
    except KeyboardInterrupt:
        journal.add("cancelled")
    except OSError as error:
        traceback.print_exc()
        journal.add("failed", text=f"{error.filename or 'a file'} cannot be used: {error.strerror or error}")
    except Exception as error:
        traceback.print_exc()
        journal.add("failed", text=f"An error that should not happen: {type(error).__name__}. {stage.log} says where.")
    else:
        journal.add("done")
        return 0
    return 1


def main(arguments: list[str]) -> int:
    folder, name = arguments
    project, stage = Project(Path(folder)), cast(StageName, name)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # cancelling cleans up as Ctrl-C does
    try:
        with project.stage(stage).lock.acquire(timeout=_WAIT):
            return work(project, stage)
    except Timeout:
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
