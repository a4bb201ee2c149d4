"""How long a stage still takes: what was expected of its parts, at the speed that it has shown. Imports nothing heavy.

An estimate is made before a stage begins; a computer that has other work takes longer. So what is left is counted in
parts. Those that have ended, and the one at hand as far as it says how far it is, show how many times as long as
expected they take (:attr:`Pace.slowness`), and so will those to come. A part that runs over its share slows all that is
left, too: the time never falls to nothing and jumps up with the next part.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mtlue.progress import steps_left
from mtlue.ui.workspace.rows import StepProgress

_TRUST = 0.05
"""Share of the whole that an estimate weighs as much as what was observed: the first moments say little."""


@dataclass(frozen=True)
class Part:
    """One of the steps of a stage that take long.

    Attributes:
        step: the first word of its name.
        seconds: that it was expected to take.
    """

    step: str
    seconds: float


@dataclass(frozen=True)
class AtHand:
    """The step that ``progress.json`` is of.

    Attributes:
        step: the first word of its name.
        elapsed: seconds since it began.
        own: seconds that it will still take, as its own steps tell; None where they tell nothing.
    """

    step: str
    elapsed: float
    own: float | None

    @classmethod
    def of(cls, progress: StepProgress, now: float) -> AtHand:
        """As it is at ``now``, in seconds since 1970."""
        elapsed = 0.0 if progress.started is None else now - progress.started
        return cls(progress.step.partition(" ")[0], elapsed, _own(progress, now))


@dataclass(frozen=True)
class Pace:
    """What the parts of a stage took, beside what was expected of them.

    Attributes:
        expected, taken: seconds of what is done.
        whole: seconds that were expected of all parts.
    """

    expected: float
    taken: float
    whole: float

    @property
    def slowness(self) -> float:
        """Times as long as expected that parts take."""
        trust = _TRUST * self.whole
        return (trust + self.taken) / (trust + self.expected) if self.whole else 1.0


def left_of_parts(parts: Sequence[Part], finished: Mapping[str, Sequence[float]], hand: AtHand) -> float:
    """Seconds that are left of a stage's parts, and of the step at hand.

    Args:
        parts: in their order.
        finished: first word of a step's name -> how many such steps have ended, and the seconds that they took.
        hand: the step at hand; it may be none of the parts.
    """
    ended, coming = _divided(parts, finished)
    expected = sum(part.seconds for part in ended)
    taken = sum(seconds for name, (_, seconds) in finished.items() if name in {part.step for part in ended})
    whole = sum(part.seconds for part in parts)
    place = next((place for place, part in enumerate(coming) if part.step == hand.step), None)
    if place is None:
        return (hand.own or 0.0) + Pace(expected, taken, whole).slowness * sum(part.seconds for part in coming)
    # what stands before it was done by an earlier run
    this, coming = coming[place], coming[place + 1 :]
    if hand.own is None:
        own, pace = _without_word(this, hand, Pace(expected, taken, whole))
    else:
        share = hand.elapsed / (hand.elapsed + hand.own) if hand.own or hand.elapsed else 0.0
        own, pace = hand.own, Pace(expected + share * this.seconds, taken + hand.elapsed, whole)
    return own + pace.slowness * sum(part.seconds for part in coming)


def left_of_told(told: float, since: float, this: float, others: float) -> float:
    """Seconds that are left where a job told how many there were, before the part at hand began.

    Args:
        told: seconds that were left then.
        since: seconds since then.
        this: seconds that were expected of the part at hand.
        others: of those after it.
    """
    if this + others <= 0:
        return max(0.0, told - since)
    share = told * this / (this + others)
    if since <= share or not share:
        return max(0.0, told - since)
    return (told - share) * since / share


def _without_word(part: Part, hand: AtHand, pace: Pace) -> tuple[float, Pace]:
    """What is left of a part that does not say how far it is; one that takes longer than its share slows the others."""
    share = pace.slowness * part.seconds
    if hand.elapsed <= share:
        return share - hand.elapsed, pace
    return 0.0, Pace(pace.expected + part.seconds, pace.taken + hand.elapsed, pace.whole)


def _divided(parts: Sequence[Part], finished: Mapping[str, Sequence[float]]) -> tuple[list[Part], list[Part]]:
    """The parts that have ended, and those after the last of them."""
    seen: Counter[str] = Counter()
    last, ended = -1, []
    for place, part in enumerate(parts):
        seen[part.step] += 1
        if seen[part.step] <= finished.get(part.step, (0, 0.0))[0]:
            ended.append(part)
            last = place
    return ended, list(parts[last + 1 :])


def _own(progress: StepProgress, now: float) -> float | None:
    """Seconds that a step will still take, as far as its own steps tell."""
    started = progress.started
    if not progress.done or not progress.total or not progress.time_left or started is None:
        return None
    return steps_left(progress.done, progress.total, progress.at - started, now - started)
