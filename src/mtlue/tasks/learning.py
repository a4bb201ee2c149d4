"""Learning: how a model is trained on a task, and how a method misleads it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from mtlue.lazy import Later

if TYPE_CHECKING:
    import torch
    from torch import Tensor
else:
    torch = Later("torch")


Labels: TypeAlias = "Mapping[str, Tensor]"
"""Task name -> label, or labels of a batch stacked along the first axis."""


@dataclass(frozen=True)
class Named:
    """What every role of a task knows: the task's name, under which predictions and labels are found."""

    name: str


class Learning(Named, ABC):
    """What a model is trained with. A missing label counts in no loss and in no training error."""

    @property
    def channels(self) -> int:
        """How many output channels a model needs for this task; 1 by default."""
        return 1

    @property
    def chance_loss(self) -> float:
        """The loss, roughly, of the best predictor that never looks at an image, on labels that are spread evenly.

        1 by default: a loss is best scaled so that this holds.
        """
        return 1.0

    @abstractmethod
    def loss(self, prediction: Tensor, label: Tensor) -> Tensor:
        """Mean loss over the labels that are present; 0, with a graph, where none is.

        Args:
            prediction: [B, channels, ...], of any range.
            label: [B, ...].

        Returns:
            A scalar.
        """

    @abstractmethod
    def wrong_target(self, label: Tensor) -> Tensor:
        """The label that TAP and SEP drive a surrogate to, [B, ...]; a missing label stays missing."""

    @abstractmethod
    def correct(self, prediction: Tensor, label: Tensor) -> tuple[Tensor, Tensor]:
        """The training error that EM stops on.

        Returns:
            How many predictions are right and how many labels are present: int64 scalars.
        """


def masked_mean(values: Tensor, present: Tensor) -> Tensor:
    """Mean of ``values`` where ``present``; 0, with their graph, where nothing is. The device is not waited for."""
    return torch.where(present, values, torch.zeros_like(values)).sum() / present.sum().clamp(min=1)
