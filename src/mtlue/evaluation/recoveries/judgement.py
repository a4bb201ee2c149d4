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
from mtlue.evaluation.recoveries.worst import severity

LIMIT = 0.25
"""Recovery above which a task counts as left learnable."""
Outcome = Literal["holds", "partly", "fails", "unknown"]
UNTOLD = "Clean learners do not learn the tasks, or too few test images show what they learned."
UNTRIED = "None of the attacks that need no effort was tried, and these come first."
_ONLY_IN_PART = {
    True: "The protection holds only in part: not {against}",
    False: "The protection does not hold {against}; whether it holds against others, the audit cannot tell",
}
"""Whether the steps before hold -> what is said of a release that somebody with more than a computer gets back."""
_OWN = 2
"""Steps for which an attacker needs nothing but the release and a computer."""


@dataclass(frozen=True)
class Judgement:
    """What an audit says of a release.

    Attributes:
        outcome: ``fails`` where someone with the release and a computer gets a task back; ``partly`` where only those
            do who have clean images, this tool or a large model; ``holds`` where nobody does; ``unknown`` where too
            little could be told, or what comes back may be chance.
        title: the same in words.
        text: what it rests on, in a sentence.
    """

    outcome: Outcome
    title: str
    text: str


def judgement(steps: Sequence[Step], limit: float = LIMIT) -> Judgement:
    """Judge a release by the steps of its verdict.

    A step counts against it where an attack gets more than ``limit`` back, more than the attacker's own images teach,
    and for sure more than nothing; an attack that may get more by chance does not hide it. A release holds where the
    first step is known and no step has more than ``limit`` that counts, whether or not that may be chance.

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
        held = _held(counted[:_OWN], limit)
        return Judgement("partly", _ONLY_IN_PART[held].format(against=against), _finding(sure))
    if _held(counted, limit):
        return _holding([step for step in counted if step.tried])
    return Judgement("unknown", "The audit cannot tell whether the protection holds", _why_unknown(counted, limit))


def _counts(step: Step, limit: float) -> bool:
    return step.value > limit and step.adds


def _held(steps: Sequence[Step], limit: float) -> bool:
    """Whether something is known of the first of several steps, and no step counts, not even by chance."""
    known = bool(steps) and not math.isnan(steps[0].value)
    return known and not any(_counts(step, limit) for step in steps)


def _holding(tried: Sequence[Step]) -> Judgement:
    """Of the steps in which attacks were tried, of the first of which something is known."""
    worst = max((step.worst for step in tried if step.worst is not None), key=lambda worst: severity(worst.recovery))
    if all(step.worst is not None and step.adds for step in tried):
        found = f"Most of any attack: {_finding(worst.recovery)}"
    else:
        found = _finding(worst.recovery)
    told = "of which something is known" if any(step.worst is None for step in tried) else "that was tried"
    return Judgement("holds", f"The protection holds against every attack {told}", found)


def _within(name: str) -> str:
    return name[:1].lower() + name[1:]


def _why_unknown(steps: Sequence[Step], limit: float) -> str:
    """What keeps an audit from telling."""
    if not any(step.tried for step in steps[:1]):
        return UNTRIED
    unsure = [(step.name, step.worst.recovery) for step in steps if step.worst is not None and _counts(step, limit)]
    if not unsure:
        return UNTOLD
    name, one = unsure[0]
    return f"{name}, {_comes_back(one)}, but that may be chance: its 95 % interval reaches 0."


def _finding(one: Recovery) -> str:
    """What comes back, without the figures in brackets that a step's line has."""
    return f"{_comes_back(one)}."


def _comes_back(one: Recovery) -> str:
    how = "from the images as they are" if one.attack == PLAIN else f"by the attack '{one.attack}'"
    return f"{in_words(one.value)} of what clean images teach of '{one.task}' comes back, {how}"
