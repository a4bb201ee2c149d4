"""Records of many files, sorted by what was learned from, by which learner, and with which seed."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from mtlue.evaluation.learner import TestedOn
from mtlue.evaluation.records import Record
from mtlue.faults import listed
from mtlue.report.records.groups import METHOD_KINDS, Group, Method, seed_of
from mtlue.wording import counted

_LISTED = 3

Seeds = dict[int, dict[str, Record]]
"""seed -> task -> the record that holds its scores."""


@dataclass(frozen=True)
class SortedRecords:
    """Every learner's record, by group, method, seed and task.

    Attributes:
        groups: group -> method -> seed -> task -> record, in order of appearance.
        notes: what the reader should know about the files, in sentences.
    """

    groups: dict[Group, dict[Method, Seeds]]
    notes: tuple[str, ...]

    @classmethod
    def of(cls, records: Sequence[Record]) -> "SortedRecords":
        """Sort records; where two hold the same result, the later one wins.

        Records that do not say which test images theirs are belong to those that do, where these are of one set alone.
        """
        groups: dict[Group, dict[Method, Seeds]] = {}
        repeated: dict[str, bool] = {}
        for record in _with_test_sets(records):
            group, method, seed = Group.of(record), Method.of(record), seed_of(record)
            tasks = groups.setdefault(group, {}).setdefault(method, {}).setdefault(seed, {})
            for task in record.metrics:
                if task in tasks:
                    differs = repr(tasks[task].metrics[task]) != repr(record.metrics[task])
                    repeated[f"{method.label} ({group.dataset}, {group.setting}, seed {seed}, {task})"] = differs
                tasks[task] = record
        return cls(groups, _repeats(repeated))

    def methods(self) -> list[Method]:
        """Every method, clean first and noise second, then in order of appearance."""
        methods = dict.fromkeys(method for methods in self.groups.values() for method in methods)
        return sorted(methods, key=lambda method: METHOD_KINDS.index(method.kind))

    def of_kind(self, group: Group, kind: str, released: bool = False) -> list[Method]:
        """A group's methods of one kind."""
        return [method for method in self.groups.get(group, {}) if (method.kind, method.released) == (kind, released)]

    def clean(self, group: Group) -> Seeds:
        """The clean learners that a group's recovery is taken against: those with its own countermeasure.

        Where there are none, there is no recovery: others never take their place.
        """
        for method in self.of_kind(group, "clean"):
            return self.groups[group][method]
        return {}

    def scored(self, group: Group | None = None) -> Iterator[tuple[Record, str]]:
        """Every record with each of its tasks, of one group or of all."""
        for other, methods in self.groups.items():
            if group in (None, other):
                for seeds in methods.values():
                    for records in seeds.values():
                        yield from ((record, task) for task, record in records.items())

    def left_learnable(self, group: Group, method: Method) -> list[str]:
        """Tasks that a release leaves learnable on purpose."""
        seeds = self.groups.get(group, {}).get(method, {})
        records = (record for tasks in seeds.values() for record in tasks.values())
        return list(dict.fromkeys(task for record in records for task in record.unprotected))


def _repeats(repeated: dict[str, bool]) -> tuple[str, ...]:
    if not repeated:
        return ()
    names = sorted(repeated, key=lambda name: not repeated[name])
    differing = sum(repeated.values())
    advice = ". Variants that should stand apart need labels of their own" if differing else ""
    return (
        f"{counted(len(names), 'result appears', 'results appear')} more than once, "
        f"{differing} of them with other scores; the later one wins: {listed(names, _LISTED)}{advice}",
    )


def _with_test_sets(records: Sequence[Record]) -> Iterator[Record]:
    """Records of earlier versions with the test set of the others, where there is one that can be theirs."""
    known: dict[tuple[str, int, TestedOn], set[str]] = {}
    for record in records:
        if record.test_set:
            known.setdefault(_tested(record), set()).add(record.test_set)
    for record in records:
        theirs = known.get(_tested(record), set())
        yield replace(record, test_set=next(iter(theirs))) if len(theirs) == 1 and not record.test_set else record


def _tested(record: Record) -> tuple[str, int, TestedOn]:
    """What a record of an earlier version says of its test images."""
    return record.dataset, record.test_images, record.learner.tested_on
