"""Random changes of images: drawn anew at each training step, and once for a test image."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from mtlue.bounds import LEVELS, to_float
from mtlue.evaluation.countermeasures.base import Countermeasure

if TYPE_CHECKING:
    from torch import Generator, Tensor

    from mtlue.data import Batch
    from mtlue.models import MultiTaskModel


class Drawn(Countermeasure, ABC):
    """Changes every image at random: a learner never sees the same draw twice.

    Test images that are treated, too, get one draw each, by their id.
    """

    @abstractmethod
    def drawn(self, views: Tensor, generator: Generator) -> Tensor:
        """Change every image by a draw of its own.

        Args:
            views: float 0..1 [B, C, h, w].
            generator: all randomness comes from it; on the same device.

        Returns:
            float [B, C, h, w] of any range: it is clipped to 0..1.
        """

    def prepare_test(self, batch: Batch) -> Tensor:
        import torch

        from mtlue.evaluation.countermeasures.draws import image_generator
        from mtlue.evaluation.countermeasures.pixels import as_pixels

        draws = [image_generator(identifier, type(self).__name__) for identifier in batch.ids]
        images = to_float(batch.images).split(1)
        changed = [self.drawn(image, draw) for image, draw in zip(images, draws, strict=True)]
        return as_pixels(LEVELS * torch.cat(changed))

    def disturb(self, model: MultiTaskModel, batch: Batch, generator: Generator) -> Tensor:
        return self.drawn(batch.images, generator).clamp(0, 1)
