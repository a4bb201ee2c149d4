"""What MixUp and CutMix share: each image is mixed with the one before it in the shuffled batch."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from mtlue.errors import InputError, check_least, check_most, param
from mtlue.evaluation.countermeasures.base import Countermeasure, Needs
from mtlue.evaluation.countermeasures.library_draws import drawn_from
from mtlue.registry import Settings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import Generator, Tensor

    from mtlue.data import Batch
    from mtlue.models import MultiTaskModel
    from mtlue.training import Mixture


@dataclass(frozen=True)
class MixingSettings(Settings):
    """How much of each image is seen.

    Args:
        alpha: the share is drawn from Beta(alpha, alpha), once for each batch; above 0. The papers' is 1: all shares
            are as likely.
        probability: of a batch to be mixed; all others stay as they are.
    """

    alpha: float = 1.0
    probability: float = 1.0

    def __post_init__(self) -> None:
        check_least(self, probability=0)
        check_most(self, probability=1)
        if not 0 < self.alpha <= 1000:
            raise InputError(f"{param('alpha')} {self.alpha:g}: give more than 0 and at most 1000")


class Mixing(Countermeasure, ABC):
    """Mix images by a transform of torchvision, and the losses of their labels by the same share."""

    Settings = MixingSettings
    settings: MixingSettings
    needs: ClassVar[Needs] = "compute"

    def disturb(self, model: MultiTaskModel, batch: Batch, generator: Generator) -> Tensor | Mixture:
        import torch

        from mtlue.training import Mixture

        if self._leaves(generator):
            return batch.images
        maps = self._cut_like_images(model, batch)
        shares = torch.eye(len(batch), device=batch.images.device)  # torchvision mixes them as it mixes one-hot labels
        with drawn_from(generator):
            images, mixed, shares = self._mixed(batch.images, maps, shares)
        own = {**batch.labels, **mixed}
        others = {**{name: label.roll(1, 0) for name, label in batch.labels.items()}, **mixed}
        return Mixture(images, own, others, float(shares[0, 0]))

    def _leaves(self, generator: Generator) -> bool:
        """Whether a batch stays as it is."""
        import torch

        share = self.settings.probability
        return share < 1 and bool(torch.rand((), generator=generator, device=generator.device) >= share)

    @abstractmethod
    def _transform(self) -> Any:
        """Torchvision's transform."""

    def _cut_like_images(self, model: MultiTaskModel, batch: Batch) -> dict[str, Tensor]:
        """Labels that the transform changes itself, [B, ..., h, w]."""
        return {}

    def _mixed(
        self, images: Tensor, maps: Mapping[str, Tensor], shares: Tensor
    ) -> tuple[Tensor, dict[str, Tensor], Tensor]:
        from torchvision.tv_tensors import Image

        transform = self._transform()
        shaped = [Image(label.reshape(len(label), -1, *label.shape[-2:])) for label in maps.values()]
        seen, *cut, shares = transform(Image(images), *shaped, shares)
        labels = {
            name: changed.as_subclass(type(label)).reshape(label.shape)
            for (name, label), changed in zip(maps.items(), cut, strict=True)
        }
        return seen.as_subclass(type(images)), labels, shares


def last(inputs: tuple[Any, ...]) -> Any:
    """Where torchvision finds the labels."""
    return inputs[-1]
