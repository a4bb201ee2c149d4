import numpy as np
import pytest
import torch
from lightning_fabric import Fabric
from lightning_fabric.plugins.precision import MixedPrecision
from torch import nn

from conftest import digits_dataset, random_dataset
from mtlue import InputError, Runtime
from mtlue.data import Pipeline
from mtlue.models import MultiTaskModel
from mtlue.models.backbones import BACKBONES
from mtlue.training import Recipe, TrainingStep, predict, train
from mtlue.training.optimisation import build_optimizer


def test_few_images_get_more_epochs() -> None:
    recipe = Recipe(epochs=2, batch_size=10, min_steps=50)
    assert recipe.for_images(100).epochs == 5
    assert recipe.for_images(1000).epochs == 2
    assert recipe.with_epochs(1).for_images(10).epochs == 1


@pytest.mark.parametrize("changes", [{"epochs": 0}, {"batch_size": 1}, {"learning_rate": 0.0}])
def test_impossible_recipes_are_refused(changes: dict[str, float]) -> None:
    with pytest.raises(InputError, match="a recipe needs"):
        Recipe(**changes)  # type: ignore[arg-type]


@pytest.mark.parametrize("schedule", ["onecycle", "multistep", "constant"])
def test_the_same_seed_trains_the_same_model(schedule: str) -> None:
    recipe = Recipe(epochs=2, batch_size=8, schedule=schedule)  # type: ignore[arg-type]
    outputs = []
    for _ in range(2):
        runtime = Runtime("cpu", seed=3)
        with runtime.isolated_randomness("weights"):
            model = MultiTaskModel("tiny", random_dataset().tasks, 3, (12, 12))
        pipeline = Pipeline((16, 16), (12, 12), True)
        history = train(model, random_dataset(), pipeline, recipe, runtime, "learner")
        assert [epoch.epoch for epoch in history] == [1, 2]
        ((predictions, _),) = predict(model, random_dataset(), pipeline, runtime)
        outputs.append(predictions["shape"])
    assert torch.equal(*outputs)


def test_a_learner_learns() -> None:
    data = digits_dataset("train", 64)
    model = MultiTaskModel("tiny", data.tasks, 3, (32, 32))
    recipe = Recipe(epochs=12, learning_rate=4e-3, batch_size=16, schedule="onecycle")
    history = train(model, data, Pipeline(), recipe, Runtime("cpu"), "learner")
    assert history[-1].loss < history[0].loss / 2


@pytest.mark.parametrize("name", [*BACKBONES, "mobilenetv3_small_050", "vit_tiny_patch16_224"])
@pytest.mark.parametrize("channels", [1, 3])
def test_backbones_give_features_and_predictions(name: str, channels: int) -> None:
    tasks = random_dataset().tasks
    model = MultiTaskModel(name, tasks, channels, (32, 48)).eval()
    images = torch.rand(2, channels, 32, 48)
    assert model.features(images).shape == (2, 256)
    predictions = model(images)
    assert {task: value.shape for task, value in predictions.items()} == {"shape": (2, 3), "tone": (2, 2)}
    shared, own = list(model.shared_parameters()), list(model.task_parameters(tasks[0]))
    assert len(shared) + len(own) + len(list(model.task_parameters(tasks[1]))) == len(list(model.parameters()))


def test_unknown_backbones_suggest_near_ones() -> None:
    with pytest.raises(InputError, match="resnet18"):
        MultiTaskModel("resnet18x", random_dataset().tasks, 3, (32, 32))
    with pytest.raises(InputError, match=r"unknown backbone 'resnet5'.*near ones"):
        MultiTaskModel("resnet5", random_dataset().tasks, 3, (32, 32))


@pytest.mark.parametrize("precision", ["32-true", "bf16-mixed"])
def test_the_optimiser_is_adam_with_an_l2_penalty(precision: str) -> None:
    runtime, recipe = Runtime("cpu", precision), Recipe(learning_rate=0.01, weight_decay=0.1)  # type: ignore[arg-type]
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


def test_a_training_says_how_many_epochs_few_images_make_of_it() -> None:
    recipe = Recipe(epochs=12, batch_size=8, min_steps=100)
    assert recipe.for_images(64).described("surrogate", 12) == (
        "surrogate (few images: 13 epochs instead of 12, for at least 100 steps)"
    )
    assert recipe.for_images(80).described("surrogate", 12) == "surrogate"
