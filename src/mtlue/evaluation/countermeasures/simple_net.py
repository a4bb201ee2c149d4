"""Denoising by a simple network, one half of UDP's strongest attack (the other is ``contrastive``)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from mtlue.bounds import LEVELS, to_float
from mtlue.errors import check_least, check_most
from mtlue.evaluation.countermeasures.ball import BallSettings, climbed
from mtlue.evaluation.countermeasures.base import Countermeasure, Needs
from mtlue.evaluation.countermeasures.flat import FlatReader, anchors_of, flat_tasks

if TYPE_CHECKING:
    from torch import Generator, Tensor, nn

    from mtlue.data import ArrayDataset, Batch
    from mtlue.evaluation.attacker import Attacker
    from mtlue.evaluation.dataset_shape import DatasetShape
    from mtlue.runtime import Runtime
    from mtlue.tasks import Labels


@dataclass(frozen=True)
class SimpleNetSettings(BallSettings):
    """The network and the attack on it.

    Args:
        hidden: units of its one hidden layer; 0 for as many as an image has values, as the paper has (3,072 of
            3x32x32), which takes long without a GPU.
        epochs: of its adversarial training; the paper's are 100.
    """

    hidden: int = 256
    epochs: int = 100

    def __post_init__(self) -> None:
        super().__post_init__()
        check_least(self, hidden=0, epochs=1)
        check_most(self, hidden=100_000, epochs=100_000)


class SimpleNetDenoising(Countermeasure):
    """Add to each training image what misleads a network of two layers: a perturbation that such a network can read is
    overwritten.

    The network is trained on the images as they are, adversarially (SGD of rate 0.01, momentum 0.9), and reads all
    tasks with one label per image. The training images are attacked with their labels; other images are left alone.

    Raises:
        InputError: (by :meth:`fit`) every task has labels per pixel.
    """

    Settings = SimpleNetSettings
    settings: SimpleNetSettings
    needs: ClassVar[Needs] = "compute"
    reference: ClassVar[str] = "UDP's public code (hala64/udp)"

    _reader: FlatReader
    _known: frozenset[str]

    def fit_work(self, size: DatasetShape) -> float:
        pixels = math.prod(size.shape)
        forward = 2 * pixels * (self.settings.hidden or pixels)
        climb = 2 * forward * self.settings.steps  # back to the image alone
        return size.train_images * (self.settings.epochs * (climb + 3 * forward) + climb)

    def fit(self, attacker: Attacker) -> None:
        self._train(attacker.training, attacker.runtime)
        self._known = frozenset(attacker.training.ids)

    def prepare(self, batch: Batch) -> Tensor:
        import torch

        known = torch.tensor([identifier in self._known for identifier in batch.ids])
        if not known.any():
            return batch.images
        misled = self._misled(to_float(batch.images), batch.labels)
        return torch.where(known[:, None, None, None], (misled * LEVELS).round().byte(), batch.images)

    def _train(self, dataset: ArrayDataset, runtime: Runtime) -> None:
        import torch

        tasks, pixels = flat_tasks(dataset.tasks, "a simple net"), dataset.images.shape[1:].numel()
        with runtime.isolated_randomness("simple net"):
            network = two_layers(pixels, self.settings.hidden or pixels, anchors_of(tasks)).to(runtime.device)
        self._reader = FlatReader(network, tasks)
        start = runtime.generator("simple net", "start", device=runtime.device)
        optimizer = torch.optim.SGD(network.parameters(), 0.01, momentum=0.9, weight_decay=5e-4)
        self._reader.learn(
            dataset,
            optimizer,
            self.settings.epochs,
            (0.75, 0.9),
            runtime,
            "simple net",
            lambda images, labels: self._misled(images, labels, start),
        )
        network.cpu()

    def _misled(self, images: Tensor, labels: Labels, start: Generator | None = None) -> Tensor:
        """Images within the ball that the network reads wrongly; from the images themselves without ``start``."""
        return climbed(images, lambda views: self._reader.summed(views, labels), self.settings, start)


def two_layers(pixels: int, hidden: int, outputs: int) -> nn.Module:
    """Pixels -> hidden units -> outputs."""
    from torch import nn

    return nn.Sequential(nn.Linear(pixels, hidden), nn.ReLU(), nn.Linear(hidden, outputs))
