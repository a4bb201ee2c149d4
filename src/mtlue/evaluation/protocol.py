"""Who trains on what: fresh learners on clean, noised and protected images, all tested on clean ones."""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import torch

from mtlue.bounds import LEVELS
from mtlue.data import ArrayDataset, Pipeline
from mtlue.errors import InputError
from mtlue.evaluation.audit_data import Trial
from mtlue.evaluation.countermeasures import NONE, countermeasure
from mtlue.evaluation.records import DATA, SETTINGS, Data, Record, Setting, installed_versions
from mtlue.methods import MethodChoice
from mtlue.models import MultiTaskModel
from mtlue.runtime import Runtime
from mtlue.tasks import Task
from mtlue.training import EpochRecord, Recipe, predict, train
from mtlue.training.weighting import find_weighting

FAST = Recipe(epochs=12, learning_rate=4e-3, schedule="onecycle", min_steps=300)
"""The learners' default on 2 CPU cores."""


@dataclass(frozen=True)
class Learner:
    """One model that somebody trains on the images without leave.

    Args:
        setting: mtl (all tasks) or stl (one task).
        tasks: names of the tasks that it learns; one for stl.
        seed: of its weights, order, views and dropout.
        backbone: name of its backbone.
        recipe: how it is trained.
        weighting: how it combines the losses of several tasks.
        countermeasure: what it does against a protection.
        pretrained: whether its backbone starts from timm's weights.
    """

    setting: Setting
    tasks: tuple[str, ...]
    seed: int
    backbone: str = "tiny"
    recipe: Recipe = FAST
    weighting: str = "ls"
    countermeasure: str = NONE
    pretrained: bool = False

    @property
    def name(self) -> str:
        """Of its random streams."""
        return f"learner {self.setting}" if self.setting == "mtl" else f"learner {self.setting} {self.tasks[0]}"


@dataclass(frozen=True)
class EvaluationPlan:
    """What is compared.

    Args:
        backbone: name of the learners' backbone.
        recipe: how learners are trained.
        stl_recipe: how single-task learners are trained; as the others by default.
        seeds: one learner of each kind a seed.
        settings: mtl (one learner for all tasks), stl (one learner a task), or both.
        stl_tasks: tasks that get a single-task learner; all by default.
        data: which training images are compared.
        weighting: how a multi-task learner combines its losses (:mod:`mtlue.training.weighting`).
        countermeasures: what learners do against the protection, each in turn.
        pretrained: whether backbones start from timm's weights.
    """

    backbone: str = "tiny"
    recipe: Recipe = FAST
    stl_recipe: Recipe | None = None
    seeds: tuple[int, ...] = (0, 1, 2)
    settings: tuple[Setting, ...] = SETTINGS
    stl_tasks: tuple[str, ...] | None = None
    data: tuple[Data, ...] = DATA
    weighting: str = "ls"
    countermeasures: tuple[str, ...] = (NONE,)
    pretrained: bool = False

    def __post_init__(self) -> None:
        for name, chosen, known in (("setting", self.settings, SETTINGS), ("data", self.data, DATA)):
            unknown = [value for value in chosen if value not in known]
            if unknown or not chosen:
                raise InputError(f"unknown {name} '{', '.join(unknown)}': choose from {', '.join(known)}")
        if not self.seeds:
            raise InputError("give one seed at least")
        find_weighting(self.weighting)
        for each in self.countermeasures:
            countermeasure(each)
        for named, what in ((self.countermeasures, "countermeasure"), (self.settings, "setting"), (self.data, "data")):
            if len(set(named)) < len(named):
                raise InputError(f"{what} {' '.join(named)}: name each once")

    def learners(self, tasks: Sequence[Task]) -> Iterator[Learner]:
        """Every learner of the plan, for one kind of training images.

        Raises:
            InputError: ``stl_tasks`` names no task.
        """
        task_groups(tasks, "stl", self.stl_tasks)
        for seed in self.seeds:
            for setting in self.settings:
                for group in task_groups(tasks, setting, self.stl_tasks):
                    for each in self.countermeasures:
                        yield self._learner(setting, group, seed, each)

    def _learner(self, setting: Setting, group: tuple[str, ...], seed: int, each: str) -> Learner:
        recipe = self.stl_recipe if setting == "stl" and self.stl_recipe is not None else self.recipe
        return Learner(setting, group, seed, self.backbone, recipe, self.weighting, each, self.pretrained)


@dataclass(frozen=True)
class Trained:
    """A learner after its training: the model, its epochs and the seconds that they took."""

    model: MultiTaskModel
    history: Sequence[EpochRecord]
    seconds: float = field(compare=False)


def evaluate(trial: Trial, plan: EvaluationPlan, runtime: Runtime) -> Iterator[Record]:
    """Train and test every learner of the plan; yields each record as soon as it is there."""
    noised = _noised(trial, runtime) if "noise" in plan.data else trial.clean
    training: Mapping[Data, ArrayDataset] = {"clean": trial.clean, "noise": noised, "protected": trial.protected}
    for learner in list(plan.learners(trial.clean.tasks)):
        for data in plan.data:
            yield run_learner(trial, learner, training[data], data, runtime)


def task_groups(tasks: Sequence[Task], setting: Setting, stl_tasks: Sequence[str] | None) -> list[tuple[str, ...]]:
    """The names of each learner's tasks: all in one (mtl), or one each (stl), of ``stl_tasks`` where given."""
    names = tuple(task.name for task in tasks)
    if setting == "mtl":
        return [names]
    unknown = [name for name in stl_tasks or () if name not in names]
    if unknown:
        raise InputError(f"there is no task '{unknown[0]}' for a single-task learner: choose from {', '.join(names)}")
    return [(name,) for name in names if stl_tasks is None or name in stl_tasks]


def run_learner(trial: Trial, learner: Learner, training: ArrayDataset, data: Data, runtime: Runtime) -> Record:
    """Train a learner on ``training``, the trial's images of kind ``data``, and test it on clean images."""
    shown = trial.label if data == "protected" and trial.label else data
    trained = train_learner(learner, training, trial.pipeline, runtime, shown)
    tasks = _tasks(trial.clean, learner)
    test = _prepared(trial.test, learner)
    meters = {task.name: task.meter() for task in tasks}
    for predictions, labels in predict(trained.model, test, trial.pipeline, runtime):
        for name, meter in meters.items():
            meter.update(predictions[name], labels[name])
    return Record(
        dataset=trial.name,
        data=data,
        method=None if data == "clean" else ("noise" if data == "noise" else trial.method),
        epsilon=None if data == "clean" else round(trial.epsilon * LEVELS, 6),
        backbone=learner.backbone + " (pretrained)" * learner.pretrained,
        weighting=learner.weighting,
        setting=learner.setting,
        seed=learner.seed,
        metrics={name: meter.scores() for name, meter in meters.items()},
        trivial={task.name: trial.trivial(task) for task in tasks},
        directions={task.name: dict(task.metrics) for task in tasks},
        headline={task.name: task.headline for task in tasks},
        train_images=len(training),
        test_images=len(trial.test),
        seconds=round(trained.seconds, 3),
        recipe=learner.recipe.to_json(),
        curves=_curves(trained.history),
        versions=installed_versions(),
        countermeasure=learner.countermeasure,
        label=None if data == "clean" else trial.label,
        unprotected=[task.name for task in tasks if task.name in trial.unprotected] if data == "protected" else [],
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
        model = MultiTaskModel(learner.backbone, tasks, images.shape[1], view, learner.pretrained).to(runtime.device)
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
        disturb=countermeasure(learner.countermeasure).disturb,
    )
    return Trained(model, history, time.perf_counter() - started)


def _tasks(dataset: ArrayDataset, learner: Learner) -> tuple[Task, ...]:
    return tuple(task for task in dataset.tasks if task.name in learner.tasks)


def _prepared(dataset: ArrayDataset, learner: Learner) -> ArrayDataset:
    """The dataset as the learner's countermeasure prepares it."""
    if learner.countermeasure == NONE:
        return dataset
    chosen = countermeasure(learner.countermeasure)
    return dataset.with_images(torch.cat([chosen.prepare(batch.images) for batch in dataset.batches(512)]))


def _noised(trial: Trial, runtime: Runtime) -> ArrayDataset:
    noise = MethodChoice("noise", epsilon=trial.epsilon).build()
    noise.fit(trial.clean, runtime)
    return trial.clean.with_images(torch.cat([noise.protect(batch) for batch in trial.clean.batches(512)]))


def _curves(history: Sequence[EpochRecord]) -> dict[str, list[float]]:
    errors = {f"training error {name}": [epoch.error[name] for epoch in history] for name in history[0].error}
    return {"training loss": [epoch.loss for epoch in history], **errors}
