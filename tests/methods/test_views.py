"""What a learner may see of x + delta: draws that an objective's loss is averaged over."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor

from _runtime import cpu_or_chosen
from conftest import mixed_dataset, quick_config, quick_method, random_dataset
from mtlue import InputError, Runtime
from mtlue.bounds import to_float
from mtlue.data import Pipeline
from mtlue.methods.fitting import Fitting
from mtlue.methods.input_gradient import input_gradient
from mtlue.methods.objectives import OBJECTIVES
from mtlue.methods.surrogates import Surrogates
from mtlue.methods.transformations import TRANSFORMATIONS, build_transformations
from mtlue.methods.views import ViewSampler
from mtlue.models import MultiTaskModel
from mtlue.training.parts import BatchPart

CROPS = Pipeline((16, 16), (12, 12), True)
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


@pytest.mark.parametrize("name", list(TRANSFORMATIONS))
@pytest.mark.parametrize("shape", [(4, 3, 16, 16), (2, 1, 9, 40), (1, 3, 8, 8)])
def test_transformations_keep_shape_and_bounds_and_pass_gradients(name: str, shape: tuple[int, ...]) -> None:
    (transformation,) = build_transformations([name])
    images = torch.rand(shape, generator=stream()).requires_grad_()
    for seed in range(5):
        changed = transformation(images, stream(seed))
        assert changed.shape == images.shape
        assert changed.min() >= -1e-6
        assert changed.max() <= 1 + 1e-6
        assert torch.equal(changed, transformation(images, stream(seed)))
        (gradient,) = torch.autograd.grad(changed.square().sum(), images)
        assert gradient.abs().sum() > 0


@pytest.mark.parametrize("name", list(TRANSFORMATIONS))
def test_transformations_take_fine_patterns_and_leave_flat_images(name: str) -> None:
    checks = (torch.arange(16)[:, None] + torch.arange(16)) % 2
    flat, fine = torch.full((1, 1, 16, 16), 0.3), checks.float()[None, None]
    (transformation,) = build_transformations([name])
    variances = [float(transformation(fine, stream(seed)).var()) for seed in range(8)]
    assert min(variances) < 0.5 * float(fine.var())
    assert all(torch.allclose(transformation(flat, stream(seed)), flat, atol=1e-6) for seed in range(8))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("blurr", r"unknown transformation 'blurr'.*blur"),
        ("blur:sigma=-1", "sigma -1.*give 0 or more"),
        ("blur:width=2", "unknown setting 'width'"),
        ("resize:scale=0", "scale 0.*give 0.1 or more"),
        ("resize:scale=2", "scale 2.*give 1 at most"),
    ],
)
def test_transformations_that_are_not_there_or_mean_nothing_are_refused(text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        build_transformations([text])


def test_the_gradient_is_the_mean_over_draws_as_over_surrogates() -> None:
    data = random_dataset()
    images = to_float(data.images).requires_grad_()
    surrogates = [MultiTaskModel("tiny", data.tasks, 3, (12, 12)).eval() for _ in range(2)]
    objective, sampler = OBJECTIVES["sep"](), ViewSampler(CROPS, data.tasks, 3, build_transformations(["blur"]))
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
    config = replace(quick_config(), views=2, transformations=("resize",))
    fitting = Fitting(OBJECTIVES["tap"](), config, EPSILON, data, cpu_or_chosen(), CROPS)
    assert fitting.run().training is False
    assert len(fitting.record.curves["generator base loss"]) > 0


@pytest.mark.parametrize("name", ["tap", "em", "tap-samplewise", "em-samplewise"])
def test_a_method_takes_more_views_and_transformations(name: str) -> None:
    data = random_dataset()
    found = []
    for settings in ({}, {"views": 2}, {"transformations": ("blur:sigma=2",)}, {"transform_surrogates": True}):
        method = quick_method(name, **settings)
        method.fit(data, Runtime("cpu"), CROPS)
        found.append(method.perturb(data.batch(torch.arange(len(data)))))
        assert found[-1].abs().max() <= EPSILON
    plain, twice, blurred, unchanged = found
    assert not torch.equal(plain, twice)
    assert not torch.equal(plain, blurred)
    assert torch.equal(plain, unchanged)  # nothing to transform


def test_surrogates_learn_on_transformed_images_where_the_settings_say_so(tmp_path: Path) -> None:
    data, config = random_dataset(), replace(quick_config(), transformations=("blur",))
    plan, weights = OBJECTIVES["tap"].plan, []
    for changed in (quick_config(), config, replace(config, transform_surrogates=True)):
        models, _ = Surrogates(changed, data, CROPS, Runtime("cpu"), tmp_path).checkpoints(plan)
        weights.append(torch.nn.utils.parameters_to_vector(models[-1].parameters()))
    assert torch.equal(weights[0], weights[1])
    assert not torch.equal(weights[1], weights[2])
    assert len(list((tmp_path / "surrogates").glob("*/loss.json"))) == 2
