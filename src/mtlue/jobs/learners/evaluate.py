"""``evaluate``, from disk to disk: a release and its clean dataset to one record per learner."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from mtlue.evaluation.countermeasures import create
from mtlue.evaluation.dataset_shape import DatasetShape
from mtlue.evaluation.learner import Learner
from mtlue.evaluation.learners.data import ComparisonData
from mtlue.evaluation.learners.protocol import Audit
from mtlue.evaluation.learners.work import training_speed, training_work
from mtlue.evaluation.records import Condition, Record
from mtlue.jobs.events import LearnerFinished, LearnersPlanned, LearnerStarted, Listener, ignore
from mtlue.jobs.learners.keys import LearnerKeys
from mtlue.jobs.learners.reading import OwnImages, ReleasedTest, read_audit_data, release_identity
from mtlue.jobs.learners.results_file import ResultsFile, claim, refuse_other_release
from mtlue.jobs.learners.run_folder import RunFolder, record_cells
from mtlue.jobs.learners.temporary import Temporary
from mtlue.jobs.requests.auditor import EvaluateRequest
from mtlue.runtime import Runtime

_LITTLE = 3e11
"""Operations that are done in about the time that a machine would be timed for."""


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
    tested on those (:mod:`mtlue.jobs.learners.own_images`). Killed, and run again, it goes on with the records that it
    has.

    Args:
        request: what is asked for.
        runtime: device, precision and progress; its seed draws the noise, learners have their own.
        tell: gets the job's events.

    Raises:
        MtlueError: bad input or an unwritable output, named.
    """
    request.check()
    folder = RunFolder(request.out)
    release = release_identity(request.protected)
    refuse_other_release(folder, release)
    folder.create()
    claim(folder, release)
    data, temporary = _audit_data(request, runtime), Temporary(folder)
    with temporary.used():
        return _evaluated(request, Audit(data, temporary.path, runtime), folder, runtime, tell)


def _evaluated(
    request: EvaluateRequest, audit: Audit, folder: RunFolder, runtime: Runtime, tell: Listener
) -> EvaluateResult:
    """Train the learners that have no record yet."""
    trainings = request.plan.trainings(audit.data.clean.tasks)
    known = LearnerKeys(audit.data, runtime)
    keys = [known.of(learner, condition) for learner, condition in trainings]
    cells = record_cells(folder)
    results = ResultsFile(folder, keys, lambda: cells.present(keys), audit.data.release)
    results.tell_left_out(tell)
    done = cells.count_done(keys, tell)
    left = [training for training, key in zip(trainings, keys, strict=True) if not cells.has(key)]
    seconds = _expected_seconds(left, audit, runtime)
    tell(LearnersPlanned(len(keys), done, seconds, len(audit.data.clean)))

    def train(position: int) -> Record:
        learner, condition = trainings[position]
        tell(LearnerStarted(f"{learner.name} on {condition}, seed {learner.seed}", position + 1, len(keys)))
        return audit.run(learner, condition)

    with results.kept_up():
        for position in cells.work_through(keys, train):
            tell(LearnerFinished(cells.result(keys[position]), position + 1, len(keys)))
            results.update()
    return EvaluateResult(cells.present(keys), len(keys) - done)


def _expected_seconds(left: Sequence[tuple[Learner, Condition]], audit: Audit, runtime: Runtime) -> float | None:
    """How long learners will take, where it is long; what countermeasures learn before them is not counted."""
    data = audit.data
    size = DatasetShape.of_images(data.clean, data.test, data.pipeline)
    work = sum(training_work(learner, size) for learner, _ in left)
    if work < _LITTLE:
        return None
    learner, _ = left[0]
    batch = min(learner.recipe.batch_size, size.train_images)
    speed = training_speed(runtime, learner.backbone, size.tasks, size.shape[0], size.view, batch)
    return work / speed


def _audit_data(request: EvaluateRequest, runtime: Runtime) -> ComparisonData:
    """What the plan's learners need."""
    own: OwnImages = "needed" if needs_own_images(request.plan.countermeasures) else "not wanted"
    released_test: ReleasedTest = "needed" if request.plan.learner.tested_on == "released" else "not wanted"
    return read_audit_data(request.data, request.protected, runtime, own, released_test=released_test)


def needs_own_images(countermeasures: Iterable[str]) -> bool:
    """Whether a countermeasure needs clean images of the attacker's own: half of the test images may then be theirs."""
    return any(create(text).needs_clean for text in countermeasures)
