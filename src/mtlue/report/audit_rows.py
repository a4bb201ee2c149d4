"""What an audit's page shows, as rows: every attack with what it gets back, the worst first."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from mtlue.evaluation.attacks import ATTACKS
from mtlue.evaluation.countermeasures.base import Needs
from mtlue.evaluation.learner import SETTINGS, Setting
from mtlue.evaluation.recovery import Recovery

NEEDS: dict[Needs, str] = {
    "nothing": "nothing",
    "compute": "compute",
    "clean images": "clean images of their own",
    "our tool": "this tool and images of their own",
    "a large model": "a large model",
}
"""What somebody needs for an attack, in a reader's words."""


@dataclass(frozen=True)
class AttackRow:
    """One attack.

    Attributes:
        name: of the attack.
        title: what it does.
        needs: what somebody needs for it.
        reference: where it comes from.
        worst: its highest recovery; None where none is defined.
        recoveries: of all settings and tasks.
    """

    name: str
    title: str
    needs: str
    reference: str
    worst: Recovery | None
    recoveries: tuple[Recovery, ...]

    def of(self, setting: Setting, task: str) -> Recovery | None:
        """Its recovery of one task; None where it was not tried."""
        return next((one for one in self.recoveries if (one.setting, one.task) == (setting, task)), None)


@dataclass(frozen=True)
class MatrixColumn:
    """A column of the matrix: one task of one kind of learners."""

    setting: Setting
    task: str


def attack_rows(found: Sequence[Recovery]) -> list[AttackRow]:
    """A row for each attack that was tried, the highest recovery first; those without one last."""
    names = dict.fromkeys(one.attack for one in found)
    rows = [_row(name, [one for one in found if one.attack == name]) for name in names]
    return sorted(rows, key=lambda row: -row.worst.value if row.worst else math.inf)


def matrix_columns(found: Sequence[Recovery]) -> list[MatrixColumn]:
    """Every task of every setting: multi-task learners first; within them the task that comes back most."""
    highest: dict[MatrixColumn, float] = {}
    for one in found:
        column = MatrixColumn(one.setting, one.task)
        value = one.value if one.defined else -math.inf
        highest[column] = max(value, highest.get(column, -math.inf))
    return sorted(highest, key=lambda column: (SETTINGS.index(column.setting), -highest[column]))


def _row(name: str, found: Sequence[Recovery]) -> AttackRow:
    attack = ATTACKS.get(name)
    counted = [one for one in found if one.defined and not one.left_learnable]
    return AttackRow(
        name,
        attack.title if attack else name,
        NEEDS[attack.needs] if attack else "",
        attack.reference if attack else "",
        max(counted, key=lambda one: one.value, default=None),
        tuple(found),
    )
