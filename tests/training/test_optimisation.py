"""Optimisers, schedules and clipping."""

import numpy as np
import pytest
import torch
from lightning_fabric import Fabric
from lightning_fabric.plugins.precision import MixedPrecision
from torch import nn

from conftest import random_dataset
from mtlue import Runtime
from mtlue.devices import Precision
from mtlue.models import MultiTaskModel
from mtlue.training import Recipe, TrainingStep
from mtlue.training.optimisation import build_optimizer, build_scheduler, clip_gradients


@pytest.mark.parametrize("precision", ["32-true", "bf16-mixed"])
def test_the_optimiser_is_adam_with_an_l2_penalty(precision: Precision) -> None:
    runtime, recipe = Runtime("cpu", precision), Recipe(learning_rate=0.01, weight_decay=0.1)
    model = nn.Linear(5, 1, bias=False)
    expected = model.weight.detach().double().numpy().copy()
    _, optimizer = runtime.setup(model, build_optimizer(recipe, list(model.parameters()), runtime))
    random = np.random.default_rng(0)
    first, second = np.zeros_like(expected), np.zeros_like(expected)
    for step in range(1, 6):
        gradient = random.normal(size=expected.shape)
        model.weight.grad = torch.from_numpy(gradient).float()
        optimizer.step()
        slope = gradient + 0.1 * expected
        first, second = 0.9 * first + 0.1 * slope, 0.999 * second + 0.001 * slope**2
        expected -= 0.01 * (first / (1 - 0.9**step)) / (np.sqrt(second / (1 - 0.999**step)) + 1e-8)
    torch.testing.assert_close(model.weight.detach().double(), torch.from_numpy(expected), rtol=1e-5, atol=1e-6)


def test_gradients_are_clipped_after_their_scale_is_undone() -> None:
    """16-mixed as a GPU has it, on the CPU: below the bound, gradients are the loss's own."""
    scaler = torch.amp.GradScaler("cpu", init_scale=2.0**10)
    fabric = Fabric(accelerator="cpu", devices=1, plugins=MixedPrecision("16-mixed", "cpu", scaler))
    plain, scaled = Runtime("cpu"), Runtime("cpu", "16-mixed", fabric=fabric)
    assert plain.fuses_optimizers
    assert not scaled.fuses_optimizers
    gradients = []
    for runtime in (plain, scaled):
        with runtime.isolated_randomness("weights"):
            model = MultiTaskModel("tiny", random_dataset().tasks, 3, (16, 16))
        step = TrainingStep(model, 12, Recipe(clip_norm=100.0), runtime, "ls")
        step(random_dataset().images.float() / 255, dict(random_dataset().labels))
        gradients.append(nn.utils.get_total_norm([p.grad for p in model.parameters() if p.grad is not None]))
    assert gradients[0] < 100
    torch.testing.assert_close(gradients[1], gradients[0], rtol=0.05, atol=0)


@pytest.mark.parametrize("norm", [None, 0.25, 100.0])
@pytest.mark.parametrize("others", [False, True])
def test_the_models_gradients_alone_are_clipped(norm: float | None, others: bool) -> None:
    runtime, model, own = Runtime("cpu"), nn.Linear(4, 3), nn.Parameter(torch.zeros(2))
    recipe = Recipe(clip_norm=norm)
    trained = [*model.parameters(), own] if others else list(model.parameters())
    wrapped, optimizer = runtime.setup(model, build_optimizer(recipe, trained, runtime))
    for parameter in trained:
        parameter.grad = torch.full_like(parameter, 2.0)
    clip_gradients(recipe, wrapped, optimizer, runtime, trains_others=others)
    found = nn.utils.get_total_norm([parameter.grad for parameter in model.parameters() if parameter.grad is not None])
    assert float(found) == pytest.approx(min(norm or 1e9, 2 * 15**0.5), rel=1e-4)
    assert own.grad is None or torch.equal(own.grad, torch.full((2,), 2.0))


@pytest.mark.parametrize(
    ("recipe", "expected"),
    [
        (Recipe(epochs=5, batch_size=2, schedule="multistep"), [1e-3] * 6 + [1e-4] * 2 + [1e-5] * 2),
        (Recipe(epochs=2, batch_size=2, schedule="constant"), [1e-3] * 4),
    ],
)
def test_rates_change_by_the_step(recipe: Recipe, expected: list[float]) -> None:
    optimizer = build_optimizer(recipe, [nn.Parameter(torch.zeros(1))], Runtime("cpu"))
    scheduler, rates = build_scheduler(recipe, optimizer, 4), []
    for _ in expected:
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    assert rates == pytest.approx(expected)
