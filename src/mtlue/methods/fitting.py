"""How MTL-UE's generator is trained: surrogates first, then the generator against them."""

import time
from collections.abc import Callable, Sequence
from functools import partial, reduce
from pathlib import Path
from typing import TypeVar

import torch
from torch import Tensor, nn

from mtlue.bounds import to_float
from mtlue.data import ArrayDataset, Batch, Pipeline
from mtlue.generator import Generator, regularizers
from mtlue.memory import return_free_memory
from mtlue.methods.class_counts import frequent_classes
from mtlue.methods.config import ResolvedSettings
from mtlue.methods.input_gradient import input_gradient
from mtlue.methods.joint_surrogate import JointSurrogate
from mtlue.methods.objectives import Objective
from mtlue.methods.scope import Scope
from mtlue.methods.surrogates import Surrogates
from mtlue.methods.views import LabelledViews, ViewSampler
from mtlue.methods.work import FitRecord
from mtlue.models import MultiTaskModel
from mtlue.runtime import Runtime
from mtlue.training.divergence import refuse_divergence
from mtlue.training.optimisation import build_optimizer, build_scheduler, clip_gradients
from mtlue.training.parts import BatchPart, average_statistics, shuffled_parts

T = TypeVar("T")
CURVE_POINTS = 10
"""Of an epoch of the generator."""


class Fitting:
    """One run: :meth:`run` returns the trained generator, ``record`` holds its curves and seconds.

    Surrogates learn every task; the generator never sees the labels of those that ``scope`` leaves unprotected.

    Args:
        objective: the base method.
        config: settings.
        epsilon: bound on every entry of delta, 0..1.
        dataset: the images to protect.
        runtime: device, seed, progress and processes, which share each batch.
        pipeline: the views that learners are expected to train on.
        scope: which tasks are protected; all by default.
        shared: folder where surrogates are kept for other fits; None keeps nothing.
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
        self._sampler = ViewSampler.of(config, pipeline, dataset.tasks)
        self._surrogates_sampler = ViewSampler.of_surrogates(config, pipeline, dataset.tasks)
        self._views = runtime.generator("generator", "views")

    def run(self) -> Generator:
        joint = self._joint_surrogate() if self.objective.plan.joint else None
        surrogates = self._timed("surrogate", lambda: [joint.model] if joint else self._train_surrogates())
        return self._timed("generator", lambda: self.train(surrogates, joint)).eval()

    def _joint_surrogate(self) -> JointSurrogate:
        return JointSurrogate(self.config, self.dataset, self.pipeline, self.runtime, self.objective.kept)

    def _train_surrogates(self) -> list[MultiTaskModel]:
        trainer = Surrogates(self.config, self.dataset, self.pipeline, self.runtime, self.shared)
        models, loss = trainer.checkpoints(self.objective.plan)
        self.record.curves["surrogate loss on clean images"] = loss
        return models

    def train(self, surrogates: Sequence[MultiTaskModel], joint: JointSurrogate | None = None) -> Generator:
        """Train a generator against trained surrogates.

        Args:
            surrogates: as the objective's plan asks.
            joint: one that learns after each epoch instead (EM).
        """
        recipe = self.config.generator_recipe(frequent_classes(self.dataset), len(self.dataset))
        with self.runtime.isolated_randomness("generator"):
            _, channels, height, width = self.dataset.images.shape
            structure = self.config.generator.resolved((height, width), self.dataset.tasks)
            generator = Generator(structure, self.dataset.tasks, channels)
            wrapped, optimizer = self.runtime.setup(
                generator, build_optimizer(recipe, list(generator.parameters()), self.runtime)
            )
            scheduler = build_scheduler(recipe, optimizer, len(self.dataset))
            order = self.runtime.generator("generator", "order")
            for _ in self.runtime.progress.track(range(recipe.epochs), "generator", recipe.epochs):
                epoch: list[dict[str, Tensor]] = []
                batches = shuffled_parts(self.dataset, recipe.batch_size, order, self.runtime)
                for batch, part in self.runtime.staged("decode", batches):
                    epoch.append(self.backward(wrapped, generator, surrogates, batch, part))
                    with self.runtime.stage("optimiser"):
                        clip_gradients(recipe, wrapped, optimizer, self.runtime)
                        optimizer.step()
                        optimizer.zero_grad()
                        scheduler.step()
                self._note(epoch)
                return_free_memory()  # the surrogate's steps need blocks of other sizes
                if joint is not None and joint.learn(partial(self.perturbed_view, wrapped)):
                    break
        average_statistics(generator, self.runtime)
        if joint is not None:
            self.record.curves["surrogate error on protected images"] = joint.errors
        return generator

    def backward(
        self,
        wrapped: nn.Module,
        generator: Generator,
        surrogates: Sequence[MultiTaskModel],
        batch: Batch,
        part: BatchPart | None = None,
    ) -> dict[str, Tensor]:
        """Write the generator's gradients of L = L_base + lambda_1 L_intra + lambda_2 L_inter.

        L_base is differentiated to the views first, then the generator once, along that gradient
        (method.md, "Regularisation"). Those of several processes are averaged to the whole batch's.

        Args:
            wrapped: the generator as :meth:`Runtime.setup` gives it.
            generator: itself.
            surrogates: as the objective's plan asks.
            batch: on the device.
            part: which rows of a whole batch these are; None: all of it.

        Returns:
            L and its parts, of the whole batch, without a graph.
        """
        part = part or BatchPart.whole(len(batch))
        draws = self._draws(self._sampler, wrapped, batch, part)
        base, gradients = input_gradient(self.objective, surrogates, draws, self.runtime)
        with self.runtime.stage("generator forward"):
            by_task = generator.embeddings.by_task()
            intra, inter = regularizers(by_task)
            extra = self.config.lambda_intra * intra + self.config.lambda_inter * inter
        with self.runtime.stage("generator backward"):
            along = [(views * gradient).sum() for (views, _), gradient in zip(draws, gradients, strict=True)]
            self.runtime.backward(reduce(torch.add, along) + extra)
        base = self.runtime.total(base) / self.runtime.world_size
        parts = {"base loss": base, "L_intra": intra, "L_inter": inter, "total": base + extra}
        return {name: value.detach() for name, value in parts.items()}

    def perturbed_view(self, wrapped: nn.Module, batch: Batch, part: BatchPart) -> LabelledViews:
        """What a surrogate that learns along with the generator sees of x + delta, and the labels there."""
        return self._draws(self._surrogates_sampler, wrapped, batch, part)[0]

    def _draws(self, sampler: ViewSampler, wrapped: nn.Module, batch: Batch, part: BatchPart) -> list[LabelledViews]:
        images = to_float(batch.images)
        with self.runtime.stage("generator forward"):
            delta = wrapped(images, self.scope.hide(batch, self.dataset.tasks).labels, self.epsilon)
        with self.runtime.stage("augment"):
            return sampler.draw(images, delta, batch.labels, self._views, part)

    def _note(self, epoch: list[dict[str, Tensor]]) -> None:
        """Record the means over each tenth of an epoch's steps, read from the device once.

        Raises:
            InputError: one of them is NaN or infinite.
        """
        for name in epoch[0]:
            parts = torch.stack([losses[name] for losses in epoch]).tensor_split(min(CURVE_POINTS, len(epoch)))
            means = torch.stack([part.mean() for part in parts]).tolist()
            self.record.curves.setdefault(f"generator {name}", []).extend(means)
            remedy = "give regularisers smaller weights, or train at a smaller learning rate"
            refuse_divergence("the generator's", name, means, remedy)

    def _timed(self, stage: str, job: Callable[[], T]) -> T:
        started = time.perf_counter()
        result = job()
        self.record.seconds[stage] = time.perf_counter() - started
        return result
