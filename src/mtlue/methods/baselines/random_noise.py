"""Uniform noise of the same epsilon: the control that every table needs (method.md, "Baselines")."""

from typing import Any

import torch
from torch import Tensor

from mtlue.data import ArrayDataset, Batch, Pipeline
from mtlue.data.dataset import hash_fraction
from mtlue.methods.base import Perturber
from mtlue.methods.saving import SavedSeed
from mtlue.methods.work import FitRecord
from mtlue.runtime import Runtime
from mtlue.seeds import derived, is_secret, read_seed, seed_text, stream
from mtlue.structured import typed


class RandomNoise(Perturber):
    """Every entry is drawn uniformly from -epsilon..epsilon, by the image's id and the seed; labels play no part."""

    inductive = True
    is_control = True
    reads_labels = False
    _seed = 0

    def _fit(self, dataset: ArrayDataset, runtime: Runtime, pipeline: Pipeline) -> FitRecord:
        self._seed = runtime.seed_for("random noise")
        return FitRecord()

    def _delta(self, images: Tensor, batch: Batch) -> Tensor:
        noise = torch.empty(images.shape)
        for values, identifier in zip(noise, batch.ids, strict=True):
            values.uniform_(-self.epsilon, self.epsilon, generator=stream(self._seed_of(identifier)))
        return noise.to(images.device)

    def _seed_of(self, identifier: str) -> int:
        if is_secret(self._seed):
            return derived(self._seed, identifier)
        return int(hash_fraction(identifier, f"noise {self._seed}") * 2**62)

    def _state(self) -> dict[str, Any]:
        return {"seed": seed_text(self._seed)}

    def _restore(self, state: dict[str, Any], tensors: dict[str, Tensor], runtime: Runtime) -> None:
        self._seed = read_seed(typed(state, SavedSeed).seed)
