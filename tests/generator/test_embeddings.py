import itertools

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from mtlue import Categorical, Regression
from mtlue.generator import inter_task, intra_task, regularizers
from mtlue.generator.embeddings import ClassEmbeddings, resize_maps
from mtlue.tasks import ImageTask

TASKS = (Categorical("a", ("x", "y", "z")), Categorical("b", ("p", "q")))


def cosine(first: np.ndarray, second: np.ndarray) -> float:
    return float(first @ second / np.linalg.norm(first) / np.linalg.norm(second))


def random_embeddings(counts: tuple[int, ...]) -> list[torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    return [torch.randn(count, 7, generator=generator) for count in counts]


@pytest.mark.parametrize("counts", [(3, 2), (2, 2, 5), (10, 10), (4,)])
def test_intra_task_agrees_with_its_formula(counts: tuple[int, ...]) -> None:
    embeddings = random_embeddings(counts)
    pairs = [cosine(m, n) for e in embeddings for m, n in itertools.combinations(e.numpy(), 2)]
    assert float(intra_task(embeddings)) == pytest.approx(2 / sum(c * (c - 1) for c in counts) * sum(pairs), abs=1e-6)


@pytest.mark.parametrize("counts", [(3, 2), (2, 2, 5), (10, 10)])
def test_inter_task_agrees_with_its_formula(counts: tuple[int, ...]) -> None:
    embeddings = random_embeddings(counts)
    total, pairs = 0.0, 0
    for first, second in itertools.combinations(embeddings, 2):
        total += sum(abs(cosine(m, n)) for m in first.numpy() for n in second.numpy())
        pairs += len(first) * len(second)
    assert float(inter_task(embeddings)) == pytest.approx(total / pairs, abs=1e-6)


def test_inter_task_of_one_task_is_zero() -> None:
    assert float(inter_task(random_embeddings((4,)))) == 0


def test_without_image_level_tasks_there_is_nothing_to_regularise() -> None:
    assert float(intra_task([])) == float(inter_task([])) == 0


def test_maps_at_the_base_grid_are_the_stored_ones() -> None:
    table = torch.randn(2, 3, 6, 5)
    assert resize_maps(table, (6, 5)) is table


@pytest.mark.parametrize("tasks", [TASKS, TASKS[:1], (TASKS[0], Regression("n", 0.0, 1.0), TASKS[1])])
@pytest.mark.parametrize("grid", [(6, 5), (7, 9)])
def test_maps_picked_first_are_those_of_every_class_interpolated_first(
    tasks: tuple[ImageTask, ...], grid: tuple[int, int]
) -> None:
    embeddings = ClassEmbeddings(tasks, 4, (6, 5))
    labels = {"a": torch.tensor([2, -1, 0]), "b": torch.tensor([0, 1, -1]), "n": torch.tensor([0.3, 1.0, float("nan")])}
    maps, weights = resize_maps(embeddings.table, grid).flatten(1), embeddings.weights(labels)
    parts = zip(torch.split(weights, embeddings.counts, 1), torch.split(maps, embeddings.counts), strict=True)
    plain = [(own @ of_task).view(3, 4, *grid) for own, of_task in parts]
    torch.testing.assert_close(embeddings.stacked(labels, grid), torch.cat(plain, dim=1))
    torch.testing.assert_close(embeddings.summed(labels, grid), torch.stack(plain).sum(0))


@pytest.mark.parametrize("grid", [(3, 3), (12, 10), (7, 9), (1, 1)])
def test_maps_at_other_grids_are_interpolated_bilinearly(grid: tuple[int, int]) -> None:
    table = torch.randn(2, 3, 6, 5)
    resized = resize_maps(table, grid)
    rows = (torch.arange(grid[0]) + 0.5) * 6 / grid[0] - 0.5
    columns = (torch.arange(grid[1]) + 0.5) * 5 / grid[1] - 0.5
    expected = _sample(table, rows.clamp(0, 5), columns.clamp(0, 4))
    torch.testing.assert_close(resized, expected)


def _sample(maps: torch.Tensor, rows: torch.Tensor, columns: torch.Tensor) -> torch.Tensor:
    top, left = rows.floor().long(), columns.floor().long()
    bottom, right = (top + 1).clamp(max=maps.shape[2] - 1), (left + 1).clamp(max=maps.shape[3] - 1)
    down, across = (rows - top)[:, None], (columns - left)[None, :]
    above = maps[:, :, top][:, :, :, left] * (1 - across) + maps[:, :, top][:, :, :, right] * across
    below = maps[:, :, bottom][:, :, :, left] * (1 - across) + maps[:, :, bottom][:, :, :, right] * across
    return above * (1 - down) + below * down


def test_weights_are_one_for_a_label_and_the_mean_where_one_is_missing_or_unprotected() -> None:
    embeddings = ClassEmbeddings(TASKS, 4, (2, 2))
    labels = {"a": torch.tensor([2, -1]), "b": torch.tensor([0, 1])}
    third = 1 / 3
    expected = torch.tensor([[0, 0, 1, 1, 0], [third, third, third, 0, 1]])
    assert torch.equal(embeddings.weights(labels), expected)


def test_weights_of_mixed_kinds_are_those_of_each_task() -> None:
    tasks = (TASKS[0], Regression("n", 0.0, 1.0), TASKS[1])
    labels = {"a": torch.tensor([2, -1, 0]), "n": torch.tensor([0.3, 1.0, float("nan")]), "b": torch.tensor([0, 1, -1])}
    expected = [
        torch.where(task.unlabelled(label)[:, None], torch.tensor(1 / task.anchors), task.anchor_weights(label))
        for task, label in zip(tasks, labels.values(), strict=True)
    ]
    assert torch.equal(ClassEmbeddings(tasks, 4, (2, 2)).weights(labels), torch.cat(expected, dim=1))


@pytest.mark.parametrize("counts", [(3, 2, 5), (2,), (1, 1), (2,) * 40])
def test_regularizers_at_once_are_those_by_their_formulas(counts: tuple[int, ...]) -> None:
    plain = [vectors.requires_grad_() for vectors in random_embeddings(counts)]
    fast = [vectors.detach().clone().requires_grad_() for vectors in plain]
    expected = (intra_task(plain), inter_task(plain))
    found = regularizers(fast)
    torch.testing.assert_close(found, expected)
    (expected[0] + 2 * expected[1]).backward()
    (found[0] + 2 * found[1]).backward()
    for ours, theirs in zip(fast, plain, strict=True):
        torch.testing.assert_close(ours.grad, theirs.grad)


def test_light_decoder_equals_a_convolution_of_each_image_label_maps() -> None:
    """Forward, and the gradients of maps and weights."""
    from mtlue.generator.decoder import LightDecoder

    torch.manual_seed(0)
    embeddings = ClassEmbeddings(TASKS, 4, (3, 4))
    decoder = LightDecoder(6, 4, 0, 3)
    labels = {"a": torch.tensor([2, -1, 0]), "b": torch.tensor([0, 1, -1])}
    features = torch.randn(3, 6, 5, 7)
    fast = decoder(features, embeddings.summed(labels, (5, 7)), None)

    share, across = decoder.IMAGE_SHARE, decoder.labels_to_pixels
    from_image, from_labels = decoder.from_image, decoder.from_labels
    assert from_image is not None
    assert from_image.bias is not None
    assert from_labels is not None
    assert across is not None
    weight = torch.cat([share * from_image.weight, from_labels.weight.repeat(1, 2, 1, 1)], dim=1)
    own_maps = embeddings.stacked(labels, (5, 7))
    bias = share * from_image.bias
    layers = decoder.layers(F.conv2d(torch.cat([features, own_maps], 1), weight, bias, padding=1))
    straight = F.conv2d(own_maps, across.weight.repeat(1, 2, 1, 1), padding=1)
    plain = F.pixel_shuffle(layers + straight, decoder.REDUCTION)
    torch.testing.assert_close(fast, plain, rtol=1e-4, atol=1e-5)
    learned = [embeddings.table, *decoder.parameters()]
    gradients = [torch.autograd.grad(output.square().sum(), learned) for output in (fast, plain)]
    torch.testing.assert_close(*gradients, rtol=1e-4, atol=1e-4)

    without = LightDecoder(6, 4, 0, 3, linear=False)
    without.load_state_dict(decoder.state_dict(), strict=False)
    short = without(features, embeddings.summed(labels, (5, 7)), None)
    torch.testing.assert_close(short, F.pixel_shuffle(layers, decoder.REDUCTION), rtol=1e-4, atol=1e-5)
