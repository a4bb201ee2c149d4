"""Starting and cancelling the processes of stages. Imports nothing heavy."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from threading import Thread
from typing import Any

from mtlue.errors import InputError
from mtlue.ui.workspace.stage_folder import StageName
from mtlue.ui.workspace.workplace import Project

WORKER = "mtlue.ui.stages.worker"


def start(project: Project, name: StageName, request: Mapping[str, Any]) -> None:
    """Start a stage's process, which does not end with this one.

    Raises:
        InputError: a process works on the project already.
    """
    with project.beginning:  # else two forms that are sent at once both find no process
        if project.running is not None:
            raise InputError("work on this project goes on: wait for it, or cancel it")
        project.stage(name).asked(request)
    _launch(project, name)


def _launch(project: Project, name: StageName) -> None:
    stage = project.stage(name)
    with stage.log.open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", WORKER, str(project.path), name],
            cwd=project.path,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    Thread(target=process.wait, daemon=True).start()  # else it stays in the system's list once it has ended


def cancel(project: Project) -> None:
    """Ask the process that works on a project to end; nothing where none does."""
    name = project.running
    if name is None:
        return
    stage = project.stage(name)
    stage.cancelled.touch()
    started = stage.journal.last("started")
    if started is not None and stage.held:  # else its number may be another process's by now
        with suppress(ProcessLookupError):
            os.kill(started["process"], signal.SIGTERM)
