"""What a transformation is."""

from abc import ABC, abstractmethod
from typing import ClassVar

import torch
from torch import Generator, Tensor

from mtlue import registry


class Transformation(ABC):
    """Changes the pixels of a batch, differentiably; labels hold for the result as they did before.

    Args:
        settings: of the class's ``Settings``; its defaults where None.
    """

    Settings: ClassVar[type[registry.Settings]] = registry.Settings

    def __init__(self, settings: registry.Settings | None = None) -> None:
        self.settings = self.Settings() if settings is None else settings

    @abstractmethod
    def __call__(self, images: Tensor, generator: Generator) -> Tensor:
        """One draw for the whole batch.

        Args:
            images: float 0..1 [B, C, H, W].
            generator: on the CPU; nothing else is random.

        Returns:
            Float 0..1 of the same shape, with a graph to ``images``.
        """


def uniform(low: float, high: float, generator: Generator) -> float:
    """A number between ``low`` and ``high``."""
    return low + (high - low) * float(torch.rand((), generator=generator))
