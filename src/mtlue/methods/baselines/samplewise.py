"""EM, TAP and SEP sample-wise: each image's perturbation is searched for on its own, pixel by pixel.

Source: method.md, "Baselines".
"""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

import torch
from torch import Tensor

from mtlue.bounds import clip, to_float
from mtlue.data import ArrayDataset, Batch, Pipeline
from mtlue.errors import InputError, param
from mtlue.methods.base import Perturber
from mtlue.methods.baselines.samplewise_settings import JointSampleWiseSettings, PgdSettings, SampleWiseSettings
from mtlue.methods.config import ResolvedSettings
from mtlue.methods.input_gradient import input_gradient
from mtlue.methods.joint_surrogate import JointSurrogate
from mtlue.methods.objectives.base import Objective
from mtlue.methods.objectives.em import ErrorMinimizing
from mtlue.methods.objectives.sep import SelfEnsemble
from mtlue.methods.objectives.tap import TargetedAdversarial
from mtlue.methods.surrogates import Surrogates, surrogate_work
from mtlue.methods.views import LabelledViews, ViewSampler
from mtlue.methods.weights import check_weights, described_only
from mtlue.methods.work import FitPart, FitRecord, FitSize
from mtlue.models import MultiTaskModel
from mtlue.runtime import Runtime
from mtlue.structured import typed
from mtlue.tasks import Task
from mtlue.training.parts import BatchPart

_OF_GENERATORS = ("generator", "lambda_intra", "lambda_inter", "pixels_per_step")
"""What resolved settings say of generators alone."""
STEPS = 127
"""A perturbation is kept in whole steps of epsilon / 127: a byte per value."""


class SampleWise(Perturber):
    """Projected gradient descent on every delta_i towards the base method's target.

    TAP and SEP: once, against frozen surrogates. EM: rounds of surrogate steps and descent on all images, one at least,
    until the surrogate has learned (:meth:`JointSurrogate.learn`), for at most ``epochs`` rounds. The training
    augmentation is applied to x + delta before a surrogate sees it, as for the generator.

    A subclass names its objective, and what can be set. The arguments are those of every
    :class:`mtlue.methods.Perturber`.
    """

    Settings: ClassVar[type[PgdSettings]] = SampleWiseSettings
    settings: PgdSettings
    objective: ClassVar[type[Objective]]
    """The base method."""
    inductive = False
    trains = True

    @cached_property
    def config(self) -> ResolvedSettings:
        """The resolved settings."""
        return self.settings.resolved(self.objective.plan)

    @cached_property
    def base_method(self) -> Objective:
        """The base method with its weights of tasks."""
        return self.objective(self.config.balanced)

    def hyperparameters(self, tasks: Sequence[Task] = ()) -> dict[str, Any]:
        return {key: value for key, value in self.config.to_json().items() if key not in _OF_GENERATORS}

    def fit_parts(self, size: FitSize) -> tuple[FitPart, ...]:
        config, plan = self.config, self.objective.plan
        rounds = config.recipe.epochs if plan.joint else 1
        training, one_pass = surrogate_work(config, plan, size, rounds=rounds)
        searched = one_pass * config.views * size.images * config.pgd_steps * rounds
        return training, FitPart(searched, config.surrogate, min(config.recipe.batch_size, size.images))

    def _is_kept(self, dataset: ArrayDataset, runtime: Runtime, pipeline: Pipeline, shared: Path) -> bool:
        hidden = self.scope.hide_in(dataset)
        return Surrogates(self.config, hidden, pipeline, runtime, shared).are_kept(self.base_method.plan)

    def _fit(self, dataset: ArrayDataset, runtime: Runtime, pipeline: Pipeline) -> FitRecord:
        dataset = self.scope.hide_in(dataset)
        self._rows = {identifier: row for row, identifier in enumerate(dataset.ids)}
        self._kept = torch.zeros(tuple(dataset.images.shape), dtype=torch.int8)
        search = _Search(self, dataset, runtime, pipeline)
        return search.rounds() if self.objective.plan.joint else search.once()

    def _delta(self, images: Tensor, batch: Batch) -> Tensor:
        if images.shape[1:] != self._kept.shape[1:]:
            raise InputError(
                f"the images are {list(images.shape[1:])}, their perturbations were found at "
                f"{list(self._kept.shape[1:])}: bring them to that size, or fit again"
            )
        return self.kept(batch)

    def kept(self, batch: Batch) -> Tensor:
        """The current perturbations of a batch, float [B, C, H, W], on its device."""
        return self._kept[self._positions(batch)].to(batch.images.device).float() * (self.epsilon / STEPS)

    def keep(self, batch: Batch, delta: Tensor) -> None:
        """Store the perturbations of a batch."""
        self._kept[self._positions(batch)] = (delta * (STEPS / self.epsilon)).round().to(torch.int8).cpu()

    def _positions(self, batch: Batch) -> list[int]:
        return [self._rows[identifier] for identifier in batch.ids]

    def _state(self) -> dict[str, Any]:
        return {"ids": list(self._rows)}

    def _tensors(self) -> dict[str, Tensor]:
        return {"delta": self._kept}

    def _restore(self, state: dict[str, Any], tensors: dict[str, Tensor], runtime: Runtime) -> None:
        ids = typed(state, _SavedRows).ids
        self._rows = {identifier: row for row, identifier in enumerate(ids)}
        if len(self._rows) < len(ids) or self._fitted_ids != self._rows.keys():
            raise ValueError("its ids are not those of the images that it was fitted on, each once")
        sides = tuple(tensors["delta"].shape[2:]) if "delta" in tensors else ()
        with described_only():
            expected = torch.empty(len(ids), self.channels, *(sides or (1, 1)), dtype=torch.int8)
        check_weights(tensors, {"delta": expected})
        self._kept = tensors["delta"]


@dataclass(frozen=True)
class _SavedRows:
    """The image of each saved perturbation."""

    ids: list[str]


class ErrorMinimizingSampleWise(SampleWise):
    """EM, sample-wise."""

    Settings = JointSampleWiseSettings
    objective = ErrorMinimizing


class TargetedAdversarialSampleWise(SampleWise):
    """TAP, sample-wise."""

    objective = TargetedAdversarial


class SelfEnsembleSampleWise(SampleWise):
    """SEP, sample-wise."""

    objective = SelfEnsemble


class _Search:
    """One fit of :class:`SampleWise`."""

    def __init__(self, method: SampleWise, dataset: ArrayDataset, runtime: Runtime, pipeline: Pipeline) -> None:
        self._method = method
        self._dataset = dataset
        self._runtime = runtime
        self._pipeline = pipeline
        self._sampler = ViewSampler.of(method.config, pipeline, dataset.tasks)
        self._surrogates_sampler = ViewSampler.of_surrogates(method.config, pipeline, dataset.tasks)
        self._views = runtime.generator("samplewise", "views")

    def once(self) -> FitRecord:
        """TAP and SEP."""
        trainer = Surrogates(self._method.config, self._dataset, self._pipeline, self._runtime, self._method.shared)
        models, loss = trainer.checkpoints(self._method.base_method.plan)
        base = self._descend(models, "perturbations")
        return FitRecord({"surrogate loss on clean images": loss, "base loss": base})

    def rounds(self) -> FitRecord:
        """EM."""
        joint = JointSurrogate(self._method.config, self._dataset, self._pipeline, self._runtime)
        losses = []
        with self._runtime.isolated_randomness("samplewise"):
            for number in range(1, self._method.config.recipe.epochs + 1):
                if joint.learn(self._perturbed_view) and number > 1:
                    break
                losses += self._descend([joint.model], f"perturbations, round {number}")
        return FitRecord({"surrogate error on protected images": joint.errors, "base loss": losses})

    def _perturbed_view(self, batch: Batch, part: BatchPart) -> LabelledViews:
        """What EM's surrogate learns on."""
        images, delta = to_float(batch.images), self._method.kept(batch)
        with self._runtime.stage("augment"):
            return self._surrogates_sampler.draw(images, delta, batch.labels, self._views, part)[0]

    def _descend(self, surrogates: Sequence[MultiTaskModel], description: str) -> list[float]:
        """``pgd_steps`` steps on every image from its current perturbation; returns the mean loss of the last steps."""
        size = self._method.config.recipe.batch_size
        total = math.ceil(len(self._dataset) / size)
        moved = (batch.to(self._runtime.device) for batch in self._dataset.batches(size))
        batches = self._runtime.progress.track(self._runtime.staged("decode", moved), description, total)
        return [statistics.fmean(self._search(surrogates, batch) for batch in batches)]

    def _search(self, surrogates: Sequence[MultiTaskModel], batch: Batch) -> float:
        images = to_float(batch.images)
        delta = self._method.kept(batch)
        step = self._method.config.pgd_step * self._method.epsilon
        loss, finite = torch.zeros(()), torch.ones((), dtype=torch.bool, device=images.device)
        for _ in range(self._method.config.pgd_steps):
            delta.requires_grad_(True)
            with self._runtime.stage("augment"):
                draws = self._sampler.draw(images, delta, batch.labels, self._views)
            loss, at_views = input_gradient(self._method.base_method, surrogates, draws, self._runtime)
            with self._runtime.stage("optimiser"):
                (uphill,) = torch.autograd.grad([views for views, _ in draws], delta, at_views)
                finite &= uphill.isfinite().all()
                delta = clip(images, (delta - step * uphill.sign()).detach(), self._method.epsilon)
        if not bool(finite):
            raise InputError(
                "the surrogates give gradients that are not finite: their training diverged; " + self._remedy()
            )
        self._method.keep(batch, delta)
        return float(loss)

    def _remedy(self) -> str:
        if self._method.objective.plan.joint:
            return f"take another {param('surrogate')}"
        return f"train them at a smaller {param('surrogate_learning_rate')}"
