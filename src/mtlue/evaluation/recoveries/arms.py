"""Records of an audit by attack, setting, side and training images, and learners of the same seeds side by side."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from mtlue.errors import InputError
from mtlue.evaluation.learner import FAST, Learner, Setting
from mtlue.evaluation.records import Condition, Record
from mtlue.evaluation.recoveries.quotients import Paired, Sample

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
    """Learners of the seeds that both have, by the headline metric."""
    both = [seed for seed in ours if seed in clean]
    return pair([ours[seed] for seed in both], [clean[seed] for seed in both], task)


def pair(ours: Sequence[Record], clean: Sequence[Record], task: str, metric: str | None = None) -> Paired:
    """Learners and clean learners of the same seeds.

    Args:
        metric: the headline metric where it is None.
    """
    higher = all(record.directions[task][metric or record.headline[task]] for record in ours)
    return Paired(scores_of(ours, task, metric), scores_of(clean, task, metric), trivial_of(ours, task, metric), higher)


def scores_of(records: Sequence[Record], task: str, metric: str | None = None) -> Sample:
    """Scores of learners; draws are of the headline metric alone."""
    scores = [record.metrics[task][metric or record.headline[task]] for record in records]
    return Sample.of(scores, [_draws(record, record.replicates, task, metric) for record in records])


def trivial_of(records: Sequence[Record], task: str, metric: str | None = None) -> Sample:
    """Scores of the predictor that never looks at an image, for the same records."""
    scores = [record.trivial[task][metric or record.headline[task]] for record in records]
    return Sample.of(scores, [_draws(record, record.trivial_replicates, task, metric) for record in records])


def _draws(record: Record, draws: Mapping[str, list[float]], task: str, metric: str | None) -> list[float]:
    return draws.get(task, []) if metric in (None, record.headline[task]) else []


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
