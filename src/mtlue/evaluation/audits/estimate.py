"""How long an audit's trials would take on this machine, and which of them fit in a budget."""

from collections.abc import Container, Iterable, Mapping
from dataclasses import replace
from functools import cached_property

from mtlue.evaluation.audits.detection import detection_work
from mtlue.evaluation.audits.plan import AuditPlan, Training, Trial
from mtlue.evaluation.countermeasures import NONE, create
from mtlue.evaluation.dataset_shape import DatasetShape
from mtlue.evaluation.learners.data import ComparisonData
from mtlue.evaluation.learners.work import training_speed, training_work
from mtlue.methods.class_counts import frequent_classes
from mtlue.runtime import Runtime


class Clock:
    """Expected seconds: operations counted, at the speed of the audit's usual learner, timed for two seconds.

    Args:
        data: the images.
        plan: whose usual learner is timed.
        runtime: where it is timed.
    """

    def __init__(self, data: ComparisonData, plan: AuditPlan, runtime: Runtime) -> None:
        size = DatasetShape.of_images(data.clean, data.test, data.pipeline)
        if data.own is not None:
            size = replace(size, own_images=len(data.own), own_classes=frequent_classes(data.own))
        self._size = replace(size, method=data.tool)
        self._learner = plan.learner
        self._runtime = runtime

    @cached_property
    def _speed(self) -> float:
        """Operations per second."""
        size, learner = self._size, self._learner
        batch = min(learner.recipe.batch_size, size.train_images)
        return training_speed(self._runtime, learner.backbone, size.tasks, size.shape[0], size.view, batch)

    def training(self, training: Training) -> float:
        """Of one training and its tests."""
        if training.condition == "own":  # the attacker's own clean images alone, as they are
            size = replace(self._size, train_images=max(2, self._size.own_images))
            return training_work(replace(training.learner, countermeasure=NONE), size) / self._speed
        return training_work(training.learner, self._size) / self._speed

    def trial(
        self, trial: Trial, done: Iterable[Training] = (), fitted: Container[str] = (), prepared: bool = False
    ) -> float:
        """Of a trial without the trainings that are done; what its countermeasure learns, it learns once.

        Args:
            fitted: countermeasures that have learned before; it counts for those that learn once for all images.
            prepared: whether what its countermeasure makes of the images is there already; one that takes part in
                every training learns again even so.
        """
        finished = set(done)
        left = [self.training(training) for training in trial.trainings if training not in finished]
        if prepared and not create(trial.countermeasure).attends:
            return sum(left)
        return sum(left) + self._fitting(trial, fitted) if left else 0.0

    def detection(self) -> float:
        """Of telling released images from clean ones."""
        return detection_work(self._size) / self._speed

    def _fitting(self, trial: Trial, fitted: Container[str]) -> float:
        countermeasure = create(trial.countermeasure)
        again = trial.condition != "clean" or trial.countermeasure in fitted
        if trial.condition == "own" or (countermeasure.fits_once and again):
            return 0.0
        return countermeasure.fit_work(self._size) / self._speed


def by_gain(seconds: Mapping[str, float], ranks: Mapping[str, int]) -> list[str]:
    """Attacks in the order in which they tell most for their time: the one of rank n is taken to tell 1/n.

    Args:
        seconds: attack -> how long it takes.
        ranks: attack -> its place among the most telling ones, from 1.

    >>> by_gain({"jpeg10": 5, "purifier": 90, "half": 4}, {"jpeg10": 1, "purifier": 2, "half": 5})
    ['jpeg10', 'half', 'purifier']
    """
    return sorted(seconds, key=lambda attack: (ranks[attack] * seconds[attack], ranks[attack]))


def within(seconds: Mapping[str, float], budget: float) -> list[str]:
    """The attacks that fit in a budget: in order, each that still fits.

    Args:
        seconds: attack -> how long it takes, in the order in which they are to be tried.

    >>> within({"jpeg10": 5, "adversarial": 90, "grey": 5}, 12)
    ['jpeg10', 'grey']
    """
    chosen = []
    for attack, needed in seconds.items():
        if needed <= budget:
            chosen.append(attack)
            budget -= needed
    return chosen
