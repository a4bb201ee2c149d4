"""Both stages of D-VAE (Yu et al., ICML 2024): estimate the perturbation by its labels, take it away, reconstruct."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from mtlue.batching import shuffled_steps
from mtlue.bounds import to_float
from mtlue.errors import check_least, check_most
from mtlue.evaluation.countermeasures.autoencoder import Price
from mtlue.evaluation.countermeasures.base import Countermeasure, Needs
from mtlue.evaluation.countermeasures.flat import anchors_of, flat_tasks
from mtlue.registry import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from torch import Tensor, nn

    from mtlue.data import Batch
    from mtlue.evaluation.attacker import Attacker
    from mtlue.evaluation.dataset_shape import DatasetShape
    from mtlue.tasks import ImageTask

_BATCH = 32
_RATE = 2e-3
_SMALL = 0.002
"""Mean square (0..1) of perturbations that cost nothing: 11/255; the code's."""


@dataclass(frozen=True)
class DVaeSettings(Settings):
    """How little may pass, and how long its networks are trained.

    Args:
        first_rate: bits per pixel that the latents may tell of an image while perturbations are estimated.
        second_rate: the same of the reconstruction that learners see; three times as much, as in the code.
        epochs: passes over the training images in each stage; the code's are 60.
        min_steps: few images get more epochs, for at least so many steps of 32 images in each stage.
    """

    first_rate: float = 0.35
    second_rate: float = 1.0
    epochs: int = 60
    min_steps: int = 1000

    def __post_init__(self) -> None:
        check_least(self, first_rate=0, second_rate=0, epochs=1, min_steps=0)
        check_most(self, first_rate=100, second_rate=100, epochs=100_000, min_steps=10_000_000)


class DVae(Countermeasure):
    """Twice a rate-limited autoencoder, with a second decoder that knows the labels and says what the first leaves out.

    The perturbations that the first network says are subtracted from the training images, and a second one is trained
    on the rest. What learners see is its reconstruction of them, less what it takes for perturbations. Test images have
    no labels to go by: the second network reconstructs them. Tasks with labels per pixel are left out.

    The networks are those of ``autoencoder``, smaller than the paper's ResNets, and so are the batches.

    Raises:
        InputError: (by :meth:`fit`) every task has labels per pixel.
    """

    Settings = DVaeSettings
    settings: DVaeSettings
    needs: ClassVar[Needs] = "compute"
    reference: ClassVar[str] = "Yu et al., D-VAE, ICML 2024"

    _tasks: Sequence[ImageTask]

    def fit_work(self, size: DatasetShape) -> float:
        from mtlue.models.cost import network_cost
        from mtlue.networks.disentangling import Disentangling
        from mtlue.tasks import by_level

        anchors = max(1, anchors_of(by_level(size.tasks)[0]))
        cost = network_cost(lambda: Disentangling(size.shape, anchors), size.shape, lambda made: made.whole)
        steps = _BATCH * self._steps(size.train_images)
        applied = cost.forward * (3 * size.train_images + size.test_images)
        return (2 * cost.training + cost.forward) * steps + applied

    def fit(self, attacker: Attacker) -> None:
        dataset = attacker.training
        self._tasks, self._device = flat_tasks(dataset.tasks, "D-VAE"), attacker.runtime.device
        rates = self.settings.first_rate, self.settings.second_rate
        self._first = self._trained(attacker, rates[0], lambda images, labels: images)
        self._second = self._trained(attacker, rates[1], lambda images, labels: _cleaned(self._first, images, labels))

    def prepare(self, batch: Batch) -> Tensor:
        from mtlue.networks.fitting import applied

        return applied(self._purified, batch.images, self._device, self._weights(batch))

    def prepare_test(self, batch: Batch) -> Tensor:
        from mtlue.networks.fitting import applied

        return applied(lambda images: self._second(images).images, batch.images, self._device)

    def _purified(self, images: Tensor, labels: Tensor) -> Tensor:
        once = _cleaned(self._first, images, labels)
        twice = _cleaned(self._second, once, labels)
        purified: Tensor = self._second(twice).images
        return purified

    def _trained(self, attacker: Attacker, rate: float, seen: Callable[[Tensor, Tensor], Tensor]) -> nn.Module:
        """A network of one stage.

        Args:
            seen: images float 0..1 and their labels' weights -> what the network is trained on.
        """
        from mtlue.networks.disentangling import Disentangling
        from mtlue.networks.fitting import descend

        runtime, dataset = attacker.runtime, attacker.training
        steps, (channels, height, width) = self._steps(len(dataset)), dataset.images.shape[1:]
        price = Price(rate, steps)

        def loss(network: nn.Module, batch: Batch) -> Tensor:
            labels = self._weights(batch)
            images = seen(to_float(batch.images), labels)
            made = network(images, labels)
            distortion: Tensor = made.distortion(images, _SMALL)
            return distortion + price.of(made.rate.mean())

        with runtime.isolated_randomness("d-vae", f"{rate}"):
            network = Disentangling((channels, height, width), anchors_of(self._tasks))
            descend(network, _batches(attacker), loss, steps, _RATE, runtime, "D-VAE")
        return network

    def _weights(self, batch: Batch) -> Tensor:
        """Of all anchors, float [B, anchors]; 0 where there is no label."""
        import torch

        known = [
            task.anchor_weights(batch.labels[task.name])
            if task.name in batch.labels
            else torch.zeros(len(batch), task.anchors)
            for task in self._tasks
        ]
        return torch.cat(known, 1).float().to(batch.images.device)

    def _steps(self, count: int) -> int:
        return max(self.settings.min_steps, self.settings.epochs * shuffled_steps(count, _BATCH))


def _batches(attacker: Attacker) -> Iterator[Batch]:
    """Training images in random order, for ever."""
    order = attacker.runtime.generator("d-vae", "order")
    while True:
        yield from attacker.training.shuffled_batches(_BATCH, order)


def _cleaned(network: Any, images: Tensor, labels: Tensor) -> Tensor:
    """Images less the perturbations that a network of an earlier stage, or of the own one, says they have."""
    import torch

    with torch.no_grad():
        cleaned: Tensor = (images - network(images, labels).perturbation).clamp(0, 1)
    return cleaned
