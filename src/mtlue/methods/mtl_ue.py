"""MTL-UE: a generator with class embeddings, trained against surrogates (Yu et al., ICML 2025)."""

import math
from collections.abc import Sequence
from dataclasses import asdict, replace
from functools import cache
from pathlib import Path
from typing import Any, ClassVar

import torch
from torch import Tensor

from mtlue.data import ArrayDataset, Batch, Pipeline
from mtlue.generator import Generator, GeneratorConfig
from mtlue.methods.base import Perturber
from mtlue.methods.class_balance import ClassBalance
from mtlue.methods.class_counts import classes_to_hide, image_level_classes
from mtlue.methods.config import ResolvedSettings
from mtlue.methods.fitting import Fitting
from mtlue.methods.objectives.base import Objective
from mtlue.methods.objectives.em import ErrorMinimizing
from mtlue.methods.objectives.sep import SelfEnsemble
from mtlue.methods.objectives.tap import TargetedAdversarial
from mtlue.methods.settings import GeneratorSettings, JointMtlUeSettings, MtlUeSettings
from mtlue.methods.surrogates import Surrogates, surrogate_work
from mtlue.methods.weights import check_weights, described_only
from mtlue.methods.work import FitPart, FitRecord, FitSize
from mtlue.models.cost import counted
from mtlue.runtime import Runtime
from mtlue.structured import typed
from mtlue.tasks import Task, by_level

_COUNTED = 2
"""Images that the generator's cost is counted on."""


@cache
def generator_flops(
    config: GeneratorConfig, tasks: tuple[Task, ...], shape: tuple[int, int, int], epsilon: float, device: str = "meta"
) -> float:
    """Floating-point operations of a generator's forward and backward pass, per image; counted once.

    Args:
        config: its structure, resolved for images of this size.
        tasks: whose labels it is given.
        shape: (C, H, W) of an image.
        epsilon: bound on every entry of delta, in 0..1.
        device: on which the pass is counted; on ``meta`` nothing is computed.
    """
    with torch.random.fork_rng(devices=[]):
        generator = Generator(config, tasks, shape[0]).to(device)
    images = torch.zeros(_COUNTED, *shape, device=device)
    labels = {task.name: task.blank_labels(_COUNTED, shape[1:]).to(device) for task in tasks}
    return counted(lambda: generator(images, labels, epsilon), _COUNTED).training


class MtlUe(Perturber):
    """The generator method with a base method: a subclass names its objective, and what can be set.

    The arguments are those of every :class:`mtlue.methods.Perturber`.
    """

    Settings: ClassVar[type[GeneratorSettings]] = MtlUeSettings
    settings: GeneratorSettings
    objective: ClassVar[type[Objective]]
    """The base method."""
    inductive = True
    trains = True
    attempts = 2
    fitting: ClassVar[type[Fitting]] = Fitting
    """How the generator is trained: a subclass may train it otherwise."""

    generator: Generator | None = None
    """Once it is fitted."""

    def config_for(self, tasks: Sequence[Task]) -> ResolvedSettings:
        """The settings resolved for a dataset's tasks."""
        return self.settings.resolved(self.objective.plan, classes_to_hide(tasks, self.scope))

    def _config_for_images(self, tasks: Sequence[Task], count: int, view: tuple[int, int]) -> ResolvedSettings:
        return self.config_for(tasks).for_images(count, math.prod(view))

    @property
    def device(self) -> torch.device:
        return super().device if self.generator is None else next(self.generator.parameters()).device

    def hyperparameters(self, tasks: Sequence[Task] = ()) -> dict[str, Any]:
        config = self.config_for(tasks)
        return replace(config, generator=config.generator.bounded(tasks)).to_json()

    def fit_parts(self, size: FitSize) -> tuple[FitPart, ...]:
        tasks, shape = size.tasks, size.shape
        config = self._config_for_images(tasks, size.images, size.view)
        classes = image_level_classes(tasks) if size.classes is None else size.classes
        recipe = config.generator_recipe(classes, size.images)
        training, one_pass = surrogate_work(config, self.objective.plan, size, rounds=recipe.epochs)
        generated = generator_flops(config.generator.resolved(shape[1:], tasks), tasks, shape, self.epsilon)
        against = (generated + one_pass * config.views) * size.images * recipe.epochs
        return training, FitPart(against, config.surrogate, min(recipe.batch_size, size.images))

    def _is_kept(self, dataset: ArrayDataset, runtime: Runtime, pipeline: Pipeline, shared: Path) -> bool:
        config = self._config_for_images(dataset.tasks, len(dataset), pipeline.crop or pipeline.image_shape[1:])
        return Surrogates(config, dataset, pipeline, runtime, shared).are_kept(self.objective.plan)

    def _fit(self, dataset: ArrayDataset, runtime: Runtime, pipeline: Pipeline) -> FitRecord:
        height, width = dataset.images.shape[2:]
        config = self._config_for_images(dataset.tasks, len(dataset), pipeline.crop or (height, width))
        classes = ClassBalance.of(dataset) if config.balance_classes else ClassBalance()
        objective = self.objective(config.balanced, self.scope.unprotected, classes)
        fitting = self.fitting(objective, config, self.epsilon, dataset, runtime, pipeline, self.scope, self.shared)
        self.generator = fitting.run()
        return fitting.record

    def _delta(self, images: Tensor, batch: Batch) -> Tensor:
        assert self.generator is not None
        delta: Tensor = self.generator(images, batch.labels, self.epsilon)
        return delta

    def _state(self) -> dict[str, Any]:
        assert self.generator is not None
        return asdict(self.generator.config)

    def _tensors(self) -> dict[str, Tensor]:
        assert self.generator is not None
        return self.generator.state_dict()

    def _restore(self, state: dict[str, Any], tensors: dict[str, Tensor], runtime: Runtime) -> None:
        structure = typed(state, GeneratorConfig)
        if len(by_level(self.tasks)[1]) > len(tensors):
            raise ValueError("it has more tasks with a label per pixel than weights for them")
        with described_only():
            expected = Generator(structure, self.tasks, self.channels).state_dict()
        check_weights(tensors, expected)
        generator = Generator(structure, self.tasks, self.channels)
        generator.load_state_dict(tensors)
        self.generator = generator.to(runtime.device).eval()


class ErrorMinimizingMtlUe(MtlUe):
    """MTL-UE with EM."""

    Settings = JointMtlUeSettings
    objective = ErrorMinimizing


class TargetedAdversarialMtlUe(MtlUe):
    """MTL-UE with TAP."""

    objective = TargetedAdversarial


class SelfEnsembleMtlUe(MtlUe):
    """MTL-UE with SEP."""

    objective = SelfEnsemble
