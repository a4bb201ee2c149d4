"""Countermeasures that train networks of the attacker's own, on images whose clean version is known."""

import math
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from countering import attacker_of, batch_of, smooth_images
from torch import Tensor

from conftest import TensorDataset, random_dataset
from mtlue import InputError, Runtime
from mtlue.data import ArrayDataset, Batch, Pipeline
from mtlue.evaluation.countermeasures import canonical, create
from mtlue.evaluation.countermeasures.autoencoder import Bargain, RateLimitedAutoencoder
from mtlue.evaluation.countermeasures.purifier import Purifier, drawn_pairs
from mtlue.evaluation.pairs import Pairs
from mtlue.methods import METHODS, FitRecord, MethodChoice, Perturber
from mtlue.networks.autoencoder import Reconstruction


class Brighter(Perturber):
    """Adds epsilon to every pixel, whatever the secret."""

    inductive = True

    def _fit(self, dataset: ArrayDataset, runtime: Runtime, pipeline: Pipeline) -> FitRecord:
        return FitRecord()

    def _delta(self, images: Tensor, batch: Batch) -> Tensor:
        return torch.full_like(images, self.epsilon)


def smooth_dataset(count: int = 32) -> TensorDataset:
    """Smooth images of 16x16 pixels with random labels."""
    data = random_dataset(count)
    return replace(data, images=smooth_images(count=count, sides=(16, 16)))


def distance(first: Tensor, second: Tensor) -> float:
    return float((first.float() - second.float()).abs().mean())


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("purifier:pairs=1", "pairs 1: give 2 or more"),
        ("purifier:steps=0", "steps 0: give 1 or more"),
        ("autoencoder:rate=-1", "rate -1.0: give 0 or more"),
        ("autoencoder:steps=0", "steps 0: give 1 or more"),
    ],
)
def test_settings_that_mean_nothing_are_refused(text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        canonical(text)


class TestPurifier:
    def test_it_takes_away_what_the_method_adds(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """A method that makes every image brighter: what was released becomes what it was, to a level or two."""
        monkeypatch.setattr(METHODS, "_classes", {"brighter": Brighter})
        method = MethodChoice("brighter")
        purifier = create("purifier:steps=80,width=2")
        purifier.fit(replace(attacker_of(), clean=smooth_dataset(), method=method))
        clean = smooth_images(count=9, sides=(16, 16)).clamp(max=247)
        purified = purifier.prepare(batch_of(clean + 8))
        assert distance(purified, clean) < 1.5

    def test_it_changes_no_pixel_by_more_than_epsilon(self) -> None:
        purifier = create("purifier:pairs=8,steps=1,width=2")
        purifier.fit(replace(attacker_of(), method=MethodChoice("lsp-patch", epsilon=3 / 255)))
        assert isinstance(purifier, Purifier)
        assert purifier._network.last.bias is not None
        torch.nn.init.constant_(purifier._network.last.bias, -1)
        images = torch.full((1, 3, 16, 16), 128, dtype=torch.uint8)
        assert purifier.prepare(batch_of(images)).unique().tolist() == [125]

    def test_pairs_are_cut_alike_and_come_from_the_same_image(self) -> None:
        clean = random_dataset(6, size=(70, 80))
        pairs = Pairs(clean, clean.with_images(255 - clean.images), "key")
        drawn = next(drawn_pairs(pairs, torch.Generator().manual_seed(0), count=5))
        assert drawn.shape == (2, 5, 3, 64, 64)
        assert torch.equal(drawn[0], 255 - drawn[1])

    def test_it_is_trained_once_for_clean_noised_and_released_images(self, tmp_path: Path) -> None:
        attacker = replace(attacker_of(), folder=tmp_path)
        images = smooth_images(count=2, sides=(16, 16))
        results, writings = [], []
        for training in (attacker.training, attacker.own()):
            purifier = create("purifier:pairs=8,steps=2")
            purifier.fit(replace(attacker, training=training))
            results.append(purifier.prepare(batch_of(images)))
            writings.append({file.name: file.stat().st_mtime_ns for file in tmp_path.iterdir()})
        assert torch.equal(*results)
        assert writings[0] == writings[1]
        assert len(writings[0]) == 2


class TestAutoencoder:
    def test_little_room_is_for_what_images_are_made_of_and_not_for_noise(self) -> None:
        """Smooth images under noise of +-8 levels: with few bits per pixel none of it passes, with many most does."""
        clean = smooth_dataset(48)
        sign = torch.randint(2, clean.images.shape) * 2 - 1
        released = replace(clean, images=(clean.images.clamp(8, 247) + 8 * sign).byte())
        spread = distance(clean.images, clean.images.float().mean((0, 2, 3), keepdim=True))
        passed, rates = [], []
        for rate in (1, 4):
            autoencoder = create(f"autoencoder:rate={rate},steps=80")
            autoencoder.fit(replace(attacker_of(), training=released))
            assert isinstance(autoencoder, RateLimitedAutoencoder)
            made = autoencoder.prepare(batch_of(released.images))
            assert distance(made, clean.images) < 0.85 * spread  # the mean of each channel is all of it
            passed.append(float(((made.float() - clean.images.float()) * sign).mean()))
            rates.append(autoencoder._network(released.images / 255).rate.mean().item())
        assert passed[0] < 1.5 < passed[1]
        assert rates[0] < 1.2 < rates[1] < 5

    def test_a_bit_costs_more_while_there_are_too_many(self) -> None:
        class Fixed(torch.nn.Module):
            def forward(self, images: Tensor) -> Reconstruction:
                return Reconstruction(images, torch.full((len(images),), 2.0))

        bargain = Bargain(1.5, 100)
        images = smooth_images(count=2, sides=(16, 16))
        costs = [float(bargain(Fixed(), images)) for _ in range(3)]
        expected = [2 * 1e-4 * math.exp(0.15 * 0.5 * step) for step in (1, 2, 3)]
        assert costs == pytest.approx(expected, rel=1e-4)
