"""The folder of a stage in a project: what it was asked for and what it told. Imports nothing heavy."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, cast

from filelock import FileLock, Timeout

from mtlue.errors import InputError
from mtlue.files import named_errors, write_json
from mtlue.structured import read_json_if_there
from mtlue.ui.workspace.journal import DAMAGED, Journal
from mtlue.ui.workspace.rows import StepProgress

StageName = Literal["look", "protect", "audit"]
STAGES: tuple[StageName, ...] = ("look", "protect", "audit")
State = Literal["new", "running", "done", "failed", "cancelled", "interrupted"]
STARTS_WITHIN = 60.0
"""Seconds in which a process that was started has to take its lock."""
_ASKED, _MOMENT = 4, 0.01
"""How often, and with how many seconds in between, it is asked whether a process holds its lock."""


@dataclass(frozen=True)
class StageFolder:
    """One run of one process: what it was asked for, and what it told."""

    path: Path

    @property
    def request(self) -> Path:
        return self.path / "request.json"

    @property
    def progress(self) -> Path:
        """How far the step at hand is; written again and again."""
        return self.path / "progress.json"

    def read_progress(self) -> StepProgress:
        """How far the step at hand is.

        Raises:
            InputError: what the file holds is something else.
        """
        return read_json_if_there(self.progress, StepProgress, DAMAGED) or StepProgress()

    @property
    def log(self) -> Path:
        """What the process printed, for whoever has to find out why it failed."""
        return self.path / "log.txt"

    @property
    def cancelled(self) -> Path:
        """Says that the process is to end: one that has only been started cannot be told otherwise."""
        return self.path / "cancelled"

    @property
    def journal(self) -> Journal:
        return Journal(self.path / "events.jsonl")

    @property
    def lock(self) -> FileLock:
        """Held by the process for as long as it lives, however it ends."""
        return FileLock(self.path / "lock", timeout=0)

    @property
    def held(self) -> bool:
        """Whether the process lives. It is asked more than once: somebody else who asks has the lock for a moment."""
        if not self.path.is_dir():
            return False
        for _ in range(_ASKED):
            try:
                with self.lock:
                    return False
            except Timeout:
                time.sleep(_MOMENT)
        return True

    @property
    def state(self) -> State:
        """What the stage is doing, told from its files alone."""
        held = self.held  # before the journal: a process that ends in between has written its last word
        rows = self.journal.rows()
        if not rows:
            return "new"
        last = rows[-1]
        if held:
            return "running"
        if last["event"] in ("done", "failed", "cancelled"):
            return cast(State, last["event"])
        starting = last["event"] == "asked" and time.time() - last["at"] < STARTS_WITHIN
        return "running" if starting else "interrupted"

    @property
    def works(self) -> bool:
        """Whether its process lives, or is about to begin; where its files are damaged its lock alone tells."""
        try:
            return self.state == "running"
        except InputError:
            return self.held
        except OSError:  # what cannot be locked is held by none
            return False

    def asked(self, request: Mapping[str, Any]) -> None:
        """Keep what a process will be started for; what an earlier one told is gone."""
        with named_errors(self.path):
            self.path.mkdir(parents=True, exist_ok=True)
            for old in (self.progress, self.cancelled):
                old.unlink(missing_ok=True)
            write_json(self.request, dict(request))
            self.journal.begin()
