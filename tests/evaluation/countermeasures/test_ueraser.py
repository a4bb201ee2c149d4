"""UEraser: fractal noise against another interpolation, and the hardest of several draws."""

import io
from collections.abc import Callable

import numpy as np
import pytest
import torch
from countering import attacker_of, generator, seen, views_of
from PIL import Image
from scipy.interpolate import RegularGridInterpolator
from torch import Generator, Tensor

from conftest import TensorDataset, mixed_dataset, random_dataset
from mtlue import InputError
from mtlue.data import Batch
from mtlue.evaluation.countermeasures import create
from mtlue.evaluation.countermeasures.plasma import plasma
from mtlue.evaluation.countermeasures.ueraser import brightened, contrasted, image_losses, shuffled
from mtlue.models import MultiTaskModel


def model_of(data: TensorDataset) -> MultiTaskModel:
    return MultiTaskModel("tiny", data.tasks, 3, (16, 16)).train()


def row(batch: Batch, number: int) -> Batch:
    part = slice(number, number + 1)
    return Batch(batch.images[part], {name: label[part] for name, label in batch.labels.items()}, batch.ids[part])


@pytest.mark.parametrize("size", [(16, 16), (9, 13)])
@pytest.mark.parametrize("roughness", [0.0, 0.5])
def test_plasma_is_a_sum_of_interpolated_grids(size: tuple[int, int], roughness: float) -> None:
    noise = plasma((2, 3, *size), torch.full((2,), roughness), generator())
    draw, total, points = generator(), np.zeros((2, 3, *size)), 2
    places = np.stack(np.meshgrid(*(np.linspace(0, 1, side) for side in size), indexing="ij"), axis=-1)
    while True:
        corners = (torch.rand((2, 3, points, points), generator=draw) * 2 - 1).double().numpy()
        axis = np.linspace(0, 1, points)
        for image, channel in np.ndindex(2, 3):
            read = RegularGridInterpolator((axis, axis), corners[image, channel])
            total[image, channel] += roughness ** np.log2(points - 1) * read(places)
        if points >= max(size):
            break
        points = 2 * points - 1
    low, high = total.min((2, 3), keepdims=True), total.max((2, 3), keepdims=True)
    assert np.allclose(noise.numpy(), (total - low) / (high - low), atol=1e-4)


def test_plasma_is_smoother_where_it_is_less_rough() -> None:
    rough, smooth = (plasma((8, 1, 32, 32), torch.full((8,), value), generator()) for value in (0.9, 0.2))
    assert rough.diff(dim=3).abs().mean() > 2 * smooth.diff(dim=3).abs().mean()


def test_brightness_and_contrast_on_mid_grey_are_known() -> None:
    grey = torch.full((4, 3, 16, 16), 0.5)
    assert torch.equal(contrasted(grey, generator()), grey)
    bright = brightened(grey, generator())  # noise of -1..1 times 0.5..1, clipped
    assert torch.allclose(bright.amin((2, 3)), torch.tensor(0.0), atol=1e-6)
    assert torch.allclose(bright.amax((2, 3)), torch.tensor(1.0), atol=1e-6)
    white = contrasted(torch.ones(4, 3, 16, 16), generator())  # 0.5 * (0..4) + 0.5, clipped
    assert torch.allclose(white.amin((2, 3)), torch.tensor(0.5), atol=1e-6)
    assert torch.equal(white.amax((2, 3)), torch.ones(4, 3))


def test_channels_are_shuffled_image_by_image() -> None:
    views = torch.rand(50, 3, 4, 4)
    after = shuffled(views, generator())
    orders = {tuple(int((views[i] == channel).all((1, 2)).nonzero()) for channel in after[i]) for i in range(50)}
    assert len(orders) == 6


@pytest.mark.parametrize("make", [random_dataset, mixed_dataset])
def test_losses_per_image_are_those_of_images_alone(make: Callable[[], TensorDataset]) -> None:
    data = make()
    model, views = model_of(data).eval(), views_of(data)
    with torch.no_grad():
        losses = image_losses(model, views.images, views)
        for number, loss in enumerate(losses):
            alone = row(views, number)
            predictions = model(alone.images)
            expected = sum(task.loss(predictions[task.name], alone.labels[task.name]) for task in data.tasks)
            assert loss.item() == pytest.approx(float(expected), rel=1e-4, abs=1e-5)


def test_the_hardest_of_several_draws_is_kept_for_each_image() -> None:
    data = random_dataset(16)
    model, views, draw = model_of(data), views_of(data), generator()
    hardest = seen(create("ueraser-max").disturb(model, views, generator()))
    drawn = [seen(create("ueraser-lite").disturb(model, views, draw)) for _ in range(5)]
    with torch.no_grad():
        losses = torch.stack([image_losses(model.eval(), each, views) for each in drawn])
    best = losses.argmax(0).tolist()
    assert torch.equal(hardest, torch.stack([drawn[number][image] for image, number in enumerate(best)]))
    assert len(set(best)) > 1


def test_the_hardest_is_kept_in_the_first_part_of_the_epochs_alone() -> None:
    data, attacker = random_dataset(6), attacker_of()
    model, views = model_of(data), views_of(data)
    lite, hardest = (seen(create(text).disturb(model, views, generator())) for text in ("ueraser-lite", "ueraser-max"))
    assert not torch.equal(lite, hardest)
    shown: dict[str, list[str]] = {text: [] for text in ("ueraser-lite", "ueraser", "ueraser-max")}
    for text, kinds in shown.items():
        countermeasure = create(text)
        for epoch in range(1, 11):
            images = seen(countermeasure.disturb(model, views, generator()))
            kinds.append("one" if torch.equal(images, lite) else "hardest" if torch.equal(images, hardest) else "?")
            countermeasure.after_epoch(model, epoch, 10, attacker)
    assert shown == {
        "ueraser-lite": ["one"] * 10,
        "ueraser": ["hardest"] * 3 + ["one"] * 7,  # 60 of the paper's 200
        "ueraser-max": ["hardest"] * 10,
    }


def test_jpeg_of_a_random_quality_comes_last() -> None:
    data = random_dataset(64)
    model, views, draw = model_of(data), views_of(data), generator()
    before = seen(create("ueraser-lite").disturb(model, views, draw))
    qualities = torch.randint(10, 101, (64,), generator=draw).tolist()
    after = seen(create("ueraser:draws=1,jpeg=true").disturb(model, views, generator()))
    for image, quality, compressed in zip(before, qualities, after, strict=True):
        buffer = io.BytesIO()
        pixels = (image * 255).round().byte().permute(1, 2, 0).numpy()
        Image.fromarray(pixels).save(buffer, "JPEG", quality=quality)
        assert np.array_equal(np.asarray(Image.open(buffer)), (compressed * 255).round().byte().permute(1, 2, 0))
    assert max(qualities) - min(qualities) > 60


def test_extra_passes_leave_the_model_as_it_was() -> None:
    data = random_dataset(8)
    model = model_of(data)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    create("ueraser-max").disturb(model, views_of(data), generator())
    assert model.training
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())


def test_nothing_but_trivialaugment_is_left_at_probability_zero() -> None:
    data = random_dataset(8)
    views, model = views_of(data), model_of(data)

    def after_the_plasma(draw: Generator) -> Generator:
        for change in (brightened, contrasted, shuffled):
            torch.rand(len(views), generator=draw)
            change(views.images, draw)
        return draw

    without: Tensor = seen(create("ueraser:draws=1,probability=0").disturb(model, views, generator()))
    trivial = seen(create("trivialaugment").disturb(model, views, after_the_plasma(generator())))
    assert torch.equal(without, trivial)


def test_passes_are_forward_ones() -> None:
    assert [create(text).passes for text in ("ueraser-lite", "ueraser", "ueraser-max")] == [0, 1, 2]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("ueraser:draws=0", "draws 0: give 1 or more"),
        ("ueraser:share=1.5", "share 1.5: give 1 at most"),
        ("ueraser:probability=2", "probability 2.0: give 1 at most"),
    ],
)
def test_settings_that_mean_nothing_are_refused(text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        create(text)
