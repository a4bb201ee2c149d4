"""The one training loop for learners and surrogates."""

import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Generator, Tensor

from mtlue.batching import rows_within
from mtlue.bounds import to_float
from mtlue.data import ArrayDataset, Batch, Pipeline
from mtlue.models import MultiTaskModel
from mtlue.models.placing import placed
from mtlue.runtime import Runtime
from mtlue.tasks import Labels, Task, task_counts, task_losses
from mtlue.training.divergence import refuse_divergence
from mtlue.training.mixture import Mixture
from mtlue.training.optimisation import build_optimizer, build_scheduler, clip_gradients
from mtlue.training.parts import BatchPart, average_statistics, own_batches, shuffled_parts, whole_losses
from mtlue.training.recipe import Recipe
from mtlue.training.weightings import build_weighting

Disturbance = Callable[[MultiTaskModel, Batch, Generator], Tensor | Mixture]
"""(model, views float 0..1 [B, C, h, w] with labels and ids, random numbers) -> views, or mixtures of them."""

TEST_BATCH = 256
TEST_PIXELS = 2**22


@dataclass(frozen=True)
class EpochRecord:
    """One epoch of all processes together.

    Attributes:
        epoch: its number, from 1.
        loss: mean of the training loss over its steps.
        error: share of wrong predictions per task, 0..1; 0 without labels.
        seconds: that it took.
    """

    epoch: int
    loss: float
    error: dict[str, float]
    seconds: float


class RunningError:
    """Counts losses and wrong predictions over an epoch, in all processes together.

    Args:
        tasks: in the model's order.
        runtime: knows the processes.
    """

    def __init__(self, tasks: Sequence[Task], runtime: Runtime) -> None:
        self._tasks = tuple(tasks)
        self._runtime = runtime
        self._losses: list[Tensor] = []
        self._counts: list[tuple[Tensor, Tensor]] = []
        self._started = time.perf_counter()

    @torch.no_grad()
    def add(self, loss: Tensor, predictions: dict[str, Tensor], labels: dict[str, Tensor]) -> None:
        """Count one step: the loss of the whole batch, predictions and labels of this process's rows."""
        self._losses.append(loss)
        self._counts.append(task_counts(self._tasks, predictions, labels))

    def record(self, epoch: int) -> EpochRecord:
        """What was counted so far; the device is waited for here, once, not in every step."""
        counts = torch.stack([torch.stack(counts).sum(0) for counts in zip(*self._counts, strict=True)])
        right, present = self._runtime.total(counts).tolist()
        error = {
            task.name: 1 - hits / labelled if labelled else 0.0
            for task, hits, labelled in zip(self._tasks, right, present, strict=True)
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
    transform: Callable[[Tensor, Generator, BatchPart], Tensor] | None = None,
    remedy: str = "train at a smaller learning rate",
) -> list[EpochRecord]:
    """Train ``model`` in place on the whole of ``dataset``.

    Args:
        model: float images 0..1 [B, C, h, w] -> {task: prediction}, of the tasks of ``dataset``.
        dataset: at least two images.
        pipeline: the crops and flips that the model sees.
        recipe: how; few images make more epochs of it (:meth:`Recipe.for_images`).
        runtime: device, seed, progress and processes, which share each batch.
        stream: name of the random stream (order, crops, flips, dropout).
        description: what the progress bar says; ``stream`` by default.
        weighting: a short name of :data:`mtlue.training.weighting_names.WEIGHTINGS`, or torchjd's name of one.
        after_epoch: called with the epoch's record and the model; it may copy weights.
        disturb: changes each batch's views before the step.
        transform: changes images, float 0..1 [B, C, H, W], before they are cropped; random from the generator alone,
            and for these rows as for the whole batch.
        remedy: what a user can do where the training diverges.

    Returns:
        One record per epoch.

    Raises:
        InputError: there is only one image, the weighting cannot be used, or an epoch's loss is NaN or infinite.
    """
    recipe, title = recipe.for_images(len(dataset)), description or stream
    step = TrainingStep(model, len(dataset), recipe, runtime, weighting)
    order = runtime.generator(stream, "order")
    views = runtime.generator(stream, "views")
    disturbances = runtime.generator(stream, "disturbances", device=runtime.device)
    history = []
    with runtime.isolated_randomness(stream):
        for epoch in runtime.progress.track(range(1, recipe.epochs + 1), title, recipe.epochs):
            running = RunningError(model.tasks, runtime)
            for batch, part in shuffled_parts(dataset, recipe.batch_size, order, runtime):
                view, images = part.draw(pipeline, batch.images, views), to_float(batch.images)
                images = view.cut(images if transform is None else transform(images, views, part))
                labels = view.labels(model.tasks, batch.labels)
                views_of_batch = Batch(images, labels, batch.ids)
                seen = images if disturb is None else disturb(model, views_of_batch, disturbances)
                loss, predictions = step(seen, labels)
                running.add(loss, predictions, labels)
            step.end_epoch()
            history.append(running.record(epoch))
            refuse_divergence(f"{title}: the", "loss", [history[-1].loss], remedy)
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
        own = list(self.weighting.parameters())
        self._trains_weighting = bool(own)
        optimizer = build_optimizer(recipe, [*model.parameters(), *own], runtime)
        self._model, self._optimizer = runtime.setup(placed(model, runtime.device), optimizer)
        self._scheduler = build_scheduler(recipe, self._optimizer, count)

    def __call__(self, images: Tensor | Mixture, labels: dict[str, Tensor]) -> tuple[Tensor, dict[str, Tensor]]:
        """Train on this process's rows of a batch.

        Args:
            images: views, float 0..1 [B, C, h, w], or mixtures of them, which bring labels of their own.
            labels: {task: [B, ...]}.

        Returns:
            The mean of the tasks' losses over the whole batch, whatever the weighting, and the predictions.
        """
        self._model.train()
        mixture = images if isinstance(images, Mixture) else Mixture(images, labels, labels, 1.0)
        predictions = self._predict(mixture.images)
        losses = self._losses(predictions, mixture)
        self._optimizer.zero_grad()
        self.weighting.backward(losses, self._plain_model, self._runtime)
        clip_gradients(self._recipe, self._model, self._optimizer, self._runtime, self._trains_weighting)
        self._optimizer.step()
        self._scheduler.step()
        self.weighting.after_step(lambda: self._losses(self._predict(mixture.images), mixture))
        return losses.detach().mean(), {name: value.detach() for name, value in predictions.items()}

    def end_epoch(self) -> None:
        """All batches of an epoch have been seen."""
        self.weighting.after_epoch()
        average_statistics(self._plain_model, self._runtime)

    def _predict(self, images: Tensor) -> dict[str, Tensor]:
        if self.weighting.by_gradients:
            return self._runtime.forward(self._plain_model, images)
        predictions: dict[str, Tensor] = self._model(images)
        return predictions

    def _losses(self, predictions: dict[str, Tensor], mixture: Mixture) -> Tensor:
        """Of the whole batch, [K], in the model's order of tasks."""
        own = self._losses_of(predictions, mixture.labels)
        if mixture.share == 1:
            return own
        return mixture.share * own + (1 - mixture.share) * self._losses_of(predictions, mixture.others)

    def _losses_of(self, predictions: dict[str, Tensor], labels: Labels) -> Tensor:
        tasks = self._plain_model.tasks
        return whole_losses(tasks, task_losses(tasks, predictions, labels), labels, self._runtime)


@torch.no_grad()
def predict(
    model: MultiTaskModel, dataset: ArrayDataset, pipeline: Pipeline, runtime: Runtime
) -> Iterator[tuple[dict[str, Tensor], dict[str, Tensor]]]:
    """Predictions of every image's test view on the device, [B, channels, ...], and the labels that hold for it.

    Batch by batch, so that the predictions per pixel of a whole test set are never in memory at once. Labels stay where
    and as they are stored. Each of several processes computes its share of the images, at least one batch.
    """
    model.eval()
    for batch in own_batches(dataset, _test_batch(dataset), runtime):
        images = pipeline.test_view(to_float(batch.images.to(runtime.device)))
        yield model(images), pipeline.central(batch.images).labels(model.tasks, batch.labels)


def _test_batch(dataset: ArrayDataset) -> int:
    """How many images are tested at once: fewer where they are large, as predictions per pixel are as large."""
    return rows_within(TEST_PIXELS, dataset.images.shape[2] * dataset.images.shape[3], most=TEST_BATCH)
