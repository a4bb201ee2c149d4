"""Records of many files, sorted by what was learned from, by whom, and with which seed."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from mtlue.evaluation.learner import Setting
from mtlue.evaluation.records import Record
from mtlue.models.names import RANDOM

Kind = Literal["clean", "noise", "trivial", "method"]
KINDS: tuple[Kind, ...] = ("clean", "noise", "trivial", "method")
"""Rows of a table come in this order; only a ``method`` competes."""
UNCOUNTERED = "none"
_LISTED = 3


@dataclass(frozen=True)
class Group:
    """Learners that differ in their training images, their tasks and their seed alone."""

    dataset: str
    setting: Setting
    backbone: str
    weighting: str
    countermeasure: str


@dataclass(frozen=True)
class Method:
    """What was done to the training images, as tables name it."""

    kind: Kind
    label: str


Seeds = dict[int, dict[str, Record]]
"""seed -> task -> the record that holds its scores."""


@dataclass(frozen=True)
class Results:
    """Every learner's record, found by what it is.

    Attributes:
        groups: group -> method -> seed -> task -> record, in order of appearance.
        notes: what a person should know of the files, in sentences.
    """

    groups: dict[Group, dict[Method, Seeds]]
    notes: tuple[str, ...]

    @classmethod
    def of(cls, records: Sequence[Record]) -> "Results":
        """Sort records; where two hold the same result, the later one wins."""
        groups: dict[Group, dict[Method, Seeds]] = {}
        repeated: dict[str, bool] = {}
        for record in records:
            group, method = group_of(record), method_of(record)
            tasks = groups.setdefault(group, {}).setdefault(method, {}).setdefault(record.learner.seed, {})
            for task in record.metrics:
                if task in tasks:
                    differs = repr(tasks[task].metrics[task]) != repr(record.metrics[task])
                    where = f"{group.dataset}, {group.setting}, seed {record.learner.seed}, {task}"
                    repeated[f"{method.label} ({where})"] = differs
                tasks[task] = record
        return cls(groups, _repeats(repeated))

    def methods(self) -> list[Method]:
        """Every method, clean first and noise second, then in order of appearance."""
        found = dict.fromkeys(method for methods in self.groups.values() for method in methods)
        return sorted(found, key=lambda method: KINDS.index(method.kind))

    def clean(self, group: Group) -> Seeds:
        """Learners of a group on clean images; empty where there are none."""
        methods = self.groups.get(group, {})
        return next((seeds for method, seeds in methods.items() if method.kind == "clean"), {})


def group_of(record: Record) -> Group:
    """The learners that a record belongs to."""
    learner = record.learner
    backbone = learner.backbone + " (pretrained)" * (learner.init != RANDOM)
    return Group(record.dataset, learner.setting, backbone, learner.weighting, learner.countermeasure)


def method_of(record: Record) -> Method:
    """The row of a record."""
    label = record.label or ("clean" if record.condition == "clean" else record.method or record.condition)
    if record.condition == "protected":
        return Method("noise" if record.method == "noise" else "method", label)
    return Method(record.condition, label)


def _repeats(repeated: dict[str, bool]) -> tuple[str, ...]:
    if not repeated:
        return ()
    named = sorted(repeated, key=lambda name: not repeated[name])
    more = f" and {len(named) - _LISTED} more" if len(named) > _LISTED else ""
    differing = sum(repeated.values())
    advice = ". Variants that should stand apart need labels of their own" if differing else ""
    return (
        f"{len(named)} result(s) appear more than once, {differing} of them with other scores; the later one wins: "
        f"{', '.join(named[:_LISTED])}{more}{advice}",
    )
