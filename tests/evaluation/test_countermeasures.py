"""Every countermeasure against its definition, written out plainly; their settings; their life."""

import io
from collections.abc import Callable

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Generator

from conftest import TensorDataset, random_dataset
from mtlue import InputError, Runtime
from mtlue.bounds import to_float
from mtlue.data import Batch
from mtlue.evaluation.countermeasures import COUNTERMEASURES, Countermeasure, create
from mtlue.evaluation.countermeasures.adversarial_training import AdversarialSettings
from mtlue.evaluation.plan import canonical_countermeasure
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


def smooth_images(channels: int = 3) -> torch.Tensor:
    coarse = torch.rand(3, channels, 6, 5, generator=torch.Generator().manual_seed(0))
    large = torch.nn.functional.interpolate(coarse, (24, 20), mode="bilinear")
    return (large * 255).to(torch.uint8)


def batch_of(images: torch.Tensor) -> Batch:
    return Batch(images, {}, [f"{i}" for i in range(len(images))])


def views_of(data: TensorDataset) -> Batch:
    return Batch(to_float(data.images[:]), {name: label[:] for name, label in data.labels.items()}, data.ids)


def generator(seed: int = 0) -> Generator:
    return torch.Generator().manual_seed(seed)


def test_every_name_has_its_definition() -> None:
    assert set(COUNTERMEASURES) <= set(EXPECTED)


@pytest.mark.parametrize("name", list(EXPECTED))
def test_images_become_what_the_definition_says(name: str) -> None:
    images = smooth_images()
    prepared = create(name).prepare(batch_of(images))
    assert prepared.dtype == torch.uint8
    expected, tolerance = EXPECTED[name]
    for before, after in zip(images.numpy(), prepared.numpy(), strict=True):
        assert np.abs(after.astype(float) - expected(before)).max() <= tolerance


@pytest.mark.parametrize("name", list(EXPECTED))
def test_grey_images_and_batches_keep_their_shape(name: str) -> None:
    images = smooth_images(channels=1)
    countermeasure = create(name)
    assert countermeasure.prepare(batch_of(images)).shape == images.shape
    data = random_dataset(8, channels=1)
    model = MultiTaskModel("tiny", data.tasks, 1, (16, 16))
    views = views_of(data)
    assert countermeasure.disturb(model, views, generator()).shape == views.images.shape


@pytest.mark.parametrize("name", list(EXPECTED))
def test_text_is_read_back_and_instances_share_nothing(name: str) -> None:
    text = canonical_countermeasure(name)
    assert canonical_countermeasure(text) == text
    one, other = create(name), create(name)
    assert one is not other
    assert one.settings == other.settings == create(text).settings


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("jpeg:quality=0", "quality 0: give 1 to 100"),
        ("jpeg:quality=many", "quality should be a whole number"),
        ("jpeg:qualty=5", "did you mean 'quality'|unknown setting 'qualty'"),
        ("bits:bits=9", "bits 9: give 1 to 8"),
        ("adversarial:epsilon=0", "epsilon 0/255 is out of range"),
        ("adversarial:steps=0", "steps 0: give 1 or more"),
        ("prayer", "unknown countermeasure 'prayer'"),
        ("none:a=1", "there is no setting 'a'"),
    ],
)
def test_settings_that_mean_nothing_are_refused(text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        canonical_countermeasure(text)


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
        attacked = countermeasure.disturb(model, views, generator())
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
        once, again, other = (countermeasure.disturb(model, views, generator(seed)) for seed in (0, 0, 1))
        assert torch.equal(torch.get_rng_state(), state)
        assert torch.equal(once, again)
        assert not torch.equal(once, other)

    def test_each_step_is_a_pass(self) -> None:
        assert create("adversarial:steps=3").passes == 3
        assert create("adversarial").needs == "compute"


def test_nothing_is_what_the_base_does() -> None:
    nothing = create("none")
    assert type(nothing) is Countermeasure
    assert [nothing.learns, nothing.prepares, nothing.disturbs, nothing.passes] == [False, False, False, 0]
