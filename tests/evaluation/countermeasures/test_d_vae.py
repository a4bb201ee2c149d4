"""D-VAE's two stages: what goes with a label is found and taken away; test images are reconstructed alone."""

from dataclasses import replace

import pytest
import torch
from countering import attacker_of, batch_of, smooth_images
from torch import Tensor

from conftest import MIXED, TensorDataset, mixed_dataset, random_dataset
from mtlue import InputError
from mtlue.data import Batch
from mtlue.evaluation.countermeasures import canonical, create
from mtlue.evaluation.countermeasures.d_vae import DVae
from mtlue.networks.disentangling import Disentangling, Parts
from mtlue.tasks import DenseTask


def patterned(strength: int = 16) -> tuple[TensorDataset, Tensor]:
    """Smooth images of 16x16 pixels, each with a fine pattern of the class of its first task."""
    data = random_dataset(48)
    name = data.tasks[0].name
    signs = torch.randn(8, 1, 16, 16, generator=torch.Generator().manual_seed(1)).sign()
    pattern = signs[data.labels[name][:].long()].expand(-1, 3, -1, -1)
    images = smooth_images(count=48, sides=(16, 16)).float() * 0.8 + 25 + strength * pattern
    return replace(data, images=images.clamp(0, 255).round().byte()), pattern


def along(images: Tensor, pattern: Tensor) -> float:
    """How much of a pattern images have, in levels."""
    return float((images.detach().float() * pattern).mean())


def test_what_goes_with_a_label_is_found_and_taken_away() -> None:
    data, pattern = patterned()
    countermeasure = create("d-vae:epochs=1,min_steps=60")
    countermeasure.fit(replace(attacker_of(), training=data))
    assert isinstance(countermeasure, DVae)
    batch = data.batch(torch.arange(48))
    had = along(batch.images, pattern)
    labels = countermeasure._weights(batch)
    right, wrong = (
        countermeasure._first(batch.images / 255, each).perturbation for each in (labels, labels.roll(1, 1))
    )
    assert 255 * along(right, pattern) > 0.15 * had
    assert along(wrong, pattern) < 0.3 * along(right, pattern)
    assert along(countermeasure.prepare(batch), pattern) < 0.4 * had


def test_test_images_are_reconstructed_whatever_their_labels() -> None:
    countermeasure = create("d-vae:epochs=1,min_steps=3")
    countermeasure.fit(attacker_of())
    data = random_dataset(6)
    labelled = countermeasure.prepare_test(data.batch(torch.arange(6)))
    assert torch.equal(labelled, countermeasure.prepare_test(batch_of(data.images)))
    assert not torch.equal(labelled, countermeasure.prepare(data.batch(torch.arange(6))))


def test_missing_labels_numbers_and_labels_per_pixel() -> None:
    data, countermeasure = mixed_dataset(), create("d-vae:epochs=1,min_steps=2")
    countermeasure.fit(attacker_of(data))
    batch = data.batch(torch.arange(len(data)))
    prepared = countermeasure.prepare(batch)
    assert prepared.shape == batch.images.shape
    unlabelled = countermeasure.prepare(Batch(batch.images[:1], {}, batch.ids[:1]))
    assert (prepared[:1].int() - unlabelled.int()).abs().max() <= 1  # the first image has no label at all
    dense = tuple(task for task in MIXED if isinstance(task, DenseTask))
    with pytest.raises(InputError, match="needs a task with one label per image"):
        create("d-vae").fit(attacker_of(mixed_dataset(dense)))


@pytest.mark.parametrize("shape", [(1, 16, 16), (3, 17, 23), (3, 5, 40)])
def test_the_network_keeps_sides_and_labels_change_the_perturbation_alone(shape: tuple[int, int, int]) -> None:
    network, images = Disentangling(shape, 5).eval(), torch.rand(2, *shape)
    first, second = (network(images, torch.eye(5)[[at, at]]) for at in (0, 3))
    assert first.images.shape == first.perturbation.shape == images.shape
    assert torch.equal(first.images, second.images)
    assert not torch.allclose(first.perturbation, second.perturbation)
    assert torch.equal(network(images).perturbation, network(images, torch.zeros(2, 5)).perturbation)


def test_distortion_is_of_the_image_the_whole_and_what_is_too_large() -> None:
    images = torch.full((1, 1, 2, 2), 0.5)
    made = Parts(images + 0.1, torch.full_like(images, 0.2), torch.zeros(1))
    assert made.distortion(images, 0.03).item() == pytest.approx(0.1**2 + 0.3**2 + (0.2**2 - 0.03), rel=1e-5)
    assert made.distortion(images, 0.05).item() == pytest.approx(0.1**2 + 0.3**2, rel=1e-5)


@pytest.mark.parametrize(
    "text", ["d-vae:epochs=0", "d-vae:first_rate=-1", "d-vae:second_rate=101", "d-vae:min_steps=-1"]
)
def test_settings_that_mean_nothing_are_refused(text: str) -> None:
    with pytest.raises(InputError, match="give"):
        canonical(text)
