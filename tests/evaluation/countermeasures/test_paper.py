"""The paper's countermeasures against their definitions, written out plainly; settings that mean nothing."""

import io
from collections.abc import Callable

import numpy as np
import pytest
import torch
from countering import batch_of, generator, seen, smooth_images, views_of
from PIL import Image

from conftest import TensorDataset, random_dataset
from mtlue import InputError, Runtime
from mtlue.evaluation.countermeasures import canonical, create
from mtlue.evaluation.countermeasures.adversarial_training import AdversarialSettings
from mtlue.models import MultiTaskModel

Definition = Callable[[np.ndarray], np.ndarray]


def through_pillow(quality: int) -> Definition:
    def compressed(image: np.ndarray) -> np.ndarray:
        buffer = io.BytesIO()
        Image.fromarray(image.transpose(1, 2, 0).squeeze()).save(buffer, "JPEG", quality=quality)
        return np.atleast_3d(np.asarray(Image.open(buffer))).transpose(2, 0, 1)

    return compressed


def luminance(image: np.ndarray) -> np.ndarray:
    weighted = np.einsum("c,chw->hw", [0.2989, 0.587, 0.114], image.astype(float))
    return np.repeat(np.floor(weighted)[None], 3, 0)


EXPECTED: dict[str, tuple[Definition, float]] = {  # what it makes of an image; tolerance in levels
    "none": (lambda image: image, 0),
    "jpeg": (through_pillow(10), 0),
    "jpeg10": (through_pillow(10), 0),
    "jpeg:quality=51": (through_pillow(51), 0),
    "bits": (lambda image: image & 0b11000000, 0),
    "bits2": (lambda image: image & 0b11000000, 0),
    "bits:bits=3": (lambda image: image & 0b11100000, 0),
    "grey": (luminance, 1),
    "adversarial": (lambda image: image, 0),
}


@pytest.mark.parametrize("name", list(EXPECTED))
def test_images_become_what_the_definition_says(name: str) -> None:
    images = smooth_images()
    prepared = create(name).prepare(batch_of(images))
    assert prepared.dtype == torch.uint8
    expected, tolerance = EXPECTED[name]
    for before, after in zip(images.numpy(), prepared.numpy(), strict=True):
        assert np.abs(after.astype(float) - expected(before)).max() <= tolerance


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("jpeg:quality=0", "quality 0: give 1 to 100"),
        ("jpeg:quality=many", "quality should be a whole number"),
        ("jpeg:qualty=5", "did you mean 'quality'|unknown setting 'qualty'"),
        ("bits:bits=9", "bits 9: give 1 to 8"),
        ("adversarial:epsilon=0", "epsilon 0 is out of range"),
        ("adversarial:steps=0", "steps 0: give 1 or more"),
        ("prayer", "unknown countermeasure 'prayer'"),
        ("none:a=1", "there is no setting 'a'"),
    ],
)
def test_settings_that_mean_nothing_are_refused(text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        canonical(text)


class TestAdversarialTraining:
    @pytest.fixture
    def data(self) -> TensorDataset:
        return random_dataset(32)

    @pytest.fixture
    def model(self, data: TensorDataset) -> MultiTaskModel:
        with Runtime("cpu").isolated_randomness("test"):
            return MultiTaskModel("tiny", data.tasks, 3, (16, 16))

    @pytest.mark.parametrize("text", ["adversarial", "adversarial:epsilon=3,step=1,steps=4"])
    def test_images_lie_in_the_ball_and_have_a_higher_loss(
        self, data: TensorDataset, model: MultiTaskModel, text: str
    ) -> None:
        countermeasure, views = create(text), views_of(data)
        attacked = seen(countermeasure.disturb(model, views, generator()))
        assert model.training
        model.eval()
        before, after = (
            torch.stack([task.loss(model(x)[task.name], data.labels[task.name]) for task in data.tasks]).sum()
            for x in (views.images, attacked)
        )
        assert isinstance(countermeasure.settings, AdversarialSettings)
        assert (attacked - views.images).abs().max() <= countermeasure.settings.epsilon / 255 + 1e-6
        assert attacked.min() >= 0
        assert attacked.max() <= 1
        assert after > before
        assert not attacked.requires_grad

    def test_all_randomness_comes_from_the_generator(self, data: TensorDataset, model: MultiTaskModel) -> None:
        countermeasure, views = create("adversarial:steps=1"), views_of(data)
        state = torch.get_rng_state()
        once, again, other = (seen(countermeasure.disturb(model, views, generator(seed))) for seed in (0, 0, 1))
        assert torch.equal(torch.get_rng_state(), state)
        assert torch.equal(once, again)
        assert not torch.equal(once, other)

    def test_each_step_is_a_pass(self) -> None:
        assert create("adversarial:steps=3").passes == 3
        assert create("adversarial").needs == "compute"
