"""Recipe and the one training loop for learners and surrogates."""

import math
import statistics
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

import torch
from torch import Tensor, nn
from torch.optim import Adam, Optimizer
from torch.optim.lr_scheduler import ConstantLR, LRScheduler, MultiStepLR, OneCycleLR

from mtlue.bounds import to_float
from mtlue.data import ArrayDataset, Pipeline
from mtlue.data.dataset import shuffled_steps
from mtlue.errors import InputError
from mtlue.models import MultiTaskModel
from mtlue.runtime import Runtime
from mtlue.tasks import task_counts, task_losses
from mtlue.training.weighting import build_weighting

Disturbance = Callable[[MultiTaskModel, Tensor, Mapping[str, Tensor]], Tensor]
"""(model, views float 0..1 [B, C, h, w], labels) -> views."""

TEST_BATCH = 256
TEST_PIXELS = 2**22
MOST_EPOCHS = 1_000_000


@dataclass(frozen=True)
class Recipe:
    """How a model is trained.

    Args:
        epochs: passes over the data.
        learning_rate: Adam's; the peak with ``onecycle``.
        weight_decay: Adam's L2 penalty.
        batch_size: images a step.
        schedule: ``multistep`` divides the rate by ten at ``milestones`` (shares of the epochs, as in the paper);
            ``onecycle`` warms up and anneals every step, which needs fewer epochs; ``constant`` leaves it alone.
        milestones: shares of the epochs, 0..1.
        clip_norm: gradient norm to clip at; None does not clip.
        min_steps: steps that a training takes at least: on few images it makes more epochs of it.
    """

    epochs: int = 60
    learning_rate: float = 1e-3
    weight_decay: float = 1e-4
    batch_size: int = 128
    schedule: Literal["multistep", "onecycle", "constant"] = "multistep"
    milestones: tuple[float, ...] = (0.6, 0.8)
    clip_norm: float | None = 5.0
    min_steps: int = 0

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    def __post_init__(self) -> None:
        if self.epochs < 1 or self.batch_size < 2 or not self.learning_rate > 0:
            raise InputError(
                f"a recipe needs an epoch, batches of 2 and a positive learning rate, not {self.epochs} epochs, "
                f"batches of {self.batch_size} and a rate of {self.learning_rate:g}"
            )

    def with_epochs(self, epochs: int | None) -> "Recipe":
        """Exactly ``epochs``, however few steps they are; the recipe itself for None."""
        return self if epochs is None else replace(self, epochs=epochs, min_steps=0)

    def for_images(self, count: int) -> "Recipe":
        """The recipe for ``count`` images: as many epochs as ``min_steps`` asks for."""
        return replace(self, epochs=max(self.epochs, math.ceil(self.min_steps / self.steps_per_epoch(count))))

    def described(self, training: str, asked: int) -> str:
        """A training's name with its epochs, where few images make them more than was ``asked``."""
        if self.epochs == asked:
            return training
        return f"{training} (few images: {self.epochs} epochs instead of {asked}, for at least {self.min_steps} steps)"

    def optimizer(self, parameters: Sequence[nn.Parameter], runtime: Runtime) -> Adam:
        """Adam, as one kernel where ``runtime`` allows it."""
        return Adam(parameters, lr=self.learning_rate, weight_decay=self.weight_decay, fused=runtime.fuses_optimizers)

    def scheduler(self, optimizer: Optimizer, count: int) -> LRScheduler:
        """A scheduler to be stepped once per batch, for ``count`` images."""
        steps = self.steps_per_epoch(count)
        if self.schedule == "onecycle":
            return OneCycleLR(optimizer, self.learning_rate, total_steps=max(self.epochs * steps, 2))
        if self.schedule == "constant":
            return ConstantLR(optimizer, factor=1.0)
        marks = [max(1, round(share * self.epochs)) * steps for share in self.milestones]
        return MultiStepLR(optimizer, marks, gamma=0.1)

    def clip(self, parameters: Sequence[nn.Parameter], optimizer: Any, runtime: Runtime) -> None:
        """Clip gradients where the recipe says so; ``optimizer``: from :meth:`Runtime.setup`."""
        if self.clip_norm is not None:
            runtime.unscale(optimizer)
            nn.utils.clip_grad_norm_(parameters, self.clip_norm)

    def steps_per_epoch(self, count: int) -> int:
        return shuffled_steps(count, self.batch_size)


@dataclass(frozen=True)
class EpochRecord:
    """One epoch: its number from 1, mean training loss, and share of wrong predictions per task (0 without labels)."""

    epoch: int
    loss: float
    error: dict[str, float]
    seconds: float


class RunningError:
    """Counts losses and wrong predictions over an epoch."""

    def __init__(self, model: MultiTaskModel) -> None:
        self._model = model
        self._losses: list[Tensor] = []
        self._counts: list[tuple[Tensor, Tensor]] = []
        self._started = time.perf_counter()

    @torch.no_grad()
    def add(self, loss: Tensor, predictions: dict[str, Tensor], labels: dict[str, Tensor]) -> None:
        self._losses.append(loss)
        self._counts.append(task_counts(self._model.tasks, predictions, labels))

    def record(self, epoch: int) -> EpochRecord:
        """What was counted so far; the device is waited for here, once, not in every step."""
        right, present = (torch.stack(counts).sum(0).tolist() for counts in zip(*self._counts, strict=True))
        error = {
            task.name: 1 - hits / labelled if labelled else 0.0
            for task, hits, labelled in zip(self._model.tasks, right, present, strict=True)
        }
        loss = statistics.fmean(torch.stack(self._losses).tolist())
        return EpochRecord(epoch, loss, error, time.perf_counter() - self._started)


def train(
    model: MultiTaskModel,
    dataset: ArrayDataset,
    pipeline: Pipeline,
    recipe: Recipe,
    runtime: Runtime,
    stream: str,
    description: str | None = None,
    weighting: str = "ls",
    after_epoch: Callable[[EpochRecord, MultiTaskModel], None] | None = None,
    disturb: Disturbance | None = None,
) -> list[EpochRecord]:
    """Train ``model`` in place on the whole of ``dataset``.

    Args:
        stream: name of the random stream (order, crops, flips, dropout).
        description: what the progress bar says; ``stream`` by default.
        weighting: a short name of :data:`mtlue.training.weighting.WEIGHTINGS`, or torchjd's name of one.
        after_epoch: called with the epoch's record and the model; it may copy weights.
        disturb: changes each batch's views before the step.

    Returns:
        One record an epoch.
    """
    asked, recipe = recipe.epochs, recipe.for_images(len(dataset))
    step = TrainingStep(model, len(dataset), recipe, runtime, weighting)
    order = runtime.generator(stream, "order")
    views = runtime.generator(stream, "views")
    history = []
    with runtime.isolated_randomness(stream):
        shown = recipe.described(description or stream, asked)
        for epoch in runtime.progress.track(range(1, recipe.epochs + 1), shown, recipe.epochs):
            running = RunningError(model)
            for batch in dataset.shuffled_batches(recipe.batch_size, order):
                moved = batch.to(runtime.device)
                view = pipeline.draw(moved.images, views)
                images, labels = view.cut(to_float(moved.images)), view.labels(model.tasks, moved.labels)
                if disturb is not None:
                    images = disturb(model, images, labels)
                loss, predictions = step(images, labels)
                running.add(loss, predictions, labels)
            step.end_epoch()
            history.append(running.record(epoch))
            if after_epoch is not None:
                after_epoch(history[-1], model)
    model.eval()
    return history


class TrainingStep:
    """One optimiser step of a model on a batch, with its schedule."""

    def __init__(self, model: MultiTaskModel, count: int, recipe: Recipe, runtime: Runtime, weighting: str) -> None:
        self._runtime = runtime
        self._recipe = recipe
        self.weighting = build_weighting(weighting, len(model.tasks), runtime)
        self._plain_model = model
        self._parameters = list(model.parameters())
        optimizer = recipe.optimizer([*self._parameters, *self.weighting.parameters()], runtime)
        self._model, self._optimizer = runtime.setup(model, optimizer)
        self._scheduler = recipe.scheduler(self._optimizer, count)

    def __call__(self, images: Tensor, labels: dict[str, Tensor]) -> tuple[Tensor, dict[str, Tensor]]:
        """The mean of the tasks' losses, whatever the weighting, and the predictions."""
        self._model.train()
        predictions = self._predict(images)
        losses = self._losses(predictions, labels)
        self._optimizer.zero_grad()
        self.weighting.backward(losses, self._plain_model, self._runtime)
        self._recipe.clip(self._parameters, self._optimizer, self._runtime)
        self._optimizer.step()
        self._scheduler.step()
        self.weighting.after_step(lambda: self._losses(self._predict(images), labels))
        return losses.detach().mean(), {name: value.detach() for name, value in predictions.items()}

    def end_epoch(self) -> None:
        self.weighting.after_epoch()

    def _predict(self, images: Tensor) -> dict[str, Tensor]:
        if self.weighting.by_gradients:
            return self._runtime.forward(self._plain_model, images)
        predictions: dict[str, Tensor] = self._model(images)
        return predictions

    def _losses(self, predictions: dict[str, Tensor], labels: dict[str, Tensor]) -> Tensor:
        """[K], in the model's order of tasks."""
        return task_losses(self._plain_model.tasks, predictions, labels)


@torch.no_grad()
def predict(
    model: MultiTaskModel, dataset: ArrayDataset, pipeline: Pipeline, runtime: Runtime
) -> Iterator[tuple[dict[str, Tensor], dict[str, Tensor]]]:
    """Predictions of every image's test view on the device, [B, channels, ...], and the labels that hold for it.

    Batch by batch, so that a whole test set's dense predictions never lie in memory. Labels stay as they are kept.
    """
    model.eval()
    for batch in dataset.batches(_test_batch(dataset)):
        images = pipeline.test_view(to_float(batch.images.to(runtime.device)))
        yield model(images), pipeline.central(batch.images).labels(model.tasks, batch.labels)


def _test_batch(dataset: ArrayDataset) -> int:
    """How many images are tested at once: fewer where they are large, as dense predictions are as large as they."""
    return max(1, min(TEST_BATCH, TEST_PIXELS // (dataset.images.shape[2] * dataset.images.shape[3])))
