"""Every countermeasure against its definition, written out plainly."""

import io
from collections.abc import Callable

import numpy as np
import pytest
import torch
from PIL import Image

from conftest import random_dataset
from mtlue import Runtime
from mtlue.bounds import to_float
from mtlue.evaluation.countermeasures import COUNTERMEASURES
from mtlue.models import MultiTaskModel


def through_pillow(image: np.ndarray) -> np.ndarray:
    buffer = io.BytesIO()
    Image.fromarray(image.transpose(1, 2, 0).squeeze()).save(buffer, "JPEG", quality=10)
    return np.atleast_3d(np.asarray(Image.open(buffer))).transpose(2, 0, 1)


def luminance(image: np.ndarray) -> np.ndarray:
    weighted = np.einsum("c,chw->hw", [0.2989, 0.587, 0.114], image.astype(float))
    return np.repeat(np.floor(weighted)[None], 3, 0)


Definition = Callable[[np.ndarray], np.ndarray]
EXPECTED: dict[str, tuple[Definition, float]] = {  # what it makes of an image; tolerance in levels
    "none": (lambda image: image, 0),
    "jpeg10": (through_pillow, 0),
    "bits2": (lambda image: image & 0b11000000, 0),
    "grey": (luminance, 1),
    "adversarial": (lambda image: image, 0),
}


def smooth_images(channels: int = 3) -> torch.Tensor:
    coarse = torch.rand(3, channels, 6, 5, generator=torch.Generator().manual_seed(0))
    large = torch.nn.functional.interpolate(coarse, (24, 20), mode="bilinear")
    return (large * 255).to(torch.uint8)


@pytest.mark.parametrize("name", list(COUNTERMEASURES))
def test_images_become_what_the_definition_says(name: str) -> None:
    images = smooth_images()
    prepared = COUNTERMEASURES[name].prepare(images)
    assert prepared.dtype == torch.uint8
    expected, tolerance = EXPECTED[name]
    for before, after in zip(images.numpy(), prepared.numpy(), strict=True):
        assert np.abs(after.astype(float) - expected(before)).max() <= tolerance


@pytest.mark.parametrize("name", list(COUNTERMEASURES))
def test_grey_images_and_batches_keep_their_shape(name: str) -> None:
    images = smooth_images(channels=1)
    assert COUNTERMEASURES[name].prepare(images).shape == images.shape
    data = random_dataset(8, channels=1)
    model = MultiTaskModel("tiny", data.tasks, 1, (16, 16))
    views = to_float(data.images)
    assert COUNTERMEASURES[name].disturb(model, views, data.labels).shape == views.shape


def test_adversarial_images_lie_in_the_ball_and_have_a_higher_loss() -> None:
    data = random_dataset(32)
    runtime = Runtime("cpu")
    with runtime.isolated_randomness("test"):
        model = MultiTaskModel("tiny", data.tasks, 3, (16, 16))
        views = to_float(data.images)
        attacked = COUNTERMEASURES["adversarial"].disturb(model, views, data.labels)
        model.eval()
        before, after = (
            sum(task.loss(model(x)[task.name], data.labels[task.name]) for task in data.tasks)
            for x in (views, attacked)
        )
    assert (attacked - views).abs().max() <= 8 / 255 + 1e-6
    assert attacked.min() >= 0
    assert attacked.max() <= 1
    assert after > before
    assert not attacked.requires_grad
