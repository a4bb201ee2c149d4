"""The training loop, and predictions."""

from typing import Literal

import pytest
import torch

from _runtime import cpu_or_chosen
from conftest import digits_dataset, random_dataset
from mtlue import InputError, Runtime
from mtlue.data import Pipeline
from mtlue.models import MultiTaskModel
from mtlue.models.backbones import BACKBONES
from mtlue.training import Recipe, predict, train


@pytest.mark.parametrize("schedule", ["onecycle", "multistep", "constant"])
def test_the_same_seed_trains_the_same_model(schedule: Literal["onecycle", "multistep", "constant"]) -> None:
    recipe = Recipe(epochs=2, batch_size=8, schedule=schedule)
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
    history = train(model, data, Pipeline(), recipe, cpu_or_chosen(), "learner")
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
