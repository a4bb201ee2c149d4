"""MTL-UE: a generator with class embeddings, trained against surrogates (Yu et al., ICML 2025)."""

from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any, ClassVar

import torch
from torch import Tensor

from mtlue.bounds import DEFAULT_EPSILON
from mtlue.data import ArrayDataset, Batch, Pipeline
from mtlue.errors import InputError
from mtlue.generator import Generator, GeneratorConfig
from mtlue.methods.base import FitRecord, Perturber
from mtlue.methods.config import MethodConfig
from mtlue.methods.fitting import Fitting
from mtlue.methods.objectives import OBJECTIVES
from mtlue.methods.surrogates import surrogate_work
from mtlue.methods.weights import check_weights, described_only
from mtlue.models.cost import flops
from mtlue.runtime import Runtime
from mtlue.structured import typed
from mtlue.tasks import Task, by_level

_COUNTED = 2
"""Images that the generator's cost is counted on."""


class MtlUe(Perturber):
    """The generator method with one of the base methods EM, TAP or SEP.

    Args:
        objective: name of the base method.
        config: settings.
        epsilon: bound on every entry of delta, 0..1.
    """

    inductive = True
    fitting: ClassVar[type[Fitting]] = Fitting
    """How the generator is trained: a subclass may train it otherwise."""

    def __init__(
        self, objective: str = "tap", *, config: MethodConfig | None = None, epsilon: float = DEFAULT_EPSILON
    ) -> None:
        super().__init__(epsilon=epsilon)
        if objective not in OBJECTIVES:
            raise InputError(f"unknown base method '{objective}': choose one of {', '.join(OBJECTIVES)}")
        self.objective = objective
        self.unused_options = OBJECTIVES[objective].plan.unused_options
        self.config = config or MethodConfig.of(objective)
        self.generator: Generator | None = None

    @property
    def device(self) -> torch.device:
        return super().device if self.generator is None else next(self.generator.parameters()).device

    def choices(self, tasks: Sequence[Task] = ()) -> dict[str, Any]:
        return replace(self.config, generator=self.config.generator.bounded(tasks)).to_json()

    def work(self, tasks: tuple[Task, ...], count: int, shape: tuple[int, int, int], view: tuple[int, int]) -> float:
        plan = OBJECTIVES[self.objective].plan
        training, one_pass = surrogate_work(self.config, plan, tasks, count, shape[0], view)
        generator = Generator(self.config.generator.resolved(shape[1:], tasks), tasks, shape[0])
        images = torch.zeros(_COUNTED, *shape)
        labels = {task.name: task.blank_labels(_COUNTED, shape[1:]) for task in tasks}
        generated = flops(lambda: generator(images, labels, self.epsilon)) / _COUNTED
        epochs = self.config.recipe.for_images(count).epochs
        return training + (generated + one_pass) * count * epochs

    def _fit(self, dataset: ArrayDataset, runtime: Runtime, pipeline: Pipeline) -> FitRecord:
        objective = OBJECTIVES[self.objective](self.config.balanced, self.scope.unprotected)
        fitting = self.fitting(
            objective, self.config, self.epsilon, dataset, runtime, pipeline, self.scope, self.shared
        )
        self.generator = fitting.run()
        return fitting.record

    def _delta(self, images: Tensor, batch: Batch) -> Tensor:
        assert self.generator is not None
        delta: Tensor = self.generator(images, batch.labels, self.epsilon)
        return delta

    def _settings(self) -> dict[str, Any]:
        assert self.generator is not None
        return asdict(self.generator.config)

    def _tensors(self) -> dict[str, Tensor]:
        assert self.generator is not None
        return self.generator.state_dict()

    def _restore(self, settings: dict[str, Any], tensors: dict[str, Tensor], runtime: Runtime) -> None:
        structure = typed(settings, GeneratorConfig)
        if len(by_level(self.tasks)[1]) > len(tensors):
            raise ValueError("it has more tasks with a label per pixel than weights for them")
        with described_only():
            expected = Generator(structure, self.tasks, self.channels).state_dict()
        check_weights(tensors, expected)
        self.config = replace(self.config, generator=structure)
        generator = Generator(structure, self.tasks, self.channels)
        generator.load_state_dict(tensors)
        self.generator = generator.to(runtime.device).eval()
