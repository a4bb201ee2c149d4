"""One way to learn from a release without leave: a learner and what it does against the protection."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from mtlue.evaluation.countermeasures import NONE, canonical, create
from mtlue.evaluation.countermeasures.base import Needs
from mtlue.evaluation.learner import Learner


@dataclass(frozen=True)
class Attack:
    """One way to learn from a release without leave.

    Args:
        name: by which options, records and keys know it.
        title: a line for people.
        rank: the most telling attacks have the lowest; where time is short they are tried first.
        countermeasure: what is done against the protection, with its settings.
        learner: fields of :class:`mtlue.evaluation.learner.Learner` that differ from the audit's usual learner.
        needs: what somebody needs for it.
        reference: where it, or its settings, come from.
        oracle: whether it knows what nobody does, so that it bounds what others get: shown, but not in the verdict.
    """

    name: str
    title: str
    rank: int
    countermeasure: str = NONE
    learner: Mapping[str, Any] = field(default_factory=dict)
    needs: Needs = "nothing"
    reference: str = ""
    oracle: bool = False

    def learner_of(self, usual: Learner) -> Learner:
        """The learner of the attack.

        Args:
            usual: of the audit; its setting, tasks and seed are kept.
        """
        return replace(usual, **self.learner, countermeasure=self.countermeasure)


def attack_with(text: str) -> Attack:
    """An attack that is one countermeasure, or several, on a learner trained as usual; tried right after the plain one.

    Args:
        text: as in ``jpeg:quality=42`` or ``grey+blur1``.

    Raises:
        InputError: an unknown name or setting.
    """
    applied = create(text)
    name = canonical(text)
    return Attack(name, f"the countermeasure {name}", 1, name, needs=applied.needs, reference=applied.reference)
