"""Whether a protection holds, in one answer for its owner: the verdict's steps held against a limit.

Imports nothing heavy.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from mtlue.evaluation.recoveries.recovery import PLAIN, Recovery
from mtlue.evaluation.recoveries.texts import in_words
from mtlue.evaluation.recoveries.verdict import HELD_OUT, Step

LIMIT = 0.25
"""Recovery above which a task counts as left learnable."""
Outcome = Literal["holds", "partly", "fails", "unknown"]
UNTOLD = "Clean learners do not learn the tasks, or too few test images show what they learned."
UNTRIED = "None of the attacks that need no effort was tried, and these come first."
_OWN = 2
"""Steps for which an attacker needs nothing but the release and a computer."""


@dataclass(frozen=True)
class Judgement:
    """What an audit says of a release.

    Attributes:
        outcome: ``fails`` where someone with the release and a computer gets a task back; ``partly`` where only those
            do who have clean images, this tool or a large model; ``unknown`` where too little could be told.
        title: the same in words.
        text: what it rests on, in a sentence.
    """

    outcome: Outcome
    title: str
    text: str


def judgement(steps: Sequence[Step], limit: float = LIMIT) -> Judgement:
    """Judge a release by the steps of its verdict.

    A step counts against it where an attack gets more than ``limit`` back, more than the attacker's own images teach,
    and for sure more than nothing; an attack that may get more by chance does not hide it.

    Args:
        steps: as :func:`mtlue.evaluation.recoveries.verdict.verdict` returns them.
        limit: 0..1.
    """
    counted = [step for step in steps if step.name != HELD_OUT]
    broken = [(step, step.sure) for step in counted if step.sure is not None and step.sure.value > limit]
    if broken:
        first, sure = broken[0]
        against = f"against attackers {_within(first.name)}"
        if first is counted[0]:
            return Judgement("fails", "The protection does not hold", _finding(sure))
        if first in counted[:_OWN]:
            return Judgement("fails", f"The protection does not hold {against}", _finding(sure))
        return Judgement("partly", f"The protection holds only in part: not {against}", _finding(sure))
    held = [step for step in counted if not math.isnan(step.value) and not _counts(step, limit)]
    if counted and counted[0] in held:
        worst = max(held, key=lambda step: (step.adds, step.value))
        found = "" if worst.worst is None else _finding(worst.worst.recovery)
        return Judgement("holds", "The protection holds against every attack that was tried", found)
    return Judgement("unknown", "The audit cannot tell whether the protection holds", _why_unknown(counted[:1], limit))


def _counts(step: Step, limit: float) -> bool:
    return step.value > limit and step.adds


def _within(name: str) -> str:
    return name[:1].lower() + name[1:]


def _why_unknown(steps: Sequence[Step], limit: float) -> str:
    """What keeps an audit from telling, by the steps that would have to hold."""
    if not any(step.tried for step in steps):
        return UNTRIED
    unsure = [step for step in steps if step.worst is not None and _counts(step, limit)]
    return _by_chance(unsure[0]) if unsure else UNTOLD


def _by_chance(step: Step) -> str:
    """That what comes back in a step may be chance."""
    if step.worst is None:
        return ""
    return f"{step.name}, {_comes_back(step.worst.recovery)}, but that may be chance: its 95 % interval reaches 0."


def _finding(one: Recovery) -> str:
    """What comes back, without the figures in brackets that a step's line has."""
    most = "Most of any attack: " if one.value <= LIMIT else ""
    return f"{most}{_comes_back(one)}."


def _comes_back(one: Recovery) -> str:
    how = "from the images as they are" if one.attack == PLAIN else f"by the attack '{one.attack}'"
    return f"{in_words(one.value)} of what clean images teach of '{one.task}' comes back, {how}"
