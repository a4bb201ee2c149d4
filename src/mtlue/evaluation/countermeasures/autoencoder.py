"""A rate-limited autoencoder that was trained on the release alone (D-VAE, Yu et al., ICML 2024)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from mtlue.errors import check_least, check_most
from mtlue.evaluation.countermeasures.base import Countermeasure, Needs
from mtlue.registry import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from torch import Generator, Tensor, nn

    from mtlue.data import ArrayDataset, Batch
    from mtlue.evaluation.attacker import Attacker
    from mtlue.evaluation.dataset_shape import DatasetShape

_BATCH = 32
_RATE = 2e-3
_PRICES = (1e-4, 1.0)
"""Of a bit per pixel, in squared error (0..1): the lowest, at which all pass, and the highest, at which none does."""
_HASTE = 15.0
"""The price's logarithm changes by so much over a training that stays a bit per pixel away from the limit."""


@dataclass(frozen=True)
class AutoencoderSettings(Settings):
    """How little may pass.

    Args:
        rate: bits per pixel that the latents may tell of an image: their Kullback-Leibler divergence from the prior.
        steps: of its training, each on 32 images.
    """

    rate: float = 1.0
    steps: int = 1000

    def __post_init__(self) -> None:
        check_least(self, rate=0, steps=1)
        check_most(self, rate=100, steps=10_000_000)


class RateLimitedAutoencoder(Countermeasure):
    """Reconstruct every image through a bottleneck that has no room for a perturbation.

    A variational autoencoder is trained on the training images themselves, by the squared error and a penalty on every
    bit beyond the limit. ``d-vae`` estimates the perturbation by its labels, too, and subtracts it.
    """

    Settings = AutoencoderSettings
    settings: AutoencoderSettings
    needs: ClassVar[Needs] = "compute"
    reference: ClassVar[str] = "Yu et al., D-VAE, ICML 2024 (the idea)"

    def fit_work(self, size: DatasetShape) -> float:
        from mtlue.models.cost import network_cost
        from mtlue.networks.autoencoder import Autoencoder

        cost = network_cost(lambda: Autoencoder(size.shape[0]), size.shape, lambda made: made.images)
        return cost.training * _BATCH * self.settings.steps + cost.forward * (size.train_images + size.test_images)

    def fit(self, attacker: Attacker) -> None:
        from mtlue.networks.autoencoder import Autoencoder
        from mtlue.networks.fitting import descend

        runtime, images = attacker.runtime, attacker.training
        batches = drawn_images(images, runtime.generator("autoencoder", "images"))
        loss = Bargain(self.settings.rate, self.settings.steps)
        with runtime.isolated_randomness("autoencoder"):
            self._network, self._device = Autoencoder(images.images.shape[1]), runtime.device
            descend(self._network, batches, loss, self.settings.steps, _RATE, runtime, "autoencoder")

    def prepare(self, batch: Batch) -> Tensor:
        from mtlue.networks.fitting import applied

        return applied(lambda images: self._network(images).images, batch.images, self._device)


class Price:
    """Of an autoencoder's bits, which rises while they are too many.

    One that is fixed, or high from the start, teaches the decoder to ignore the latents before they mean
    anything; one that follows the limit (as GECO's, Rezende & Viola, 2018) begins with free ones.

    Args:
        rate: the limit, in bits per pixel.
        steps: of the training.
    """

    def __init__(self, rate: float, steps: int) -> None:
        self._rate = rate
        self._haste = _HASTE / steps
        self._price: Any = _PRICES[0]

    def of(self, rate: Tensor) -> Tensor:
        """What so many bits per pixel cost; the next ones cost more where these are too many, and less otherwise."""
        change = (self._haste * (rate.detach() - self._rate).clamp(-1, 1)).exp()
        self._price = (self._price * change).clamp(*_PRICES)
        cost: Tensor = self._price * rate
        return cost


class Bargain:
    """An autoencoder's loss: squared error, and the price of its bits.

    Args:
        rate, steps: as for :class:`Price`.
    """

    def __init__(self, rate: float, steps: int) -> None:
        self._price = Price(rate, steps)

    def __call__(self, network: nn.Module, images: Tensor) -> Tensor:
        from mtlue.bounds import to_float

        images = to_float(images)
        made = network(images)
        error: Tensor = (made.images - images).square().mean()
        return error + self._price.of(made.rate.mean())


def drawn_images(dataset: ArrayDataset, generator: Generator) -> Iterator[Tensor]:
    """Images drawn for ever, uint8 [32, C, H, W] at once."""
    import torch

    while True:
        yield dataset.images[torch.randint(len(dataset), (_BATCH,), generator=generator)]
