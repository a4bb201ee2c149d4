"""A method of another package, in one file: class, settings and registration."""

from dataclasses import dataclass

import torch
from torch import Tensor

from mtlue.data import ArrayDataset, Batch, Pipeline
from mtlue.errors import check_least
from mtlue.methods import METHODS, FitRecord, Perturber
from mtlue.registry import Settings
from mtlue.runtime import Runtime


@dataclass(frozen=True)
class StripesSettings(Settings):
    """Stripes.

    Args:
        width: of a stripe in pixels, 1 or more.
    """

    width: int = 2

    def __post_init__(self) -> None:
        super().__post_init__()
        check_least(self, width=1)


@METHODS.register("stripes")
class Stripes(Perturber):
    """Upright stripes; images whose class of the first task has an odd number get the negative."""

    Settings = StripesSettings
    settings: StripesSettings
    inductive = True

    def _fit(self, dataset: ArrayDataset, runtime: Runtime, pipeline: Pipeline) -> FitRecord:
        return FitRecord()

    def _delta(self, images: Tensor, batch: Batch) -> Tensor:
        stripes = 1.0 - 2 * (torch.arange(images.shape[3]) // self.settings.width % 2)
        signs = 1 - 2 * (batch.labels[self.tasks[0].name] % 2)
        return self.epsilon * (signs[:, None, None, None] * stripes).expand(images.shape)
