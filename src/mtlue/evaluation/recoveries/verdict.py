"""The verdict of an audit: what comes back in the worst case, by what an attacker has. Imports nothing heavy."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from mtlue.evaluation.attacks.tiers import Tier
from mtlue.evaluation.recoveries.added import Added
from mtlue.evaluation.recoveries.recovery import PLAIN, Recovery
from mtlue.evaluation.recoveries.texts import details, in_words
from mtlue.evaluation.recoveries.worst import FEW, Mean, Worst, means, worst
from mtlue.wording import percent

STEPS: tuple[tuple[str, tuple[Tier, ...]], ...] = (
    ("Without effort", ("nothing",)),
    ("With compute", ("compute",)),
    ("With clean images, this tool or a large model", ("tool", "model")),
)
"""How the verdict's lines begin, and whose attacks they speak of."""
NOT_ASKED = "not asked for"
"""Why an attack was not tried that nobody wanted."""
HELD_OUT = "Of a task that was left out"
UNDEFINED = "nothing can be said: clean learners do not learn the tasks, or too few test images tell how much"


@dataclass(frozen=True)
class Step:
    """One line of the verdict.

    Attributes:
        name: how the line begins.
        worst: as :func:`mtlue.evaluation.recoveries.worst.worst` chooses it; None where there is none.
        tried: whether any attack was.
        why: why none was, where all have one reason.
        mean: what counts most of what attacks get back of many tasks together; None where there are only a few.
        sure: the highest recovery that counts against the release and is more than nothing for sure, which may be lower
            than the worst; None where there is none.
    """

    name: str
    worst: Worst | None
    tried: bool
    why: str = ""
    mean: Mean | None = None
    sure: Recovery | None = None

    @property
    def value(self) -> float:
        """The worst recovery; NaN where there is none."""
        return math.nan if self.worst is None else self.worst.recovery.value

    @property
    def adds(self) -> bool:
        """Whether the release adds something to what the attacker's own clean images teach alone."""
        return self.worst is None or self.worst.recovery.adds

    @property
    def text(self) -> str:
        """The line, for a terminal and a page alike."""
        return f"{self.name}: {self.finding}"

    @property
    def finding(self) -> str:
        """The line without its beginning."""
        if not self.tried:
            return f"not tried ({self.why})" if self.why else "not tried"
        found = UNDEFINED if self.worst is None else worst_case(self.worst)
        if self.worst is not None and self.sure not in (None, self.worst.recovery):
            found = f"{found}; {surely(self.sure)}"
        return found if self.mean is None else f"{found}; {on_average(self.mean)}"


def worst_case(found: Worst) -> str:
    """What comes back in the worst of several attacks, of which task and how well that is known.

    >>> worst_case(Worst(Recovery("grey", "mtl", "age", 0.5, 0.5, 0.4, 0.6, 0.01, (0, 1), True, 0.5, 0.9, 0.1), 1, ()))
    "50 % of what clean images teach of 'age' comes back, by grey (MTL; 95 % interval 40 to 60 %; 2 seeds)"
    """
    one = found.recovery
    among = f"; the worst of {found.attacks} attacks" if found.attacks > 1 else ""
    plain = "; counted against a clean learner without it" if one.reference == "plain" else ""
    known = f"{one.setting.upper()}; {details(one)}{among}{plain}{_alone(one)}"
    return f"{in_words(one.value)} of what clean images teach of '{one.task}' comes back, {_how(one.attack)} ({known})"


def surely(one: Recovery) -> str:
    """The most that is no chance, where the worst of several attacks may be.

    >>> surely(Recovery("grey", "mtl", "age", 0.5, 0.5, 0.4, 0.6, 0.01, (0, 1), True, 0.5, 0.9, 0.1))
    "for sure more than nothing: 50 % of 'age', by grey (MTL; 95 % interval 40 to 60 %; 2 seeds)"
    """
    return (
        f"for sure more than nothing: {in_words(one.value)} of '{one.task}', {_how(one.attack)} "
        f"({one.setting.upper()}; {details(one)}{_alone(one)})"
    )


def on_average(found: Mean) -> str:
    """What comes back of many tasks together.

    >>> on_average(Mean("grey", "mtl", 0.251, 40))
    'of 40 tasks together 25 %, by grey (MTL)'
    >>> on_average(Mean("purifier", "mtl", 0.6, 4, control=0.3))
    'of 4 tasks together 60 %, by purifier (MTL; their own images alone: 30 %, so the release adds 30 %)'
    """
    alone = ""
    if found.control is not None:
        added = Added(found.value - found.control, math.nan, math.nan)
        alone = f"; {_own_images(found.control)}, so {added.text}"
    return (
        f"of {found.tasks} tasks together {percent(max(0.0, found.value))}, {_how(found.attack)} "
        f"({found.setting.upper()}{alone})"
    )


def _how(attack: str) -> str:
    """By which attack, for people who may not know that one is called none."""
    return "from the images as they are" if attack == PLAIN else f"by {attack}"


def _alone(one: Recovery) -> str:
    """What the attacker's own clean images teach without the release, where the attack needs some."""
    if one.control is None:
        return ""
    told = f"; {_own_images(one.control)}"
    return told if one.added is None else f"{told}, so {one.added.text}"


def _own_images(control: float) -> str:
    return f"their own images alone: {percent(max(0.0, control))}"


def verdict(
    found: Sequence[Recovery],
    tiers: Mapping[str, Tier],
    not_run: Mapping[str, str] | None = None,
    holdout: Collection[str] = (),
) -> list[Step]:
    """What comes back in the worst case: three steps, and a fourth where tasks were held out.

    Args:
        found: of every attack that was tried.
        tiers: attack -> its tier, of all that were tried or might have been.
        not_run: attack -> why it was not tried.
        holdout: tasks that the release does not protect, as it does not hold them: they count in the fourth step alone.
    """
    released = [one for one in found if one.task not in holdout]
    steps = [_step(name, of, released, tiers, not_run or {}) for name, of in STEPS]
    if holdout:
        others = [one for one in found if one.task in holdout]
        steps.append(Step(HELD_OUT, worst(others), bool(others), sure=_most_sure(others)))
    return steps


def above(steps: Sequence[Step], limit: float) -> list[Step]:
    """The steps in which the release gives away more than ``limit`` of a task.

    A step counts where its recovery is above the limit *and* above what the attacker's own clean images teach alone: an
    attack that adds nothing to those is not the release's fault. As the worst of a step is chosen by the same rule
    (:func:`mtlue.evaluation.recoveries.worst.worst`), such an attack never hides a lower one that counts. Held-out
    tasks are not the release's to protect.
    """
    return [step for step in steps if step.value > limit and step.adds and step.name != HELD_OUT]


def unjudged(steps: Sequence[Step]) -> list[Step]:
    """The steps that were asked for and of which nothing can be said: a check that saw nothing has not passed."""
    return [step for step in steps if math.isnan(step.value) and step.why != NOT_ASKED and step.name != HELD_OUT]


def _step(
    name: str, of: Collection[Tier], found: Sequence[Recovery], tiers: Mapping[str, Tier], not_run: Mapping[str, str]
) -> Step:
    own = [one for one in found if tiers.get(one.attack) in of]
    many = [mean for mean in means(found) if tiers.get(mean.attack) in of and mean.tasks > FEW]
    reasons = {why for attack, why in not_run.items() if tiers.get(attack) in of}
    why = reasons.pop() if len(reasons) == 1 else ""
    return Step(name, worst(own), bool(own), why, many[0] if many else None, _most_sure(own))


def _most_sure(found: Sequence[Recovery]) -> Recovery | None:
    """The highest recovery that counts and is no chance: one that may be chance never hides it."""
    highest = worst([one for one in found if one.sure and one.adds])
    return None if highest is None else highest.recovery
