"""How long an audit's trials would take on this machine, and which of them fit in a budget."""

from collections.abc import Iterable, Mapping
from functools import cached_property

from mtlue.evaluation.audit_data import AuditData
from mtlue.evaluation.audit_plan import AuditPlan, Training, Trial
from mtlue.evaluation.countermeasures import create
from mtlue.evaluation.estimate import DatasetShape, training_speed, training_work
from mtlue.runtime import Runtime


class Clock:
    """Expected seconds: operations counted, at the speed of the audit's usual learner, timed for two seconds.

    Args:
        data: the images.
        plan: whose usual learner is timed.
        runtime: where it is timed.
    """

    def __init__(self, data: AuditData, plan: AuditPlan, runtime: Runtime) -> None:
        self._size = DatasetShape.of_images(data.clean, data.test, data.pipeline)
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
        return training_work(training.learner, self._size) / self._speed

    def trial(self, trial: Trial, done: Iterable[Training] = ()) -> float:
        """Of a trial without the trainings that are done; what its countermeasure learns, it learns once."""
        finished = set(done)
        left = [self.training(training) for training in trial.trainings if training not in finished]
        fits = create(trial.trainings[0].learner.countermeasure).trainings
        return sum(left) + (fits * max(left) if left else 0.0)


def within(seconds: Mapping[str, float], budget: float) -> set[str]:
    """The attacks that fit in a budget: in order, each that still fits.

    Args:
        seconds: attack -> how long it takes, the most telling first.

    >>> sorted(within({"jpeg10": 5, "adversarial": 90, "grey": 5}, 12))
    ['grey', 'jpeg10']
    """
    chosen = set()
    for attack, needed in seconds.items():
        if needed <= budget:
            chosen.add(attack)
            budget -= needed
    return chosen
