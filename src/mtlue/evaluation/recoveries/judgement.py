"""Whether a protection holds, in one answer for its owner: the verdict's steps held against a limit.

Imports nothing heavy.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from mtlue.evaluation.recoveries.recovery import PLAIN
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

    A step counts against it where more than ``limit`` comes back, more than the attacker's own images teach, and for
    sure more than nothing.

    Args:
        steps: as :func:`mtlue.evaluation.recoveries.verdict.verdict` returns them.
        limit: 0..1.
    """
    counted = [step for step in steps if step.name != HELD_OUT]
    broken = [step for step in counted if _counts(step, limit) and _sure(step)]
    if any(step in broken for step in counted[:_OWN]):
        against = "" if broken[0] is counted[0] else f" against attackers {_within(broken[0].name)}"
        return Judgement("fails", f"The protection does not hold{against}", _finding(broken[0]))
    if broken:
        against = _within(broken[0].name)
        title = f"The protection holds only in part: not against attackers {against}"
        return Judgement("partly", title, _finding(broken[0]))
    held = [step for step in counted if not math.isnan(step.value) and not _counts(step, limit)]
    if counted and counted[0] in held:
        worst = max(held, key=lambda step: (step.adds, step.value))
        return Judgement("holds", "The protection holds against every attack that was tried", _finding(worst))
    tried = any(step.tried for step in counted[:1])
    return Judgement("unknown", "The audit cannot tell whether the protection holds", UNTOLD if tried else UNTRIED)


def _counts(step: Step, limit: float) -> bool:
    return step.value > limit and step.adds


def _sure(step: Step) -> bool:
    return step.worst is not None and not step.worst.recovery.low <= 0


def _within(name: str) -> str:
    return name[:1].lower() + name[1:]


def _finding(step: Step) -> str:
    """What comes back in a step, without the figures in brackets that its line has."""
    if step.worst is None:
        return ""
    one = step.worst.recovery
    how = "from the images as they are" if one.attack == PLAIN else f"by the attack '{one.attack}'"
    most = "Most of any attack: " if one.value <= LIMIT else ""
    return f"{most}{in_words(one.value)} of what clean images teach of '{one.task}' comes back, {how}."
