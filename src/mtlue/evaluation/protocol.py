"""Who trains on what: fresh learners on clean, noised and protected images, all tested on clean ones."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory

from mtlue.bounds import to_levels
from mtlue.data import ArrayDataset, Pipeline
from mtlue.data.derived import at_once, read_images, write_images
from mtlue.evaluation.audit_data import AuditData
from mtlue.evaluation.countermeasures import NONE
from mtlue.evaluation.keys import experiment_key
from mtlue.evaluation.learner import Learner
from mtlue.evaluation.plan import EvaluationPlan
from mtlue.evaluation.records import Condition, Record, installed_versions
from mtlue.evaluation.treatments import Treatments
from mtlue.methods import MethodChoice
from mtlue.methods.surrogates import fingerprint
from mtlue.models import MultiTaskModel
from mtlue.runtime import Runtime
from mtlue.tasks import Task
from mtlue.training import EpochRecord, predict, train
from mtlue.training.loop import Disturbance


@dataclass(frozen=True)
class Trained:
    """A learner after its training: the model, its epochs and the seconds that they took."""

    model: MultiTaskModel
    history: Sequence[EpochRecord]
    seconds: float = field(compare=False)


class Audit:
    """The learners of one audit. What they share (noised and processed images) is computed once, and lies on disk.

    Args:
        data: images, and the release's name and bounds.
        folder: for what learners share.
        runtime: device, precision and progress; its seed draws the noise, learners have their own.
    """

    def __init__(self, data: AuditData, folder: Path, runtime: Runtime) -> None:
        self.data = data
        self._folder = folder
        self._runtime = runtime
        self._treatments = Treatments(folder, runtime)

    def images(self, condition: Condition) -> ArrayDataset:
        """The training images of a condition."""
        if condition == "noise":
            return self._noised
        return self.data.clean if condition == "clean" else self.data.protected

    def run(self, learner: Learner, condition: Condition) -> Record:
        """Train a learner on the images of a condition, and test it on clean ones."""
        return run_learner(self.data, learner, self.images(condition), condition, self._runtime, self._treatments)

    @cached_property
    def _noised(self) -> ArrayDataset:
        clean = self.data.clean
        key = experiment_key("noise", fingerprint(clean), self.data.epsilon, self._runtime.seed_for("noise"))
        file, shape = self._folder / f"noise-{key}.npy", tuple(clean.images.shape)
        if file.is_file():
            return clean.with_images(read_images(file, shape))
        noise = MethodChoice("noise", epsilon=self.data.epsilon).build()
        noise.fit(clean, self._runtime)
        return clean.with_images(write_images(map(noise.protect, clean.batches(at_once(clean))), shape, file))


def evaluate(data: AuditData, plan: EvaluationPlan, runtime: Runtime) -> Iterator[Record]:
    """Train and test every learner of the plan; yields each record as soon as it is there."""
    with TemporaryDirectory(prefix="mtlue-") as folder:
        audit = Audit(data, Path(folder), runtime)
        for learner, condition in plan.trainings(data.clean.tasks):
            yield audit.run(learner, condition)


def run_learner(
    data: AuditData,
    learner: Learner,
    training: ArrayDataset,
    condition: Condition,
    runtime: Runtime,
    treatments: Treatments,
) -> Record:
    """Train a learner on ``training``, the images of ``condition``, and test it on clean images.

    Its countermeasure processes the training images, and the test images where ``learner.treat_test`` says so.
    """
    treatment = treatments.of(learner.countermeasure, training)
    shown = data.label if condition == "protected" and data.label else condition
    images, disturb = treatment.images(training), treatment.disturbance()
    trained = train_learner(learner, images, data.pipeline, runtime, shown, disturb)
    tasks = _tasks(data.clean, learner)
    test = treatment.images(data.test) if learner.treat_test else data.test
    return Record(
        dataset=data.name,
        condition=condition,
        learner=learner,
        method={"clean": None, "noise": "noise", "protected": data.method}[condition],
        epsilon=None if condition == "clean" else to_levels(data.epsilon),
        metrics=_scores(trained.model, test, tasks, data.pipeline, runtime),
        trivial={task.name: data.trivial(task) for task in tasks},
        directions={task.name: dict(task.metrics) for task in tasks},
        headline={task.name: task.headline for task in tasks},
        train_images=len(training),
        test_images=len(data.test),
        seconds=round(trained.seconds, 3),
        curves=_curves(trained.history),
        versions=installed_versions(),
        label=None if condition == "clean" else data.label,
        unprotected=[task.name for task in tasks if task.name in data.unprotected] if condition == "protected" else [],
    )


def train_learner(
    learner: Learner,
    training: ArrayDataset,
    pipeline: Pipeline,
    runtime: Runtime,
    shown: str,
    disturb: Disturbance | None = None,
) -> Trained:
    """Train a fresh model on ``training``.

    Learners of one seed on clean, noised and protected images start from the same weights and see the same order.

    Args:
        shown: what the progress bar calls the images.
        disturb: changes each batch of views before a step.
    """
    runtime = runtime.replace(seed=learner.seed)
    tasks = _tasks(training, learner)
    against = "" if learner.countermeasure == NONE else f" with {learner.countermeasure}"
    model = _fresh_model(learner, tasks, training, pipeline, runtime)
    started = time.perf_counter()
    history = train(
        model,
        training.restricted_to(tasks),
        pipeline,
        learner.recipe,
        runtime,
        stream=learner.name,
        description=f"{learner.name} on {shown}{against}, seed {learner.seed}",
        weighting=learner.weighting,
        disturb=disturb,
    )
    return Trained(model, history, time.perf_counter() - started)


def _fresh_model(
    learner: Learner, tasks: Sequence[Task], training: ArrayDataset, pipeline: Pipeline, runtime: Runtime
) -> MultiTaskModel:
    _, channels, height, width = training.images.shape
    view = pipeline.crop or (height, width)
    with runtime.isolated_randomness(learner.name, "weights"):
        model = MultiTaskModel(learner.backbone, tasks, channels, view, learner.init, learner.trainable)
        return model.to(runtime.device)


def _scores(
    model: MultiTaskModel, test: ArrayDataset, tasks: Sequence[Task], pipeline: Pipeline, runtime: Runtime
) -> dict[str, dict[str, float]]:
    meters = {task.name: task.meter() for task in tasks}
    for predictions, labels in predict(model, test, pipeline, runtime):
        for name, meter in meters.items():
            meter.update(predictions[name], labels[name])
    return {name: meter.scores() for name, meter in meters.items()}


def _tasks(dataset: ArrayDataset, learner: Learner) -> tuple[Task, ...]:
    return tuple(task for task in dataset.tasks if task.name in learner.tasks)


def _curves(history: Sequence[EpochRecord]) -> dict[str, list[float]]:
    errors = {f"training error {name}": [epoch.error[name] for epoch in history] for name in history[0].error}
    return {"training loss": [epoch.loss for epoch in history], **errors}
