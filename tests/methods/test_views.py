"""What a learner may see of x + delta: draws that an objective's loss is averaged over."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor

from _runtime import cpu_or_chosen
from conftest import mixed_dataset, quick_config, quick_method, random_dataset, weights_of
from mtlue import Runtime
from mtlue.bounds import to_float
from mtlue.data import Pipeline
from mtlue.methods.fitting import Fitting
from mtlue.methods.input_gradient import input_gradient
from mtlue.methods.objectives import OBJECTIVES
from mtlue.methods.surrogates import Surrogates
from mtlue.methods.transformations.mixture import TransformationMixture
from mtlue.methods.views import ViewSampler
from mtlue.models import MultiTaskModel
from mtlue.training.parts import BatchPart

CROPS = Pipeline((16, 16), (12, 12), True)
BLUR = TransformationMixture.of(["blur"], 1)
EPSILON = 8 / 255


def stream(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def drawn(sampler: ViewSampler, part: BatchPart | None = None) -> list[tuple[Tensor, dict[str, Tensor]]]:
    data = mixed_dataset(size=(16, 16))
    batch = data.batch(torch.arange(len(data))).to(torch.device("cpu"))
    images = to_float(batch.images)
    return sampler.draw(images, torch.full_like(images, EPSILON), batch.labels, stream(), part)


def test_draws_are_the_pipelines_one_after_another_with_their_labels() -> None:
    data, generator = mixed_dataset(size=(16, 16)), stream()
    whole = data.batch(torch.arange(len(data))).to(torch.device("cpu"))
    images = to_float(whole.images)
    for views, labels in drawn(ViewSampler(CROPS, data.tasks, count=3)):
        view = CROPS.draw(images, generator)
        assert torch.equal(views, view.cut((images + EPSILON).clamp(0, 1)))
        expected = view.labels(data.tasks, whole.labels)
        torch.testing.assert_close(labels, expected, rtol=0, atol=0, equal_nan=True)


def test_no_draw_leaves_the_bounds_of_an_image() -> None:
    data = random_dataset()
    images = to_float(data.images)
    ((views, _),) = ViewSampler(CROPS, data.tasks).draw(images, 3 * torch.randn_like(images), data.labels, stream())
    assert views.shape == (len(data), 3, 12, 12)
    assert views.min() >= 0
    assert views.max() <= 1


def test_the_gradient_is_the_mean_over_draws_as_over_surrogates() -> None:
    data = random_dataset()
    images = to_float(data.images).requires_grad_()
    surrogates = [MultiTaskModel("tiny", data.tasks, 3, (12, 12)).eval() for _ in range(2)]
    objective, sampler = OBJECTIVES["sep"](), ViewSampler(CROPS, data.tasks, 3, BLUR)
    draws = sampler.draw(images, torch.zeros_like(images), data.labels, stream())
    value, gradients = input_gradient(objective, surrogates, draws, Runtime("cpu"))
    (found,) = torch.autograd.grad([views for views, _ in draws], images, gradients, retain_graph=True)
    losses = [
        objective.loss(surrogate, views, objective.targets(data.tasks, labels))
        for views, labels in draws
        for surrogate in surrogates
    ]
    expected = torch.stack(losses).mean()
    torch.testing.assert_close(value, expected.detach())
    torch.testing.assert_close(found, torch.autograd.grad(expected, images)[0], rtol=1e-4, atol=1e-8)


def test_the_generator_steps_along_the_mean_of_its_draws() -> None:
    data = random_dataset()
    config = replace(quick_config(), views=2, against=("resize",))
    fitting = Fitting(OBJECTIVES["tap"](), config, EPSILON, data, cpu_or_chosen(), CROPS)
    assert fitting.run().training is False
    assert len(fitting.record.curves["generator base loss"]) > 0


@pytest.mark.parametrize("name", ["tap", "em", "tap-samplewise", "em-samplewise"])
def test_a_method_takes_more_views_and_what_to_survive(name: str) -> None:
    data = random_dataset()
    found = []
    for settings in (
        {},
        {"views": 2},
        {"against": ("blur:sigma=2",), "against_share": 1},
        {"transform_surrogates": True},
    ):
        method = quick_method(name, **settings)
        method.fit(data, Runtime("cpu"), CROPS)
        found.append(method.perturb(data.batch(torch.arange(len(data)))))
        assert found[-1].abs().max() <= EPSILON
    plain, twice, blurred, unchanged = found
    assert not torch.equal(plain, twice)
    assert not torch.equal(plain, blurred)
    assert torch.equal(plain, unchanged)  # nothing to transform


def test_surrogates_learn_on_transformed_images_where_the_settings_say_so(tmp_path: Path) -> None:
    data, config = random_dataset(), replace(quick_config(), against=("blur",))
    plan, weights = OBJECTIVES["tap"].plan, []
    for changed in (quick_config(), config, replace(config, transform_surrogates=True)):
        models, _ = Surrogates(changed, data, CROPS, Runtime("cpu"), tmp_path).checkpoints(plan)
        weights.append(weights_of(models[-1]))
    assert torch.equal(weights[0], weights[1])
    assert not torch.equal(weights[1], weights[2])
    assert len(list((tmp_path / "surrogates").glob("*/loss.json"))) == 2
