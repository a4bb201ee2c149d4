"""What an audit's page shows, as rows: every attack with what it gets back, the worst first."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from mtlue.evaluation.audits.records import AuditReport, KnownAttack
from mtlue.evaluation.countermeasures.base import Needs
from mtlue.evaluation.learner import SETTINGS, Setting
from mtlue.evaluation.records import Record
from mtlue.evaluation.recoveries.recovery import Recovery
from mtlue.evaluation.recoveries.worst import severity, worst

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
        attack: as the audit knew it.
        worst: what counts most against the release; None where no recovery is defined.
        recoveries: of all settings and of the tasks that the row is about.
    """

    attack: KnownAttack
    worst: Recovery | None
    recoveries: tuple[Recovery, ...]

    @property
    def needs(self) -> str:
        """What somebody needs for it, in a reader's words."""
        return "what nobody has" if self.attack.oracle else NEEDS[self.attack.needs]

    @property
    def known(self) -> bool:
        """Whether a recovery of any task is."""
        return any(one.defined for one in self.recoveries)

    def of(self, setting: Setting, task: str) -> Recovery | None:
        """Its recovery of one task; None where it was not tried."""
        return next((one for one in self.recoveries if (one.setting, one.task) == (setting, task)), None)


@dataclass(frozen=True)
class MatrixColumn:
    """A column of the matrix: one task of one kind of learners."""

    setting: Setting
    task: str


@dataclass(frozen=True)
class PageRows:
    """The rows of a page, by what they are about.

    Attributes:
        real: attacks on the tasks of the release.
        oracles: the same of those that know what no attacker knows.
        held_out: every attack on the tasks that the release leaves out.
    """

    real: list[AttackRow]
    oracles: list[AttackRow]
    held_out: list[AttackRow]

    @classmethod
    def of(cls, report: AuditReport) -> "PageRows":
        """The rows of a report, the worst first."""
        released = attack_rows(report, [one for one in report.recoveries if one.task not in report.holdout])
        return cls(
            real=[row for row in released if not row.attack.oracle],
            oracles=[row for row in released if row.attack.oracle],
            held_out=attack_rows(report, [one for one in report.recoveries if one.task in report.holdout]),
        )


def attack_rows(report: AuditReport, found: Sequence[Recovery]) -> list[AttackRow]:
    """A row for each attack of some recoveries, the worst first.

    Those without a defined recovery come after all others, and oracles at the very end.
    """
    names = dict.fromkeys(one.attack for one in found)
    rows = [_row(report.attack(name), [one for one in found if one.attack == name]) for name in names]
    return sorted(rows, key=lambda row: (not row.attack.oracle, _severity(row.worst)), reverse=True)


def matrix_columns(rows: Iterable[AttackRow]) -> list[MatrixColumn]:
    """Every task of every setting of which a recovery is known by an attack.

    Multi-task learners come first; within them the task that comes back most.
    """
    highest: dict[MatrixColumn, float] = {}
    for one in (one for row in rows for one in row.recoveries if one.defined):
        column = MatrixColumn(one.setting, one.task)
        highest[column] = max(one.value, highest.get(column, -math.inf))
    return sorted(highest, key=lambda column: (SETTINGS.index(column.setting), -highest[column]))


def rare_classes(records: Iterable[Record]) -> dict[str, dict[str, int]]:
    """Task -> class -> its test images, of the classes with too few of them to count."""
    rare: dict[str, dict[str, int]] = {}
    for record in records:
        for task, classes in record.uncounted.items():
            if classes:
                rare.setdefault(task, {}).update(classes)
    return rare


def _severity(one: Recovery | None) -> tuple[bool, bool, float]:
    return (False, False, 0.0) if one is None else severity(one)


def _row(attack: KnownAttack, found: Sequence[Recovery]) -> AttackRow:
    highest = worst(found)
    return AttackRow(attack, None if highest is None else highest.recovery, tuple(found))
