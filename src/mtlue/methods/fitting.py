"""How MTL-UE's generator is trained: surrogates first, then the generator against them."""

import math
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

import torch
from torch import Tensor, nn

from mtlue.bounds import to_float
from mtlue.data import ArrayDataset, Batch, Pipeline
from mtlue.errors import InputError
from mtlue.generator import Generator, regularizers
from mtlue.methods.base import FitRecord
from mtlue.methods.config import ResolvedSettings
from mtlue.methods.input_gradient import slope
from mtlue.methods.objectives import Objective
from mtlue.methods.scope import Scope
from mtlue.methods.surrogates import JointSurrogate, LabelledViews, Surrogates
from mtlue.models import MultiTaskModel
from mtlue.runtime import Runtime, return_free_memory
from mtlue.training.optimisation import build_optimizer, build_scheduler, clip_gradients

T = TypeVar("T")
CURVE_POINTS = 10
"""Of an epoch of the generator."""


class Fitting:
    """One run: :meth:`run` returns the trained generator, ``record`` holds its curves and seconds.

    Surrogates learn every task; the generator never sees the labels of those that ``scope`` leaves unprotected.
    """

    def __init__(
        self,
        objective: Objective,
        config: ResolvedSettings,
        epsilon: float,
        dataset: ArrayDataset,
        runtime: Runtime,
        pipeline: Pipeline,
        scope: Scope | None = None,
        shared: Path | None = None,
    ) -> None:
        self.objective = objective
        self.config = config
        self.epsilon = epsilon
        self.dataset = dataset
        self.runtime = runtime
        self.pipeline = pipeline
        self.scope = scope or Scope()
        self.shared = shared
        self.record = FitRecord()
        self._views = runtime.generator("generator", "views")

    def run(self) -> Generator:
        rival = self._rival() if self.objective.plan.joint else None
        surrogates = self._timed("surrogate", lambda: [rival.model] if rival else self._train_surrogates())
        return self._timed("generator", lambda: self.train(surrogates, rival)).eval()

    def _rival(self) -> JointSurrogate:
        return JointSurrogate(self.config, self.dataset, self.pipeline, self.runtime, self.objective.kept)

    def _train_surrogates(self) -> list[MultiTaskModel]:
        trainer = Surrogates(self.config, self.dataset, self.pipeline, self.runtime, self.shared)
        models, loss = trainer.checkpoints(self.objective.plan)
        self.record.curves["surrogate loss on clean images"] = loss
        return models

    def train(self, surrogates: Sequence[MultiTaskModel], rival: JointSurrogate | None = None) -> Generator:
        """Train a generator against surrogates that are there; ``rival`` learns after each epoch (EM)."""
        recipe, progress = self.config.recipe.for_images(len(self.dataset)), self.runtime.progress
        with self.runtime.isolated_randomness("generator"):
            _, channels, height, width = self.dataset.images.shape
            structure = self.config.generator.resolved((height, width), self.dataset.tasks)
            generator = Generator(structure, self.dataset.tasks, channels)
            wrapped, optimizer = self.runtime.setup(
                generator, build_optimizer(recipe, list(generator.parameters()), self.runtime)
            )
            scheduler = build_scheduler(recipe, optimizer, len(self.dataset))
            order = self.runtime.generator("generator", "order")
            shown = recipe.described("generator", self.config.recipe.epochs)
            for _ in progress.track(range(recipe.epochs), shown, recipe.epochs):
                epoch: list[dict[str, Tensor]] = []
                batches = self.dataset.shuffled_batches(recipe.batch_size, order)
                for batch in self.runtime.staged("decode", (batch.to(self.runtime.device) for batch in batches)):
                    epoch.append(self.backward(wrapped, generator, surrogates, batch))
                    with self.runtime.stage("optimiser"):
                        clip_gradients(recipe, wrapped, optimizer, self.runtime)
                        optimizer.step()
                        optimizer.zero_grad()
                        scheduler.step()
                self._note(epoch)
                return_free_memory()  # the surrogate's steps need blocks of other sizes
                if rival is not None and rival.learn(lambda moved: self.perturbed_views(wrapped, moved)):
                    break
        if rival is not None:
            self.record.curves["surrogate error on protected images"] = rival.errors
        return generator

    def backward(
        self, wrapped: nn.Module, generator: Generator, surrogates: Sequence[MultiTaskModel], batch: Batch
    ) -> dict[str, Tensor]:
        """Write the generator's gradients of L = L_base + lambda_1 L_intra + lambda_2 L_inter (PAPER 3).

        L_base is differentiated to the views first, then the generator once, along that gradient.

        Returns:
            L and its parts, without a graph.
        """
        views, labels = self.perturbed_views(wrapped, batch)
        base, gradient = slope(self.objective, surrogates, views, labels, self.runtime)
        with self.runtime.stage("generator forward"):
            by_task = generator.embeddings.by_task()
            intra, inter = regularizers(by_task)
            extra = self.config.lambda_intra * intra + self.config.lambda_inter * inter
        with self.runtime.stage("generator backward"):
            self.runtime.backward((views * gradient).sum() + extra)
        parts = {"base loss": base, "L_intra": intra, "L_inter": inter, "total": base + extra}
        return {name: value.detach() for name, value in parts.items()}

    def perturbed_views(self, wrapped: nn.Module, batch: Batch) -> LabelledViews:
        """What a learner would see of x + delta (random crops and flips, with gradients), and the labels there."""
        images = to_float(batch.images)
        with self.runtime.stage("generator forward"):
            delta = wrapped(images, self.scope.hide(batch, self.dataset.tasks).labels, self.epsilon)
        with self.runtime.stage("augment"):
            view = self.pipeline.draw(images, self._views)
            return view.cut((images + delta).clamp(0, 1)), view.labels(self.dataset.tasks, batch.labels)

    def _note(self, epoch: list[dict[str, Tensor]]) -> None:
        """Means over each tenth of an epoch's steps, read from the device once.

        Raises:
            InputError: one of them is no number.
        """
        for name in epoch[0]:
            parts = torch.stack([losses[name] for losses in epoch]).tensor_split(min(CURVE_POINTS, len(epoch)))
            means = torch.stack([part.mean() for part in parts]).tolist()
            self.record.curves.setdefault(f"generator {name}", []).extend(means)
            odd = [mean for mean in means if not math.isfinite(mean)]
            if odd:
                raise InputError(
                    f"the generator's training diverged: its {name} is {odd[0]:g}; give regularisers smaller weights, "
                    "or train at a smaller learning rate"
                )

    def _timed(self, stage: str, job: Callable[[], T]) -> T:
        started = time.perf_counter()
        result = job()
        self.record.seconds[stage] = time.perf_counter() - started
        return result
