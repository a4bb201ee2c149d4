"""Keys of learners' records: each says everything that decides the record, so that none is computed twice."""

from functools import cache
from typing import Any

from mtlue.evaluation.countermeasures import create
from mtlue.evaluation.keys import experiment_key
from mtlue.evaluation.learner import Learner
from mtlue.evaluation.learners.data import ComparisonData
from mtlue.evaluation.learners.keys import learner_key
from mtlue.evaluation.records import Condition
from mtlue.methods.surrogates import fingerprint
from mtlue.runtime import Runtime


class LearnerKeys:
    """The keys of one comparison's learners.

    Args:
        data: what they are trained and tested on.
        runtime: its seed draws the noise, and decides what countermeasures learn.
    """

    def __init__(self, data: ComparisonData, runtime: Runtime) -> None:
        self._data = data
        self._runtime = runtime
        self._seed = runtime.seed_for("audit")
        self._images = cache(self._described)
        self._own = cache(lambda: None if data.own is None else fingerprint(data.own))

    def of(self, learner: Learner, condition: Condition) -> str:
        """The key of a learner on the images of a condition."""
        return experiment_key(self._images(condition), self._learned_by(learner))

    def of_detection(self) -> str:
        """The key of what tells released images from clean ones: as learners' on protected images, and what it sees
        besides."""
        data = self._data
        seen = [fingerprint(data.clean), self._own(), data.holdout, self._seed]
        return experiment_key("detection", self._images("protected"), *seen)

    def _learned_by(self, learner: Learner) -> list[Any]:
        """A learner, and what besides the training images and the clean test decides its numbers."""
        countermeasure, data = create(learner.countermeasure), self._data
        decided: list[Any] = [learner_key(learner), self._seed if countermeasure.learns else None]
        if learner.tested_on == "released":
            decided.append(fingerprint(data.test_of(learner)))
        if countermeasure.needs_clean:
            decided.append(self._own())
        if countermeasure.needs == "our tool":
            decided.append([data.method, data.epsilon, data.holdout])
        return decided

    def _described(self, condition: Condition) -> dict[str, Any]:
        """What learners of a condition are trained and tested on, and what their record says of it."""
        data = self._data
        training = {"protected": data.protected, "own": data.own}.get(condition) or data.clean
        described: dict[str, Any] = {
            "dataset": data.name,
            "condition": condition,
            "training": fingerprint(training),
            "test": fingerprint(data.test),
            "pipeline": data.pipeline.to_json(),
            "precision": self._runtime.precision,
        }
        if condition == "clean":
            return described
        if condition == "own":  # how many of them are used may depend on how many images are released
            return {**described, "released": len(data.protected)}
        drawn = {"seed": self._seed} if condition == "noise" else {}
        return {**described, **drawn, "method": data.method, "epsilon": data.epsilon, "unprotected": data.unprotected}
