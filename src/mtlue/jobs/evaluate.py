"""``evaluate``, from disk to disk: a release and its clean dataset to one record per learner."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from mtlue.evaluation.audit_data import AuditData
from mtlue.evaluation.countermeasures import create
from mtlue.evaluation.keys import experiment_key, learner_key
from mtlue.evaluation.learner import Learner
from mtlue.evaluation.protocol import Audit
from mtlue.evaluation.records import Condition, Record
from mtlue.jobs.audit_reading import read_audit_data
from mtlue.jobs.audit_requests import EvaluateRequest
from mtlue.jobs.events import LearnerFinished, LearnerStarted, Listener, ignore
from mtlue.jobs.run_folder import ResultsFile, RunFolder, record_cells
from mtlue.methods.surrogates import fingerprint
from mtlue.runtime import Runtime


@dataclass(frozen=True)
class EvaluateResult:
    """What was compared.

    Attributes:
        records: one per learner and condition, in the plan's order.
        trained: how many of them were not there before.
    """

    records: list[Record]
    trained: int


def run_evaluate(request: EvaluateRequest, runtime: Runtime, tell: Listener = ignore) -> EvaluateResult:
    """Compare learners on clean, noised and protected images.

    Every released image is checked against its hash and epsilon first. Learners train on the release's training
    images and are tested on clean images of its test split, or of the dataset's where the release has none. Where a
    countermeasure needs clean images of the attacker's own, half of the test images may be theirs, and no learner is
    tested on those (:mod:`mtlue.jobs.own_images`). Killed, and run again, it goes on with the records that it has.

    Args:
        request: what is asked for.
        runtime: device, precision and progress; its seed draws the noise, learners have their own.
        tell: gets the job's events.

    Raises:
        MtlueError: bad input or an unwritable output, named.
    """
    request.check()
    folder = RunFolder(request.out)
    folder.create()
    audit = Audit(_audit_data(request, runtime), folder.temporary, runtime)
    trainings = request.plan.trainings(audit.data.clean.tasks)
    keys = _keys(audit, trainings, runtime)
    cells = record_cells(folder)
    results = ResultsFile(folder, lambda: cells.present(keys))
    done = cells.count_done(keys, tell)

    def train(position: int) -> Record:
        learner, condition = trainings[position]
        tell(LearnerStarted(f"{learner.name} on {condition}, seed {learner.seed}", position + 1, len(keys)))
        return audit.run(learner, condition)

    with results.kept_up():
        for position in cells.work_through(keys, train):
            tell(LearnerFinished(cells.result(keys[position]), position + 1, len(keys)))
            results.update()
    folder.remove_temporary()
    return EvaluateResult(cells.present(keys), len(keys) - done)


def _audit_data(request: EvaluateRequest, runtime: Runtime) -> AuditData:
    """What the plan's learners need."""
    own = needs_own_images(request.plan.countermeasures)
    released_test = request.plan.learner.tested_on == "released"
    return read_audit_data(request.data, request.protected, runtime, own, released_test=released_test)


def needs_own_images(countermeasures: Iterable[str]) -> bool:
    """Whether a countermeasure needs clean images of the attacker's own: half of the test images may then be theirs."""
    return any(create(text).needs_clean for text in countermeasures)


def _keys(audit: Audit, trainings: list[tuple[Learner, Condition]], runtime: Runtime) -> list[str]:
    """One for each learner and condition, which says everything that decides the record."""
    images = {condition: _images(audit, condition, runtime) for condition in {condition for _, condition in trainings}}
    besides = _Besides(audit.data, runtime.seed_for("audit"))
    learners = {learner: besides.of(learner) for learner in {learner for learner, _ in trainings}}
    return [experiment_key(images[condition], learners[learner]) for learner, condition in trainings]


class _Besides:
    """What decides a learner's numbers besides the images that it is trained on and the clean test.

    Args:
        data: of the audit.
        seed: of the run, which decides what a countermeasure learns from the images.
    """

    def __init__(self, data: AuditData, seed: int) -> None:
        self._data = data
        self._seed = seed

    def of(self, learner: Learner) -> list[Any]:
        """For a learner's key."""
        countermeasure = create(learner.countermeasure)
        decided: list[Any] = [learner_key(learner), self._seed if countermeasure.learns else None]
        if learner.tested_on == "released":
            decided.append(fingerprint(self._data.test_of(learner)))
        if countermeasure.needs_clean:
            decided.append(self._own)
        if countermeasure.needs == "our tool":
            decided.append([self._data.method, self._data.epsilon])
        return decided

    @cached_property
    def _own(self) -> str | None:
        return None if self._data.own is None else fingerprint(self._data.own)


def _images(audit: Audit, condition: Condition, runtime: Runtime) -> dict[str, Any]:
    """What learners of a condition are trained and tested on, and what their record says of it."""
    data = audit.data
    training = data.clean if condition == "noise" else audit.images(condition)
    described: dict[str, Any] = {
        "dataset": data.name,
        "condition": condition,
        "training": fingerprint(training),
        "test": fingerprint(data.test),
        "pipeline": data.pipeline.to_json(),
        "precision": runtime.precision,
    }
    if condition == "clean":
        return described
    if condition == "own":  # how many of them are used may depend on how many images are released
        return {**described, "released": len(data.protected)}
    drawn = {"seed": runtime.seed_for("audit")} if condition == "noise" else {}
    return {**described, **drawn, "method": data.method, "epsilon": data.epsilon, "unprotected": data.unprotected}
