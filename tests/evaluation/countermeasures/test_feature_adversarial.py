"""Adversarial training without labels: in the ball, away from the image's own features, model untouched."""

import numpy as np
import pytest
import torch
from countering import generator, seen, views_of
from scipy.spatial.distance import cosine, sqeuclidean

from conftest import TensorDataset, mixed_dataset, random_dataset
from mtlue import InputError
from mtlue.data import Batch
from mtlue.evaluation.countermeasures import create
from mtlue.evaluation.countermeasures.ball import BallSettings, climbed
from mtlue.evaluation.countermeasures.feature_adversarial import Distance, FeatureAdversarialSettings, feature_distance
from mtlue.models import MultiTaskModel


def model_of(data: TensorDataset) -> MultiTaskModel:
    return MultiTaskModel("tiny", data.tasks, 3, (16, 16)).train()


@pytest.mark.parametrize("distance", ["cosine", "l2"])
def test_distances_are_scipys(distance: Distance) -> None:
    first, second = torch.rand(6, 32), torch.rand(6, 32)
    expected = {"cosine": cosine, "l2": sqeuclidean}[distance]
    pairs = zip(first.double().numpy(), second.double().numpy(), strict=True)
    values = feature_distance(first, second, distance).numpy()
    assert np.allclose(values, [expected(*pair) for pair in pairs], atol=1e-5)


@pytest.mark.parametrize("text", ["feature-adversarial", "feature-adversarial:distance=l2,epsilon=3,step=1"])
@pytest.mark.parametrize("data", [random_dataset(8), mixed_dataset()], ids=["classes", "mixed"])
def test_features_are_driven_away_within_the_ball_and_no_label_is_read(text: str, data: TensorDataset) -> None:
    countermeasure, model = create(text), model_of(data)
    unlabelled = Batch(views_of(data).images, {}, data.ids)
    attacked = seen(countermeasure.disturb(model, unlabelled, generator()))
    settings = countermeasure.settings
    assert isinstance(settings, FeatureAdversarialSettings)
    radius = settings.epsilon / 255
    assert (attacked - unlabelled.images).abs().max() <= radius + 1e-6
    assert (attacked.min() >= 0) & (attacked.max() <= 1)
    start = torch.empty_like(attacked).uniform_(-radius, radius, generator=generator())
    model.eval()
    with torch.no_grad():
        own, before, after = map(model.features, (unlabelled.images, unlabelled.images + start, attacked))
    far, near = (feature_distance(features, own, settings.distance) for features in (after, before))
    assert (far > near).all()


@pytest.mark.parametrize("text", ["feature-adversarial", "adversarial"])
def test_extra_passes_leave_the_model_as_it_was(text: str) -> None:
    data = random_dataset(8)
    model = model_of(data)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    create(text).disturb(model, views_of(data), generator())
    assert model.training
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    assert all(parameter.grad is None for parameter in model.parameters())


def test_a_linear_objective_is_climbed_to_the_corner_of_the_ball() -> None:
    views, slope = torch.full((2, 3, 4, 4), 0.5), torch.randn(2, 3, 4, 4)
    for start in (None, generator()):
        top = climbed(views, lambda x: (x * slope).sum(), BallSettings(epsilon=4, step=1, steps=9), start)
        assert torch.allclose(top, views + 4 / 255 * slope.sign(), atol=1e-6)


def test_settings_and_passes() -> None:
    assert create("feature-adversarial:steps=3").passes == 3
    assert create("adversarial2").settings.to_json() == {"epsilon": 2.0, "step": 0.5, "steps": 10}
    assert create("adversarial4").settings.to_json() == {"epsilon": 4.0, "step": 1.0, "steps": 10}
    for text, message in [
        ("feature-adversarial:distance=far", "distance"),
        ("feature-adversarial:epsilon=0", "epsilon 0 is out of range"),
        ("feature-adversarial:steps=0", "steps 0: give 1 or more"),
    ]:
        with pytest.raises(InputError, match=message):
            create(text)
