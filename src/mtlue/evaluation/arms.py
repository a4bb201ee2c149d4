"""Records of an audit by attack, setting, side and training images, and learners of the same seeds side by side."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from mtlue.errors import InputError
from mtlue.evaluation.learner import FAST, Learner, Setting
from mtlue.evaluation.quotients import Paired, Sample
from mtlue.evaluation.records import Condition, Record

Seeds = Mapping[int, Record]
"""Seed -> the record of its learner."""


@dataclass(frozen=True)
class Arm:
    """Learners that differ in their seed alone, but for single-task learners, which have a task each.

    Attributes:
        attack: that they are part of.
        setting: mtl or stl.
        treat_test: whether they are tested on treated images.
        condition: which images they were trained on.
    """

    attack: str
    setting: Setting
    treat_test: bool
    condition: Condition


class Arms:
    """Every record of an audit where it belongs. A score that is not a number is no record.

    Args:
        records: of one release, its clean learners among them.

    Raises:
        InputError: the records are of several datasets or releases, or learners that differ have one attack's name.
    """

    def __init__(self, records: Sequence[Record]) -> None:
        _check_release(records)
        _check_learners(records)
        self._seeds: dict[tuple[Arm, str], dict[int, Record]] = {}
        for record in records:
            learner = record.learner
            arm = Arm(attack_of(record), learner.setting, learner.treat_test, record.condition)
            for task in record.metrics:
                if not math.isnan(headline_score(record, task)):
                    self._seeds.setdefault((arm, task), {})[learner.seed] = record

    def attacked(self) -> list[tuple[str, Setting, str]]:
        """Each attack, setting and task that learners of released images were tested on, once."""
        released = [(arm, task) for arm, task in self._seeds if arm.condition == "protected"]
        return list(dict.fromkeys((arm.attack, arm.setting, task) for arm, task in released))

    def of(self, arm: Arm, task: str) -> Seeds:
        """The records of one arm that score a task."""
        return self._seeds.get((arm, task), {})


def attack_of(record: Record) -> str:
    """The attack that a learner is part of; outside an audit, its countermeasure."""
    return record.attack or record.learner.countermeasure


def headline_score(record: Record, task: str) -> float:
    """By the task's headline metric."""
    return record.metrics[task][record.headline[task]]


def paired(ours: Seeds, clean: Seeds, task: str) -> Paired:
    """Learners of the seeds that both have, and what is trivial for them."""
    both = [seed for seed in ours if seed in clean]
    records = [ours[seed] for seed in both]
    higher = all(record.directions[task][record.headline[task]] for record in records)
    return Paired(sample(records, task), sample([clean[seed] for seed in both], task), trivial(records, task), higher)


def sample(records: Sequence[Record], task: str) -> Sample:
    """Headline scores of learners."""
    scores = [headline_score(record, task) for record in records]
    return Sample.of(scores, [record.replicates.get(task, []) for record in records])


def trivial(records: Sequence[Record], task: str) -> Sample:
    """Headline scores of the predictor that never looks at an image, for the same records."""
    scores = [record.trivial[task][record.headline[task]] for record in records]
    return Sample.of(scores, [record.trivial_replicates.get(task, []) for record in records])


def _check_release(records: Sequence[Record]) -> None:
    datasets = {record.dataset for record in records}
    releases = {record.label or record.method or "" for record in records if record.condition == "protected"}
    if len(datasets) > 1 or len(releases) > 1:
        named = ", ".join([*sorted(datasets), *sorted(releases)])
        raise InputError(f"recovery by attack is of one release, and these records are of several: {named}")


def _check_learners(records: Sequence[Record]) -> None:
    """Refuse records that name no attack, where their countermeasure does not tell learners apart."""
    learners: dict[tuple[str, Setting], set[Learner]] = {}
    for record in records:
        if record.attack is None:
            shared = replace(record.learner, seed=0, tasks=(), treat_test=True, recipe=FAST)
            learners.setdefault((shared.countermeasure, shared.setting), set()).add(shared)
    several = [countermeasure for (countermeasure, _), shared in learners.items() if len(shared) > 1]
    if several:
        raise InputError(f"records of countermeasure {several[0]} are of learners that differ: name their attacks")
