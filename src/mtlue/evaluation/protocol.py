"""Who trains on what: fresh learners on clean, noised and protected images, all tested on clean ones."""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import torch

from mtlue.bounds import LEVELS
from mtlue.data import ArrayDataset, Pipeline
from mtlue.errors import InputError
from mtlue.evaluation.records import DATA, SETTINGS, Data, Record, Setting, installed_versions
from mtlue.methods import build_method
from mtlue.models import MultiTaskModel
from mtlue.runtime import Runtime
from mtlue.tasks import Task
from mtlue.training import EpochRecord, Recipe, predict, train
from mtlue.weighting import find_weighting


@dataclass(frozen=True)
class EvaluationPlan:
    """What is compared.

    Args:
        backbone: name of the learners' backbone.
        recipe: how learners are trained.
        seeds: one learner of each kind a seed.
        settings: mtl (one learner for all tasks), stl (one learner a task), or both.
        data: which training images are compared.
        weighting: how a multi-task learner combines its losses (:mod:`mtlue.weighting`).
    """

    backbone: str = "tiny"
    recipe: Recipe = field(
        default_factory=lambda: Recipe(epochs=12, learning_rate=4e-3, schedule="onecycle", min_steps=300)
    )
    seeds: tuple[int, ...] = (0,)
    settings: tuple[Setting, ...] = SETTINGS
    data: tuple[Data, ...] = DATA
    weighting: str = "ls"

    def __post_init__(self) -> None:
        for name, chosen, known in (("setting", self.settings, SETTINGS), ("data", self.data, DATA)):
            unknown = [value for value in chosen if value not in known]
            if unknown or not chosen:
                raise InputError(f"unknown {name} '{', '.join(unknown)}': choose from {', '.join(known)}")
        if not self.seeds:
            raise InputError("give one seed at least")
        find_weighting(self.weighting)


@dataclass(frozen=True)
class Trial:
    """Everything that one comparison needs.

    Attributes:
        name: dataset's name, for the records.
        clean: training images as the owner holds them.
        protected: the same ids as released.
        test: clean test images.
        pipeline: what a learner sees.
        method, epsilon: of the release; epsilon in 0..1.
    """

    name: str
    clean: ArrayDataset
    protected: ArrayDataset
    test: ArrayDataset
    pipeline: Pipeline
    method: str
    epsilon: float


def evaluate(trial: Trial, plan: EvaluationPlan, runtime: Runtime) -> Iterator[Record]:
    """Train and test every learner of the plan; yields each record as soon as it is there."""
    versions = installed_versions()
    noised = _noised(trial, runtime) if "noise" in plan.data else trial.clean
    training: Mapping[str, ArrayDataset] = {"clean": trial.clean, "noise": noised, "protected": trial.protected}
    for seed in plan.seeds:
        for setting in plan.settings:
            for tasks in task_groups(trial.clean.tasks, setting):
                for data in plan.data:
                    yield _learn(trial, plan, runtime.reseeded(seed), training[data], data, setting, tasks, versions)


def task_groups(tasks: Sequence[Task], setting: Setting) -> list[tuple[Task, ...]]:
    """The tasks of each learner: all in one (mtl), or one each (stl)."""
    return [tuple(tasks)] if setting == "mtl" else [(task,) for task in tasks]


def _noised(trial: Trial, runtime: Runtime) -> ArrayDataset:
    noise = build_method("noise", trial.epsilon)
    noise.fit(trial.clean, runtime)
    return trial.clean.with_images(torch.cat([noise.protect(batch) for batch in trial.clean.batches(512)]))


def _learn(
    trial: Trial,
    plan: EvaluationPlan,
    runtime: Runtime,
    training: ArrayDataset,
    data: Data,
    setting: Setting,
    tasks: tuple[Task, ...],
    versions: dict[str, str],
) -> Record:
    images = training.images
    view = trial.pipeline.crop or (images.shape[2], images.shape[3])
    # learners of one seed on clean, noised and protected images start from the same weights and see the same order
    learner = f"learner {setting}" if setting == "mtl" else f"learner {setting} {tasks[0].name}"
    with runtime.isolated_randomness(learner, "weights"):
        model = MultiTaskModel(plan.backbone, tasks, images.shape[1], view).to(runtime.device)
    started = time.perf_counter()
    history = train(
        model,
        training.restricted_to(tasks),
        trial.pipeline,
        plan.recipe,
        runtime,
        stream=learner,
        description=f"{learner} on {data}, seed {runtime.seed}",
        weighting=plan.weighting,
    )
    seconds = time.perf_counter() - started
    predictions = predict(model, trial.test, trial.pipeline, runtime)
    labels = {task.name: trial.test.labels[task.name][:] for task in tasks}
    train_labels = {task.name: trial.clean.labels[task.name][:] for task in tasks}
    return Record(
        dataset=trial.name,
        data=data,
        method=None if data == "clean" else ("noise" if data == "noise" else trial.method),
        epsilon=None if data == "clean" else round(trial.epsilon * LEVELS, 6),
        backbone=plan.backbone,
        weighting=plan.weighting,
        setting=setting,
        seed=runtime.seed,
        metrics={task.name: task.score(predictions[task.name], labels[task.name]) for task in tasks},
        trivial={task.name: task.trivial(train_labels[task.name], labels[task.name]) for task in tasks},
        directions={task.name: dict(task.metrics) for task in tasks},
        headline={task.name: task.headline for task in tasks},
        train_images=len(training),
        test_images=len(trial.test),
        seconds=round(seconds, 3),
        recipe=plan.recipe.to_json(),
        curves=_curves(history),
        versions=versions,
    )


def _curves(history: Sequence[EpochRecord]) -> dict[str, list[float]]:
    errors = {f"training error {name}": [epoch.error[name] for epoch in history] for name in history[0].error}
    return {"training loss": [epoch.loss for epoch in history], **errors}
