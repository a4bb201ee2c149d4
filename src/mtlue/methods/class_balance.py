"""Rare classes count as much as common ones, in what surrogates learn and in what the perturbation minimises.

Where one image in fifty is of a class, a surrogate needs no evidence to call the others' label, and driving those
forty-nine images to the rare class is most of a mean loss: tasks are left learnable through their rare classes.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from mtlue.arrays.mapped_array import chunks
from mtlue.data import ArrayDataset
from mtlue.models import MultiTaskModel
from mtlue.tasks import Categorical, Labels

HEAVIEST = 10.0
"""The largest weight of a label: a class of a handful of images does not steer a whole fit."""


@dataclass(frozen=True)
class ClassBalance:
    """How common the classes of a dataset's tasks are; without any, everything stays as it is.

    Attributes:
        shares: task -> share of its labels that each class has, [C], each above 0. A task that is absent is left
            alone.
    """

    shares: Mapping[str, Tensor] = field(default_factory=dict)

    @classmethod
    def of(cls, dataset: ArrayDataset) -> "ClassBalance":
        """Counted over the labels that are present; a class that no image has counts as one of one image."""
        shares = {}
        for task in dataset.tasks:
            if type(task) is Categorical:  # kinds that build on it have losses of their own
                counts = torch.zeros(len(task.classes), dtype=torch.int64)
                for _, labels in chunks(dataset.labels[task.name]):
                    present = labels[~task.missing(labels)].long()
                    counts += torch.bincount(present, minlength=len(task.classes))
                counts = counts.clamp(min=1)
                shares[task.name] = counts / counts.sum()
        return cls(shares)

    def weights(self, labels: Labels) -> dict[str, Tensor]:
        """What the loss of each image counts, {task: [B]}: 1 / (C * its class's share), at most :data:`HEAVIEST`.

        Args:
            labels: {task: [B]}, the true ones; a missing label's weight means nothing.
        """
        weights = {}
        for name, shares in self.shares.items():
            of_class = (1 / (len(shares) * shares)).clamp(max=HEAVIEST).to(labels[name].device)
            weights[name] = of_class[labels[name].long().clamp(min=0)]
        return weights

    @contextmanager
    def adjusting(self, model: MultiTaskModel) -> Iterator[None]:
        """Add the logarithm of the shares to a model's logits while it trains (logit adjustment, Menon et al., ICLR
        2021): what it has learned without them prefers no class for being common.
        """
        if not self.shares:
            yield
            return
        handle = model.register_forward_hook(self._adjusted)
        try:
            yield
        finally:
            handle.remove()

    def _adjusted(self, model: torch.nn.Module, _: Any, predictions: dict[str, Tensor]) -> dict[str, Tensor] | None:
        if not model.training:
            return None
        return {
            name: logits + self.shares[name].log().to(logits) if name in self.shares else logits
            for name, logits in predictions.items()
        }
