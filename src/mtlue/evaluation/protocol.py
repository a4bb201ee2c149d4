"""Who trains on what: fresh learners on clean, noised and protected images, all tested on clean ones."""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import torch

from mtlue.bounds import to_levels
from mtlue.data import ArrayDataset, Pipeline
from mtlue.evaluation.audit_data import AuditData
from mtlue.evaluation.countermeasures import NONE, create
from mtlue.evaluation.learner import Learner
from mtlue.evaluation.plan import EvaluationPlan
from mtlue.evaluation.records import Condition, Record, installed_versions
from mtlue.methods import MethodChoice
from mtlue.models import MultiTaskModel
from mtlue.runtime import Runtime
from mtlue.tasks import Task
from mtlue.training import EpochRecord, predict, train


@dataclass(frozen=True)
class Trained:
    """A learner after its training: the model, its epochs and the seconds that they took."""

    model: MultiTaskModel
    history: Sequence[EpochRecord]
    seconds: float = field(compare=False)


def evaluate(audit: AuditData, plan: EvaluationPlan, runtime: Runtime) -> Iterator[Record]:
    """Train and test every learner of the plan; yields each record as soon as it is there."""
    noised = _noised(audit, runtime) if "noise" in plan.conditions else audit.clean
    training: Mapping[Condition, ArrayDataset] = {"clean": audit.clean, "noise": noised, "protected": audit.protected}
    for learner in list(plan.learners(audit.clean.tasks)):
        for condition in plan.conditions:
            yield run_learner(audit, learner, training[condition], condition, runtime)


def run_learner(
    audit: AuditData, learner: Learner, training: ArrayDataset, condition: Condition, runtime: Runtime
) -> Record:
    """Train a learner on ``training``, the audit's images of ``condition``, and test it on clean images."""
    shown = audit.label if condition == "protected" and audit.label else condition
    trained = train_learner(learner, training, audit.pipeline, runtime, shown)
    tasks = _tasks(audit.clean, learner)
    test = _prepared(audit.test, learner) if learner.treat_test else audit.test
    meters = {task.name: task.meter() for task in tasks}
    for predictions, labels in predict(trained.model, test, audit.pipeline, runtime):
        for name, meter in meters.items():
            meter.update(predictions[name], labels[name])
    return Record(
        dataset=audit.name,
        condition=condition,
        learner=learner,
        method={"clean": None, "noise": "noise", "protected": audit.method}[condition],
        epsilon=None if condition == "clean" else to_levels(audit.epsilon),
        metrics={name: meter.scores() for name, meter in meters.items()},
        trivial={task.name: audit.trivial(task) for task in tasks},
        directions={task.name: dict(task.metrics) for task in tasks},
        headline={task.name: task.headline for task in tasks},
        train_images=len(training),
        test_images=len(audit.test),
        seconds=round(trained.seconds, 3),
        curves=_curves(trained.history),
        versions=installed_versions(),
        label=None if condition == "clean" else audit.label,
        unprotected=[task.name for task in tasks if task.name in audit.unprotected] if condition == "protected" else [],
    )


def train_learner(
    learner: Learner, training: ArrayDataset, pipeline: Pipeline, runtime: Runtime, shown: str
) -> Trained:
    """Train a fresh model on ``training``, as its countermeasure leaves it.

    Learners of one seed on clean, noised and protected images start from the same weights and see the same order.

    Args:
        shown: what the progress bar calls the images.
    """
    runtime = runtime.replace(seed=learner.seed)
    tasks = _tasks(training, learner)
    images = training.images
    view = pipeline.crop or (images.shape[2], images.shape[3])
    with runtime.isolated_randomness(learner.name, "weights"):
        model = MultiTaskModel(learner.backbone, tasks, images.shape[1], view, learner.init).to(runtime.device)
    against = "" if learner.countermeasure == NONE else f" with {learner.countermeasure}"
    started = time.perf_counter()
    history = train(
        model,
        _prepared(training, learner).restricted_to(tasks),
        pipeline,
        learner.recipe,
        runtime,
        stream=learner.name,
        description=f"{learner.name} on {shown}{against}, seed {learner.seed}",
        weighting=learner.weighting,
        disturb=create(learner.countermeasure).disturb,
    )
    return Trained(model, history, time.perf_counter() - started)


def _tasks(dataset: ArrayDataset, learner: Learner) -> tuple[Task, ...]:
    return tuple(task for task in dataset.tasks if task.name in learner.tasks)


def _prepared(dataset: ArrayDataset, learner: Learner) -> ArrayDataset:
    """The dataset as the learner's countermeasure prepares it."""
    if learner.countermeasure == NONE:
        return dataset
    counter = create(learner.countermeasure)
    return dataset.with_images(torch.cat([counter.prepare(batch) for batch in dataset.batches(512)]))


def _noised(audit: AuditData, runtime: Runtime) -> ArrayDataset:
    noise = MethodChoice("noise", epsilon=audit.epsilon).build()
    noise.fit(audit.clean, runtime)
    return audit.clean.with_images(torch.cat([noise.protect(batch) for batch in audit.clean.batches(512)]))


def _curves(history: Sequence[EpochRecord]) -> dict[str, list[float]]:
    errors = {f"training error {name}": [epoch.error[name] for epoch in history] for name in history[0].error}
    return {"training loss": [epoch.loss for epoch in history], **errors}
