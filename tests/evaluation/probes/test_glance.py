"""What images show at a glance."""

import numpy as np
import pytest
import torch
from sklearn.metrics import roc_auc_score
from torch import Tensor

from conftest import TensorDataset, mixed_dataset, random_dataset
from mtlue.errors import InputError
from mtlue.evaluation.probes.glance import Glance, glance, mean_colours, thumbnail
from mtlue.evaluation.probes.readout import fit_readout
from mtlue.tasks import Categorical, Regression, Task
from stars import Stars

SIZE = (17, 23)
SHAPES = Categorical("shape", ("left", "right"))
PAINTS = Categorical("paint", ("red", "green", "blue"))


def dataset(images: Tensor, tasks: tuple[Task, ...], **labels: Tensor) -> TensorDataset:
    return TensorDataset(tasks, images, labels, [f"image {i}" for i in range(len(images))])


def plain(count: int = 90, channels: int = 3) -> TensorDataset:
    """Each image is one plain colour, a little off its class's; a second task is drawn at random."""
    paint = torch.arange(count) % 3
    colours = torch.tensor([[200, 40, 40], [40, 200, 40], [90, 90, 200]])[:, :channels]
    off = torch.randint(-20, 21, (count, channels))
    images = (colours[paint] + off)[:, :, None, None].expand(count, channels, *SIZE).to(torch.uint8)
    return dataset(images, (PAINTS, SHAPES), paint=paint, shape=torch.randint(2, (count,)))


def silhouettes(count: int = 60) -> TensorDataset:
    """A dark box on white, far left or right of the middle: the same colours in every area."""
    shape = torch.arange(count) % 2
    images = torch.full((count, 3, 32, 32), 250) - torch.randint(0, 6, (count, 3, 32, 32))
    for position, side in enumerate(shape.tolist()):
        top = int(torch.randint(6, 14, ()))
        columns = slice(20, 26) if side else slice(6, 12)
        images[position, :, top : top + 10, columns] = 60
    return dataset(images.to(torch.uint8), (SHAPES,), shape=shape)


@pytest.mark.parametrize("channels", [1, 3])
def test_plain_colours_are_visible_and_labels_by_chance_are_not(channels: int) -> None:
    paint, shape = glance(plain(channels=channels), plain(60, channels))
    assert (paint.task, paint.metric, paint.trivial) == ("paint", "auc", 0.5)
    assert paint.scores["mean colours"] > 0.97
    assert paint.visible
    assert abs(shape.share) < 0.6
    assert not shape.visible


def test_silhouettes_are_visible_in_thumbnails() -> None:
    (shape,) = glance(silhouettes(), silhouettes(40))
    assert shape.probe == "8x8 thumbnail"
    assert shape.score == pytest.approx(1)
    assert shape.visible
    assert shape.scores["mean colours"] < 0.8


def test_numbers_are_compared_with_the_median() -> None:
    def bright(count: int) -> TensorDataset:
        level = torch.randint(20, 230, (count,))
        images = level[:, None, None, None].expand(count, 1, *SIZE).to(torch.uint8)
        task = Regression("level", 0.0, 255.0)
        chance = Regression("chance", size=2)
        labels = {"level": level.double(), "chance": torch.rand(count, 2, dtype=torch.float64)}
        return dataset(images, (task, chance), **labels)

    training, held_out = bright(80), bright(40)
    level, chance = glance(training, held_out)
    median = training.labels["level"].quantile(0.5, interpolation="lower")
    assert level.trivial == pytest.approx(float((held_out.labels["level"] - median).abs().mean()))
    assert level.metric == "absolute_error"
    assert level.share > 0.95
    assert level.visible
    assert not chance.visible


def test_a_kind_of_others_is_read_by_its_own_metric() -> None:
    def starred(count: int) -> TensorDataset:
        stars = torch.randint(1, 6, (count,))
        images = (stars * 40)[:, None, None, None].expand(count, 3, *SIZE).to(torch.uint8)
        return dataset(images, (Stars("stars"),), stars=stars)

    (stars,) = glance(starred(60), starred(30))
    assert (stars.metric, stars.higher_is_better) == ("absolute_error", False)
    assert stars.visible


@pytest.mark.parametrize("channels", [1, 3])
def test_colours_are_means_and_deviations_of_three_areas(channels: int) -> None:
    images = random_dataset(2, channels, SIZE).images
    pixels = images.numpy().astype(np.float64) / 255
    outside = np.ones(SIZE, bool)
    outside[2:15, 2:21] = False
    areas = [pixels.reshape(2, channels, -1), pixels[:, :, 4:13, 5:18].reshape(2, channels, -1), pixels[:, :, outside]]
    expected = np.concatenate([part for area in areas for part in (area.mean(2), area.std(2))], 1)
    found = mean_colours(images).numpy()
    np.testing.assert_allclose(found[:, : 6 * channels], expected, rtol=1e-5)
    products = [[one[i] * one[j] for i in range(len(one)) for j in range(i, len(one))] for one in expected]
    np.testing.assert_allclose(found[:, 6 * channels :], products, rtol=1e-5)


def test_thumbnails_are_grey_means_of_cells() -> None:
    images = random_dataset(3, 3, (16, 24)).images
    expected = (images.double() / 255).mean(1).reshape(3, 8, 2, 8, 3).mean((2, 4)).flatten(1)
    torch.testing.assert_close(thumbnail(images).double(), expected, atol=1e-6, rtol=0)
    assert thumbnail(random_dataset(1, 1, SIZE).images).shape == (1, 64)


def test_too_few_held_out_images_say_nothing() -> None:
    assert [one.task for one in glance(plain(), plain(30))] == ["paint", "shape"]
    few = plain(30)
    few.labels["paint"][few.labels["paint"] > 0] = -1
    assert [one.task for one in glance(plain(), few)] == ["shape"]
    assert glance(plain(), plain(9)) == []
    blank = plain(30)
    blank.labels["shape"][:] = -1
    assert [one.task for one in glance(blank, plain(30))] == ["paint"]


@pytest.mark.parametrize(("count", "counted"), [(19, 2), (20, 3)])
def test_rare_classes_do_not_count(count: int, counted: int) -> None:
    training, held_out = plain(90), plain(120)
    labels = held_out.labels["paint"]
    blue = (labels == 2).nonzero().flatten()
    labels[blue[count:]] = -1
    held_out.images[blue[:10]] = training.images[0]  # they look red
    read = fit_readout(mean_colours(training.images), training.labels, [PAINTS])
    probability, present = read(mean_colours(held_out.images))["paint"].softmax(1), labels >= 0
    areas = [roc_auc_score(labels[present] == one, probability[present, one]) for one in range(counted)]
    score = glance(training, held_out)[0].scores["mean colours"]
    assert score == pytest.approx(np.mean(areas), abs=1e-6)
    assert 0.6 < score < 0.999


def test_labels_of_pixels_are_refused() -> None:
    with pytest.raises(InputError, match=r"'region' \(segmentation\) has a label per pixel"):
        glance(mixed_dataset(), mixed_dataset())


@pytest.mark.parametrize(
    ("metric", "score", "trivial", "higher", "visible"),
    [
        ("auc", 0.89, 0.5, True, False),
        ("auc", 0.91, 0.5, True, True),
        ("absolute_error", 2.1, 4.0, False, False),
        ("absolute_error", 1.9, 4.0, False, True),
        ("absolute_error", 0.0, 0.0, False, False),
    ],
)
def test_the_threshold(metric: str, score: float, trivial: float, higher: bool, visible: bool) -> None:
    assert Glance("task", metric, {"probe": score}, trivial, higher).visible is visible
