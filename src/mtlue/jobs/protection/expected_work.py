"""Operations that a protection will take: of fits and of the learners that check them, less what is done already."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mtlue.data.loading import Collection
from mtlue.evaluation.dataset_shape import DatasetShape
from mtlue.evaluation.learner import Learner
from mtlue.evaluation.learners.work import training_work
from mtlue.jobs.protection.kept_attempts import LEARNERS, KeptAttempts
from mtlue.jobs.protection.self_check import learner_of, sample_sizes
from mtlue.methods.work import FitPart
from mtlue.tasks import Task


@dataclass(frozen=True)
class Work:
    """What some fits and checks take.

    Attributes:
        parts: of the fits.
        check: operations of the checks.
    """

    parts: tuple[FitPart, ...] = ()
    check: float = 0.0

    def __add__(self, other: Work) -> Work:
        return Work((*self.parts, *other.parts), self.check + other.check)

    @property
    def fit(self) -> float:
        """Operations of the fits."""
        return sum(part.flops for part in self.parts)

    @property
    def total(self) -> float:
        """Of both."""
        return self.fit + self.check


@dataclass(frozen=True)
class Expected:
    """What a protection will take.

    Attributes:
        least: up to the first check that decides whether another fit follows.
        most: where every fit that is allowed follows; the same as ``least`` where none can.
    """

    least: Work
    most: Work

    @property
    def repeats(self) -> bool:
        """Whether another fit may follow."""
        return self.most.total > self.least.total


def expected(fits: Sequence[Sequence[FitPart]], learner: float, kept: KeptAttempts | None, limit: float) -> Expected:
    """What is left to do.

    Args:
        fits: the parts that are left of each fit, as many as there are at most, where it is not whole.
        learner: operations of one of the learners that check a fit; 0 where nothing does.
        kept: what an interrupted run has done; None where nothing is kept.
        limit: recovery above which another fit follows.
    """
    left = [_left(number, parts, learner, kept) for number, parts in enumerate(fits, 1)]
    known = [None if kept is None else kept.check(number) for number in range(1, len(fits) + 1)]
    passed = (i for i, check in enumerate(known) if check is not None and not check.left_learnable(limit))
    left = left[: next(passed, len(fits)) + 1]
    decided = next((i for i, work in enumerate(left) if work.total), len(left) - 1) + 1
    return Expected(sum(left[:decided], Work()), sum(left, Work()))


def _left(number: int, parts: Sequence[FitPart], learner: float, kept: KeptAttempts | None) -> Work:
    """What a fit and its check will take; the learner of clean images serves all checks after the first."""
    learners = LEARNERS if number == 1 else LEARNERS - 1
    if kept is None:
        return Work((*parts,), learners * learner)
    checked = kept.check(number) is not None
    return Work(() if kept.holds(number) else (*parts,), 0.0 if checked else learners * learner)


def learner_work(collection: Collection, tasks: Sequence[Task]) -> float:
    """Operations of one of the learners that check a fit of these tasks; 0 where images are too few for a check."""
    return training_work(*checked_by(collection, tasks)) if tasks and sample_sizes(collection) else 0.0


def check_work(collection: Collection, tasks: Sequence[Task]) -> float:
    """Operations of the check of one fit that protects these tasks."""
    return LEARNERS * learner_work(collection, tasks)


def checked_by(collection: Collection, tasks: Sequence[Task]) -> tuple[Learner, DatasetShape]:
    """The learner that checks a fit of these tasks, and what it learns from: an image where they are too few."""
    training, testing = sample_sizes(collection) or (1, 1)
    shape = collection.pipeline.image_shape
    size = DatasetShape(tuple(tasks), training, testing, shape, collection.pipeline.crop or shape[1:])
    return learner_of(size), size
