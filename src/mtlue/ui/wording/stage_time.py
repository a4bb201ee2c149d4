"""How long a running stage has taken and will take, in words, from its files. Imports nothing heavy."""

from __future__ import annotations

import time
from collections.abc import Sequence

from mtlue.durations import duration
from mtlue.structured import read_json_if_there
from mtlue.ui.wording.choices import ProtectChoices
from mtlue.ui.wording.findings import Estimate, findings_of
from mtlue.ui.wording.time_left import AtHand, Part, left_of_parts, left_of_told
from mtlue.ui.workspace.journal import DAMAGED
from mtlue.ui.workspace.rows import Row, StepProgress
from mtlue.ui.workspace.stage_folder import StageName
from mtlue.ui.workspace.workplace import Project

_FIRST_LEARNERS, _LEARNERS = 2, 1
"""That check a fit: the one of clean images serves all later fits."""


def stage_time(project: Project, name: StageName, rows: Sequence[Row], progress: StepProgress) -> str:
    """How long a stage has run, and how long it will, where that can be told.

    Args:
        rows: what its journal holds.
        progress: of its step at hand.
    """
    now = time.time()
    elapsed = now - rows[0]["at"] if rows else 0.0
    left = _audit_left(rows, now) if name == "audit" else _left(project, name, rows, progress, now)
    return f"{duration(elapsed)} so far" + (f", about {duration(left)} left" if left >= 1 else "")


def _left(project: Project, name: StageName, rows: Sequence[Row], progress: StepProgress, now: float) -> float:
    parts = _protection(project, rows) if name == "protect" else []
    return left_of_parts(parts, progress.finished, AtHand.of(progress, now))


def _protection(project: Project, rows: Sequence[Row]) -> list[Part]:
    """The parts of a protection as it was asked for, with those of each fit that is made once more; none where nobody
    knows."""
    found = findings_of(project)
    if found is None:
        return []
    request = project.stage("protect").request
    asked = read_json_if_there(request, ProtectChoices, DAMAGED) or ProtectChoices(preset=None)
    height, width = asked.size or found.usual.sides
    estimate = (found.offer(f"{width}x{height}") or found.usual).estimate
    fit, learner = _of_a_fit(estimate, asked.preset or ""), 0.0
    if fit:
        learner = estimate.check_seconds(asked.unprotected) / _FIRST_LEARNERS
    repeated = sum(row["event"] == "FitRepeated" for row in rows)
    parts = [*fit, *[Part("learner", learner)] * _FIRST_LEARNERS]
    parts += [*fit, *[Part("learner", learner)] * _LEARNERS] * repeated
    return [*parts, Part("protecting", sum(row.get("writing", 0.0) for row in rows))]


def _of_a_fit(estimate: Estimate, preset: str) -> list[Part]:
    seconds = estimate.seconds.get(preset, 0.0)
    trained = seconds * estimate.surrogates.get(preset, 0.0)
    return [Part("surrogate", trained), Part("generator", seconds - trained)] if seconds else []


def _audit_left(rows: Sequence[Row], now: float) -> float:
    """What the job told last of the time that is left, and what has passed since; 0 where it has not told anything."""
    planned = next((row for row in reversed(rows) if "attacks" in row), None)
    told = next((row for row in reversed(rows) if "seconds_left" in row), None)
    if planned is None or told is None:
        return 0.0
    over = {row["attack"] for row in rows if "attack" in row}
    this, *others = [seconds for attack, seconds in planned["attacks"].items() if attack not in over] or [0.0]
    left = left_of_told(told["seconds_left"], now - told["at"], this, sum(others))
    until = planned.get("until")
    allowed = until - now if until else 0.0
    return min(left, allowed) if allowed > 0 else left
