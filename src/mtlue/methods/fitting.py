"""How MTL-UE's generator is trained: surrogates first, then the generator against them."""

import copy
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from typing import Any, TypeVar

from torch import Tensor, nn

from mtlue.bounds import to_float
from mtlue.data import ArrayDataset, Batch, Pipeline
from mtlue.generator import Generator, GeneratorConfig, inter_task, intra_task
from mtlue.methods.base import FitRecord
from mtlue.methods.objectives import Objective
from mtlue.models import MultiTaskModel
from mtlue.runtime import Runtime
from mtlue.training import EpochRecord, Recipe, RunningError, TrainingStep, train

T = TypeVar("T")


@dataclass(frozen=True)
class MtlUeConfig:
    """Settings of MTL-UE. The defaults suit 2 CPU cores.

    Args:
        generator: structure of the generator.
        lambda_intra: weight of L_intra (lambda_1).
        lambda_inter: weight of L_inter (lambda_2).
        recipe: how the generator is trained.
        surrogate: backbone of the surrogates.
        surrogate_recipe: how surrogates are trained on clean images (TAP, SEP).
        joint_steps: EM only: surrogate steps on perturbed batches after each epoch of the generator.
        stop_error: EM only: training ends once the surrogate's error on those batches is at most this share.
    """

    generator: GeneratorConfig = field(default_factory=GeneratorConfig)
    lambda_intra: float = 20.0
    lambda_inter: float = 100.0
    recipe: Recipe = field(
        default_factory=lambda: Recipe(epochs=8, learning_rate=1e-2, batch_size=64, schedule="onecycle", min_steps=250)
    )
    surrogate: str = "tiny"
    surrogate_recipe: Recipe = field(
        default_factory=lambda: Recipe(epochs=15, learning_rate=4e-3, schedule="onecycle", min_steps=300)
    )
    joint_steps: int = 30
    stop_error: float = 0.01

    @classmethod
    def of(cls, method: str, structure: str = "light") -> "MtlUeConfig":
        """The defaults for a base method and a generator structure."""
        base = cls(generator=GeneratorConfig(structure=structure))  # type: ignore[arg-type]
        epochs = 12 if method == "em" else base.recipe.epochs
        rate = 1e-3 if structure == "published" else base.recipe.learning_rate
        return replace(base, recipe=replace(base.recipe, epochs=epochs, learning_rate=rate))

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


class Fitting:
    """One run: :meth:`run` returns the trained generator, ``record`` holds its curves and seconds."""

    def __init__(
        self,
        objective: Objective,
        config: MtlUeConfig,
        epsilon: float,
        dataset: ArrayDataset,
        runtime: Runtime,
        pipeline: Pipeline,
    ) -> None:
        self.objective = objective
        self.config = config
        self.epsilon = epsilon
        self.dataset = dataset
        self.runtime = runtime
        self.pipeline = pipeline
        self.record = FitRecord()
        self._views = runtime.generator("generator", "views")

    def run(self) -> Generator:
        surrogates = self._timed("surrogate", self._train_surrogates)
        return self._timed("generator", lambda: self._train_generator(surrogates)).eval()

    def _train_surrogates(self) -> list[MultiTaskModel]:
        """Frozen checkpoints of one clean training; or one fresh model that will learn beside the generator."""
        model = self._fresh_surrogate()
        plan = self.objective.plan
        if plan.joint:
            return [model]
        recipe = self.config.surrogate_recipe.for_images(len(self.dataset))
        wanted = {max(1, round(share * recipe.epochs)) for share in plan.checkpoints}
        kept: list[MultiTaskModel] = []

        def keep(epoch: EpochRecord, trained: MultiTaskModel) -> None:
            if epoch.epoch in wanted:
                kept.append(copy.deepcopy(trained).eval().requires_grad_(False))

        history = train(model, self.dataset, self.pipeline, recipe, self.runtime, "surrogate", after_epoch=keep)
        self.record.curves["surrogate loss on clean images"] = [epoch.loss for epoch in history]
        return kept

    def _train_generator(self, surrogates: list[MultiTaskModel]) -> Generator:
        recipe, progress = self.config.recipe.for_images(len(self.dataset)), self.runtime.progress
        with self.runtime.isolated_randomness("generator"):
            _, channels, height, width = self.dataset.images.shape
            structure = self.config.generator.resolved((height, width))
            generator = Generator(structure, self.dataset.tasks, channels)
            wrapped, optimizer = self.runtime.setup(generator, recipe.optimizer(list(generator.parameters())))
            scheduler = recipe.scheduler(optimizer, len(self.dataset))
            rival = _JointSurrogate(self, surrogates[0]) if self.objective.plan.joint else None
            order = self.runtime.generator("generator", "order")
            for _ in progress.track(range(recipe.epochs), "generator", recipe.epochs):
                epoch: list[dict[str, float]] = []
                for batch in self.dataset.shuffled_batches(recipe.batch_size, order):
                    losses = self._losses(wrapped, generator, surrogates, batch.to(self.runtime.device))
                    optimizer.zero_grad()
                    self.runtime.backward(losses["total"])
                    optimizer.step()
                    scheduler.step()
                    epoch.append({name: float(value.detach()) for name, value in losses.items()})
                self._note(epoch)
                if rival is not None and rival.learn(wrapped) <= self.config.stop_error:
                    break
        return generator

    def _losses(
        self, wrapped: nn.Module, generator: Generator, surrogates: list[MultiTaskModel], batch: Batch
    ) -> dict[str, Tensor]:
        """L = L_base + lambda_1 L_intra + lambda_2 L_inter (PAPER 3)."""
        views = self.perturbed_views(wrapped, batch)
        base = self.objective.loss(surrogates, views, batch.labels)
        by_task = generator.embeddings.by_task()
        intra, inter = intra_task(by_task), inter_task(by_task)
        total = base + self.config.lambda_intra * intra + self.config.lambda_inter * inter
        return {"base loss": base, "L_intra": intra, "L_inter": inter, "total": total}

    def perturbed_views(self, wrapped: nn.Module, batch: Batch) -> Tensor:
        """What a learner would see of x + delta: the pipeline's random crops and flips, with gradients."""
        images = to_float(batch.images)
        delta = wrapped(images, batch.labels, self.epsilon)
        return self.pipeline.train_view((images + delta).clamp(0, 1), self._views)

    def _note(self, epoch: list[dict[str, float]]) -> None:
        for name in epoch[0]:
            mean = sum(losses[name] for losses in epoch) / len(epoch)
            self.record.curves.setdefault(f"generator {name}", []).append(mean)

    def _fresh_surrogate(self) -> MultiTaskModel:
        images = self.dataset.images
        view_size = self.pipeline.crop or (images.shape[2], images.shape[3])
        with self.runtime.isolated_randomness("surrogate weights"):
            model = MultiTaskModel(self.config.surrogate, self.dataset.tasks, images.shape[1], view_size)
        return model.to(self.runtime.device)

    def _timed(self, stage: str, job: Callable[[], T]) -> T:
        started = time.perf_counter()
        result = job()
        self.record.seconds[stage] = time.perf_counter() - started
        return result


class _JointSurrogate:
    """EM's other half: the surrogate that learns on perturbed batches while the generator learns (min-min)."""

    def __init__(self, fitting: Fitting, model: MultiTaskModel) -> None:
        self._fitting = fitting
        self._model = model
        self._recipe = replace(fitting.config.surrogate_recipe, schedule="constant", learning_rate=1e-3)
        runtime = fitting.runtime
        self._step = TrainingStep(model, len(fitting.dataset), self._recipe, runtime, "ls")
        self._order = runtime.generator("joint surrogate", "order")

    def learn(self, wrapped: nn.Module) -> float:
        """Take ``joint_steps`` steps; returns the largest error over the tasks on the batches seen."""
        running = RunningError(self._model)
        batches = self._fitting.dataset.shuffled_batches(self._recipe.batch_size, self._order)
        for _, batch in zip(range(self._fitting.config.joint_steps), batches, strict=False):
            moved = batch.to(self._fitting.runtime.device)
            views = self._fitting.perturbed_views(wrapped, moved).detach()
            labels = dict(moved.labels)
            loss, predictions = self._step(views, labels)
            running.add(loss, predictions, labels)
        self._model.eval()
        error = running.record(0).error
        self._fitting.record.curves.setdefault("surrogate error on protected images", []).append(max(error.values()))
        return max(error.values())
