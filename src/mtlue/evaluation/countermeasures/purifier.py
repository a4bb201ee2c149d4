"""A purifier that learned from pairs made with this tool (Wang et al., BridgePure; Foerster et al., LightShed)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from mtlue.errors import check_least, check_most
from mtlue.evaluation.countermeasures.base import Countermeasure, Needs
from mtlue.registry import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from torch import Generator, Tensor, nn

    from mtlue.data import Batch
    from mtlue.evaluation.attacker import Attacker
    from mtlue.evaluation.dataset_shape import DatasetShape
    from mtlue.evaluation.pairs import Pairs

_CROP = 64
_BATCH = 16
_RATE = 2e-3


@dataclass(frozen=True)
class PurifierSettings(Settings):
    """How much the purifier learns from.

    Args:
        pairs: at most so many of the attacker's own images are protected to learn from.
        steps: of its training, each on 16 pairs (of 64x64 pixels where they are larger).
        width: channels of its first maps; with 16 it has 0.5 million parameters.
    """

    pairs: int = 500
    steps: int = 1500
    width: int = 16

    def __post_init__(self) -> None:
        check_least(self, pairs=2, steps=1, width=1)
        check_most(self, pairs=1_000_000, steps=10_000_000, width=1024)


class Purifier(Countermeasure):
    """Take away what a residual U-Net, trained on (protected, clean) pairs of the attacker's own, predicts.

    The attacker protects their own images with the release's method, its defaults and a secret of their own, and
    trains the network by the mean absolute error. It predicts the perturbation itself, so it is LightShed's remover,
    too, and a small stand-in for BridgePure's diffusion bridge. What it takes away is within epsilon of the image, as
    the clean image is known to be.

    It learns nothing from the release: clean, noised and protected images meet the same network.
    """

    Settings = PurifierSettings
    settings: PurifierSettings
    needs: ClassVar[Needs] = "our tool"
    fits_once: ClassVar[bool] = True
    reference: ClassVar[str] = "Wang et al., BridgePure, 2024 (500 pairs); Foerster et al., USENIX Security 2025"

    def fit_work(self, size: DatasetShape) -> float:
        from mtlue.evaluation.pairs import pairs_work
        from mtlue.models.cost import network_cost
        from mtlue.networks.unet import ResidualUNet

        channels, height, width = size.shape
        cost = network_cost(lambda: ResidualUNet(channels, self.settings.width), size.shape)
        window = min(height, _CROP) * min(width, _CROP) / (height * width)
        training = cost.training * window * _BATCH * self.settings.steps
        purifying = cost.forward * (size.train_images + size.test_images)
        return pairs_work(size, self.settings.pairs) + training + purifying

    def fit(self, attacker: Attacker) -> None:
        from mtlue.evaluation.pairs import make_pairs
        from mtlue.networks.fitting import kept
        from mtlue.networks.unet import ResidualUNet

        pairs = make_pairs(attacker, self.settings.pairs)
        assert attacker.method is not None  # pairs were made with it
        self._epsilon, self._device = attacker.method.epsilon, attacker.runtime.device
        with attacker.runtime.isolated_randomness("purifier"):
            self._network = ResidualUNet(pairs.clean.images.shape[1], self.settings.width)
        kept(self._network, self._file(attacker, pairs), lambda: self._train(attacker, pairs))
        self._network.to(self._device)

    def wanted(self, attacker: Attacker) -> int:
        return self.settings.pairs

    def prepare(self, batch: Batch) -> Tensor:
        from mtlue.networks.fitting import applied

        return applied(self._purified, batch.images, self._device)

    def _purified(self, images: Tensor) -> Tensor:
        from mtlue.bounds import clip

        return images + clip(images, self._network(images), self._epsilon)

    def _train(self, attacker: Attacker, pairs: Pairs) -> None:
        from mtlue.networks.fitting import descend

        draws = attacker.runtime.generator("purifier", "pairs")
        batches = drawn_pairs(pairs, draws)
        descend(self._network, batches, _error, self.settings.steps, _RATE, attacker.runtime, "purifier")

    def _file(self, attacker: Attacker, pairs: Pairs) -> Path | None:
        from mtlue.evaluation.keys import experiment_key

        if attacker.folder is None:
            return None
        return attacker.folder / f"purifier-{experiment_key(pairs.key, self.settings)}.safetensors"


def drawn_pairs(pairs: Pairs, generator: Generator, count: int = _BATCH) -> Iterator[Tensor]:
    """Pairs drawn for ever: uint8 [2, count, C, h, w] each, protected, then clean; the same window of both."""
    import torch

    from mtlue.data import Pipeline

    height, width = pairs.clean.images.shape[2:]
    pipeline = Pipeline(crop=(min(height, _CROP), min(width, _CROP)))
    while True:
        rows = torch.randint(len(pairs.clean), (count,), generator=generator)
        both = [dataset.images[rows] for dataset in (pairs.protected, pairs.clean)]
        view = pipeline.draw(both[0], generator)
        yield torch.stack([view.cut(images) for images in both])


def _error(network: nn.Module, pairs: Tensor) -> Tensor:
    from mtlue.bounds import to_float

    protected, clean = to_float(pairs)
    error: Tensor = (protected + network(protected) - clean).abs().mean()
    return error
