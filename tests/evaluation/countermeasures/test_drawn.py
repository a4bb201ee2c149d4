"""What draws at random draws anew at each step: against scipy, in trainings and in chains."""

from collections.abc import Callable

import numpy as np
import pytest
import scipy.fft
import scipy.ndimage
import torch
from countering import batch_of, generator, seen, smooth_images, views_of
from torch import Generator, Tensor

from conftest import random_dataset
from mtlue import InputError, Runtime
from mtlue.bounds import to_float
from mtlue.data import Batch, Pipeline
from mtlue.evaluation.countermeasures import create
from mtlue.models import MultiTaskModel
from mtlue.training import Recipe, train

DATA = random_dataset(8)
RANDOM = ["noise8", "coin", "sharpen"]


def model() -> MultiTaskModel:
    return MultiTaskModel("tiny", DATA.tasks, 3, (16, 16)).train()


def disturbed(text: str, views: Tensor, draw: Generator) -> Tensor:
    return seen(create(text).disturb(model(), batch_of(views), draw))


def noised(views: Tensor, draw: Generator) -> Tensor:
    return views + 8 / 255 * torch.randn(views.shape, generator=draw)


def resampled(views: Tensor, draw: Generator) -> Tensor:
    count, channels, height, width = views.shape
    moves = 4 * torch.rand(count, 2, height, width, generator=draw).double().numpy() - 2
    places = np.indices((height, width)) + moves[:, ::-1]
    moved = np.empty(views.shape)
    for image, channel in np.ndindex(count, channels):
        moved[image, channel] = scipy.ndimage.map_coordinates(
            views[image, channel].numpy(), places[image], order=1, mode="mirror"
        )
    return torch.from_numpy(moved)


def sharpened(views: Tensor, draw: Generator) -> Tensor:
    weights, sharper = 0.1 * torch.randn(5, len(views), generator=draw).double().numpy(), np.empty(views.shape)
    for number, image in enumerate(views.numpy()):
        centre, (up, left, right, down) = 2.5 + weights[0, number], weights[1:, number]
        share = (centre - 1) / 4
        kernel = np.array([[0, -share - up, 0], [-share - left, centre, -share - right], [0, -share - down, 0]])
        sharper[number] = scipy.ndimage.correlate(image, kernel[None], mode="nearest")
    return torch.from_numpy(sharper)


@pytest.mark.parametrize("channels", [3, 1])
@pytest.mark.parametrize(("text", "expected"), [("noise8", noised), ("coin", resampled), ("sharpen", sharpened)])
def test_each_image_of_a_step_is_changed_as_the_definition_says(
    text: str, expected: Callable[[Tensor, Generator], Tensor], channels: int
) -> None:
    views = to_float(smooth_images(channels, sides=(17, 23)))
    found = disturbed(text, views, generator(3))
    assert torch.allclose(found.double(), expected(views, generator(3)).double().clamp(0, 1), atol=1e-4)


@pytest.mark.parametrize("text", [*RANDOM, "sharpen+low-pass", "grey+coin"])
def test_each_epoch_sees_another_draw_and_each_seed_its_own(text: str) -> None:
    def shown(seed: int) -> list[Tensor]:
        """What the model sees of the images in each epoch, in the order of their ids."""
        countermeasure, epochs = create(text), []

        def disturb(model: MultiTaskModel, batch: Batch, generator: Generator) -> Tensor:
            images = seen(countermeasure.disturb(model, batch, generator))
            epochs.append(images[np.argsort(batch.ids)])
            return images

        recipe = Recipe(epochs=2, batch_size=8)
        train(model(), DATA, Pipeline((16, 16)), recipe, Runtime("cpu", seed=seed), "learner", disturb=disturb)
        return epochs

    (first, second), (again, _), (other, _) = shown(0), shown(0), shown(1)
    different = (first != second).flatten(1).any(1)
    assert different.all()
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


@pytest.mark.parametrize("text", RANDOM)
def test_training_images_are_not_prepared_and_test_images_are(text: str) -> None:
    countermeasure, images = create(text), smooth_images()
    assert [countermeasure.prepares, countermeasure.treats_test, countermeasure.disturbs] == [False, True, True]
    assert torch.equal(countermeasure.prepare(batch_of(images)), images)
    assert not torch.equal(countermeasure.prepare_test(batch_of(images)), images)


def levels(views: Tensor) -> Tensor:
    return (views * 255).round().byte()


@pytest.mark.parametrize("text", ["sharpen+low-pass", "noise8+jpeg10", "coin+grey"])
def test_what_follows_a_draw_sees_what_was_drawn(text: str) -> None:
    drawn, prepared = text.split("+")
    chain, images, views = create(text), smooth_images(), to_float(smooth_images())
    assert [chain.prepares, chain.treats_test, chain.disturbs] == [False, True, True]
    assert torch.equal(chain.prepare(batch_of(images)), images)
    after = create(prepared).prepare(batch_of(levels(disturbed(drawn, views, generator()))))
    assert torch.equal(disturbed(text, views, generator()), to_float(after))
    tested = create(prepared).prepare(batch_of(create(drawn).prepare_test(batch_of(images))))
    assert torch.equal(chain.prepare_test(batch_of(images)), tested)


def test_frequencies_that_a_random_kernel_brings_back_are_taken_away() -> None:
    views = to_float(smooth_images(sides=(20, 20)) // 2 + 60)  # sharpening clips nothing
    spectrum = scipy.fft.dctn(disturbed("sharpen+low-pass", views, generator()).numpy(), axes=(2, 3), norm="ortho")
    spectrum[:, :, :6, :6] = 0
    assert np.abs(spectrum).max() < 0.01  # rounding to whole levels


def test_what_comes_before_a_draw_is_prepared_once() -> None:
    chain, images = create("grey+coin"), smooth_images()
    assert [chain.prepares, chain.disturbs] == [True, True]
    grey = chain.prepare(batch_of(images))
    assert torch.equal(grey, create("grey").prepare(batch_of(images)))
    views = to_float(grey)
    assert torch.equal(disturbed("grey+coin", views, generator()), disturbed("coin", views, generator()))


def test_labels_that_were_mixed_stay_with_images_that_are_prepared() -> None:
    views = views_of(DATA)
    alone, after = (create(text).disturb(model(), views, generator()) for text in ("cutmix", "cutmix+grey"))
    assert not isinstance(alone, Tensor)
    assert not isinstance(after, Tensor)
    assert after.share == alone.share
    assert torch.equal(levels(after.images), create("grey").prepare(batch_of(levels(alone.images))))


def test_what_learns_from_whole_images_comes_first() -> None:
    create("projection+noise8")
    with pytest.raises(InputError, match="put it first"):
        create("noise8+projection")
