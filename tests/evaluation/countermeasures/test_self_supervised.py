"""Contrastive learning: the loss against its definition, views, and a trunk that learns and then stays."""

import math

import numpy as np
import pytest
import torch
from countering import attacker_of, smooth_images
from torch import Tensor

from mtlue import InputError
from mtlue.evaluation.countermeasures import canonical, create
from mtlue.models import MultiTaskModel
from mtlue.networks.contrast import Projected, Views, nt_xent
from mtlue.training import Recipe, train


def by_definition(projections: np.ndarray, temperature: float) -> float:
    """Equation 1 of SimCLR, a loop for each sum."""
    total, half = 0.0, len(projections) // 2
    similar = [
        [math.exp(a @ b / (np.linalg.norm(a) * np.linalg.norm(b)) / temperature) for b in projections]
        for a in projections
    ]
    for i, row in enumerate(similar):
        total -= math.log(row[(i + half) % len(similar)] / sum(value for k, value in enumerate(row) if k != i))
    return total / len(projections)


@pytest.mark.parametrize("temperature", [0.1, 0.5])
def test_the_loss_is_the_papers(temperature: float) -> None:
    projections = torch.randn(10, 7, dtype=torch.float64)
    expected = by_definition(projections.numpy(), temperature)
    assert nt_xent(projections, temperature).item() == pytest.approx(expected)


def test_weak_views_are_the_images_and_strong_ones_are_not() -> None:
    images = smooth_images(count=4, sides=(16, 16))
    assert torch.equal(Views((16, 16), 0, flip=False)(images), torch.cat([images, images]))
    strong = Views((12, 10), 1, flip=False)(images)
    assert (strong.shape, strong.dtype) == ((8, 3, 12, 10), torch.uint8)
    assert not torch.equal(strong[:4], strong[4:])
    assert Views((12, 10), 1, flip=False)(images[:, :1]).shape == (8, 1, 12, 10)


def test_views_are_mirrored_where_learners_see_mirrored_ones() -> None:
    images = smooth_images(count=40, sides=(16, 16))
    seen = Views((16, 16), 0, flip=True)(images)
    mirrored = [torch.equal(view, image.flip(2)) for view, image in zip(seen, images, strict=False)]
    plain = [torch.equal(view, image) for view, image in zip(seen, images, strict=False)]
    assert all(one != other for one, other in zip(mirrored, plain, strict=True))
    assert 8 < sum(mirrored) < 32


def fresh(trainable: str = "all") -> MultiTaskModel:
    torch.manual_seed(0)
    return MultiTaskModel("tiny", attacker_of().training.tasks, 3, (12, 12), trainable=trainable)


def state(module: torch.nn.Module) -> list[Tensor]:
    return [value.clone() for value in module.state_dict().values()]


def same(first: list[Tensor], second: list[Tensor]) -> bool:
    return all(torch.equal(one, other) for one, other in zip(first, second, strict=True))


@pytest.mark.parametrize("trainable", ["all", "linear"])
def test_the_trunk_learns_then_stays_and_the_rest_is_trained(trainable: str) -> None:
    attacker, model = attacker_of(), fresh(trainable)
    before, heads, global_state = state(model.backbone), state(model.heads), torch.get_rng_state()
    create("self-supervised:epochs=1,batch_size=16").start(model, attacker)
    assert torch.equal(torch.get_rng_state(), global_state)
    assert same(heads, state(model.heads))
    pretrained = state(model.backbone)
    assert not same(before, pretrained)
    train(model, attacker.training, attacker.pipeline, Recipe(epochs=1, batch_size=16), attacker.runtime, "test")
    assert same(pretrained, state(model.backbone))
    assert not same(heads, state(model.heads))


def test_the_same_seed_gives_the_same_trunk() -> None:
    models = [fresh(), fresh()]
    for model in models:
        create("self-supervised:epochs=1,batch_size=16").start(model, attacker_of())
    assert same(*map(state, models))


def test_pretraining_lowers_the_loss() -> None:
    attacker = attacker_of()
    views = Views((12, 12), 0.3, flip=False)(attacker.training.images[:]) / 255
    losses = []
    for epochs in (1, 12):
        model = fresh()
        create(f"self-supervised:epochs={epochs},batch_size=16,strength=0.3").start(model, attacker)
        with torch.no_grad():
            losses.append(nt_xent(model.eval().pooled(views), 0.5).item())
    assert losses[1] < losses[0] - 0.03
    assert Projected(model, 5)(views).shape == (64, 5)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("self-supervised:epochs=0", "epochs 0: give 1 or more"),
        ("self-supervised:temperature=0", "temperature 0.0: give 0.001 or more"),
        ("self-supervised:strength=2", "strength 2.0: give 1 at most"),
        ("self-supervised:batch_size=1", "batch_size 1: give 2 or more"),
    ],
)
def test_settings_that_mean_nothing_are_refused(text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        canonical(text)
