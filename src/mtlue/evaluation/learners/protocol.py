"""Who trains on what: fresh learners on clean, noised and protected images, all tested on clean ones."""

import time
from collections.abc import Iterator, Mapping, Sequence, Sized
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TypeVar

from mtlue.bounds import to_levels
from mtlue.data import ArrayDataset
from mtlue.data.derived import at_once, read_images, write_images
from mtlue.errors import param
from mtlue.evaluation.attacker import Attacker
from mtlue.evaluation.countermeasures import NONE, Countermeasure, create
from mtlue.evaluation.keys import experiment_key
from mtlue.evaluation.learner import Learner
from mtlue.evaluation.learners.data import ComparisonData
from mtlue.evaluation.learners.plan import EvaluationPlan
from mtlue.evaluation.learners.testing import TaskTest
from mtlue.evaluation.learners.treatments import Treatment, Treatments
from mtlue.evaluation.records import Condition, Record, installed_versions
from mtlue.methods import MethodChoice
from mtlue.methods.surrogates import fingerprint
from mtlue.models import MultiTaskModel
from mtlue.runtime import Runtime
from mtlue.scratch import scratch_folder
from mtlue.tasks import Task
from mtlue.training import EpochRecord, predict, train

K = TypeVar("K", bound=Sized)


@dataclass(frozen=True)
class Trained:
    """A learner after its training.

    Attributes:
        model: ready for its test.
        history: its epochs.
        seconds: that they took, with what the countermeasure did before and after them.
        treatment: of the images that it was trained on.
    """

    model: MultiTaskModel
    history: Sequence[EpochRecord]
    seconds: float = field(compare=False)
    treatment: Treatment


class Audit:
    """The learners of one audit. What they share (noised and processed images) is computed once, and lies on disk.

    Args:
        data: images, and the release's name and bounds.
        folder: for what learners share.
        runtime: device, precision and progress; its seed draws the noise, learners have their own.
    """

    def __init__(self, data: ComparisonData, folder: Path, runtime: Runtime) -> None:
        self.data = data
        self._folder = folder
        self._runtime = runtime
        self._treatments = Treatments(folder, runtime)
        self._last: tuple[tuple[Learner, Condition], Trained] | None = None

    def images(self, condition: Condition) -> ArrayDataset:
        """The training images of a condition.

        Raises:
            InputError: those of the attacker's own, and there are none.
        """
        if condition == "noise":
            return self._noised
        if condition == "own":
            return self.data.attacker(self.data.protected, self._runtime).own(2)
        return self.data.clean if condition == "clean" else self.data.protected

    def run(self, learner: Learner, condition: Condition) -> Record:
        """Train a learner on the images of a condition, and test it on clean ones.

        The last one is remembered: tested on treated images, then on untreated or released ones, it is trained once.
        """
        self.data.test_of(learner)
        trained = replace(learner, treat_test=False, tested_on="clean"), condition
        if self._last is None or self._last[0] != trained:
            self._last = trained, self._trained(learner, condition)
        return record_of(self.data, learner, condition, self._last[1], self._runtime)

    def _trained(self, learner: Learner, condition: Condition) -> "Trained":
        images = self.images(condition)
        if condition == "own":
            images, learner = self._control(learner), replace(learner, countermeasure=NONE)
        return train_on(self.data, learner, images, condition, self._runtime, self._treatments)

    def _control(self, learner: Learner) -> ArrayDataset:
        """The attacker's own clean images that a learner's countermeasure uses: alone, they need none."""
        released = self.data.attacker(self.data.protected, self._runtime)
        return create(learner.countermeasure).uses(released)

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


def evaluate(data: ComparisonData, plan: EvaluationPlan, runtime: Runtime) -> Iterator[Record]:
    """Train and test every learner of the plan; yields each record as soon as it is there."""
    with scratch_folder("learners") as folder:
        audit = Audit(data, folder, runtime)
        for learner, condition in plan.trainings(data.clean.tasks):
            yield audit.run(learner, condition)


def run_learner(
    data: ComparisonData,
    learner: Learner,
    training: ArrayDataset,
    condition: Condition,
    runtime: Runtime,
    treatments: Treatments,
) -> Record:
    """Train a learner on ``training``, the images of ``condition``, and test it on clean images.

    Its countermeasure processes the training images, and the test images where ``learner.treat_test`` says so.
    """
    data.test_of(learner)
    trained = train_on(data, learner, training, condition, runtime, treatments)
    return record_of(data, learner, condition, trained, runtime)


def train_on(
    data: ComparisonData,
    learner: Learner,
    training: ArrayDataset,
    condition: Condition,
    runtime: Runtime,
    treatments: Treatments,
) -> Trained:
    """Train a learner on ``training``, the images of ``condition``, as its countermeasure treats them."""
    shown = data.label if condition == "protected" and data.label else condition
    return train_learner(learner, treatments.of(learner.countermeasure, training, data), runtime, shown)


def record_of(
    data: ComparisonData, learner: Learner, condition: Condition, trained: Trained, runtime: Runtime
) -> Record:
    """Test a trained learner on clean images, treated where ``learner.treat_test`` says so."""
    tasks = _tasks(data.clean, learner)
    test = data.test_of(learner)
    test = trained.treatment.test_images(test) if learner.treat_test else test
    tested = _tests(trained.model, test, data, tasks, runtime)
    trivial = {task.name: data.trivial(task) for task in tasks}
    own, wanted = _own_images(data, learner, runtime)
    return Record(
        dataset=data.name,
        condition=condition,
        learner=learner,
        method=data.method_of(condition),
        epsilon=to_levels(data.epsilon) if condition in ("noise", "protected") else None,
        metrics={name: its.scores() for name, its in tested.items()},
        trivial={name: its.scores for name, its in trivial.items()},
        directions={task.name: dict(task.metrics) for task in tasks},
        headline={task.name: task.headline for task in tasks},
        train_images=len(trained.treatment.training),
        test_images=len(data.test),
        seconds=round(trained.seconds, 3),
        curves=_curves(trained.history),
        versions=installed_versions(),
        precision=runtime.precision,
        label=data.label if condition in ("noise", "protected") else None,
        unprotected=[task.name for task in tasks if task.name in data.unprotected] if condition == "protected" else [],
        classes=_known({task.name: list(data.terms.classes[task.name]) for task in tasks}),
        confusion=_known({name: its.confusion() for name, its in tested.items()}),
        uncounted=_known({task.name: data.terms.uncounted(task) for task in tasks}),
        replicates=_known({name: its.replicates() for name, its in tested.items()}),
        trivial_replicates=_known({name: its.replicates for name, its in trivial.items()}),
        own_images=own,
        own_wanted=wanted,
        largest_change=data.largest_change if condition == "protected" else None,
        test_set=data.test_set_of(learner),
    )


def _own_images(data: ComparisonData, learner: Learner, runtime: Runtime) -> tuple[int | None, int | None]:
    """How many clean images of the attacker's own a learner's countermeasure uses, and how many it asks for."""
    countermeasure = create(learner.countermeasure)
    if not countermeasure.needs_clean:
        return None, None
    attacker = data.attacker(data.protected, runtime)
    used, wanted = len(countermeasure.uses(attacker)), countermeasure.wanted(attacker)
    return (used if wanted is None else min(used, wanted)), wanted


def train_learner(learner: Learner, treatment: Treatment, runtime: Runtime, shown: str) -> Trained:
    """Train a fresh model on treated images.

    Learners of one seed on clean, noised and protected images start from the same weights and see the same order.

    Args:
        treatment: of the images, by the learner's countermeasure.
        shown: what the progress bar calls the images.

    Raises:
        InputError: its training diverged: it would look like a learner that the protection holds off.
    """
    runtime = runtime.replace(seed=learner.seed)
    images = treatment.training
    training = images.restricted_to(_tasks(images, learner))
    attacker = treatment.attacker_of(training, runtime)
    model = _fresh_model(learner, attacker)
    started = time.perf_counter()
    history = _history(model, learner, treatment.of_learner(), attacker, shown)
    return Trained(model, history, time.perf_counter() - started, treatment)


def _history(
    model: MultiTaskModel, learner: Learner, countermeasure: Countermeasure, attacker: Attacker, shown: str
) -> list[EpochRecord]:
    """Train a model, and let the countermeasure take part in it."""
    against = "" if learner.countermeasure == NONE else f" with {learner.countermeasure}"
    epochs = learner.recipe.for_images(len(attacker.training)).epochs
    with attacker.runtime.isolated_randomness(learner.name, "start"):
        countermeasure.start(model, attacker)
    history = train(
        model,
        attacker.training,
        attacker.pipeline,
        learner.recipe,
        attacker.runtime,
        stream=learner.name,
        description=f"{learner.name} on {shown}{against}, seed {learner.seed}",
        weighting=learner.weighting,
        after_epoch=lambda record, model: countermeasure.after_epoch(model, record.epoch, epochs, attacker),
        disturb=countermeasure.disturb if countermeasure.disturbs else None,
        remedy=f"train it at a smaller {param('learner_rate')}, or leave it out if its rate is its own",
    )
    with attacker.runtime.isolated_randomness(learner.name, "finish"):
        countermeasure.finish(model, attacker)
    return history


def _fresh_model(learner: Learner, attacker: Attacker) -> MultiTaskModel:
    _, channels, height, width = attacker.training.images.shape
    view = attacker.pipeline.crop or (height, width)
    with attacker.runtime.isolated_randomness(learner.name, "weights"):
        tasks = attacker.training.tasks
        model = MultiTaskModel(
            learner.backbone, tasks, channels, view, learner.init, learner.trainable, learner.enlarge
        )
        return model.to(attacker.runtime.device)


def _tests(
    model: MultiTaskModel, test: ArrayDataset, data: ComparisonData, tasks: Sequence[Task], runtime: Runtime
) -> dict[str, TaskTest]:
    """Task -> its test, after all images."""
    tests = {task.name: data.terms.test(task, runtime) for task in tasks}
    for predictions, labels in predict(model, test, data.pipeline, runtime):
        for name, one in tests.items():
            one.update(predictions[name], labels[name])
    return tests


def _known(values: Mapping[str, K]) -> dict[str, K]:
    """Task -> what there is of it, where there is anything."""
    return {name: value for name, value in values.items() if value}


def _tasks(dataset: ArrayDataset, learner: Learner) -> tuple[Task, ...]:
    return tuple(task for task in dataset.tasks if task.name in learner.tasks)


def _curves(history: Sequence[EpochRecord]) -> dict[str, list[float]]:
    errors = {f"training error {name}": [epoch.error[name] for epoch in history] for name in history[0].error}
    return {"training loss": [epoch.loss for epoch in history], **errors}
