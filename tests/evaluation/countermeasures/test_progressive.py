"""Progressive training: stages stop in order, stopped weights stay, and everything else goes on."""

from dataclasses import replace
from types import SimpleNamespace

import pytest
import torch
from countering import attacker_of

from conftest import random_dataset
from mtlue import InputError, Runtime
from mtlue.evaluation.countermeasures import create
from mtlue.evaluation.learner import Learner
from mtlue.evaluation.learners.protocol import train_learner
from mtlue.evaluation.learners.treatments import Treatment
from mtlue.models import MultiTaskModel
from mtlue.training import Recipe


def model_of(backbone: str = "tiny", trainable: str = "all") -> MultiTaskModel:
    return MultiTaskModel(backbone, random_dataset().tasks, 3, (16, 16), trainable=trainable)


def stopped(model: MultiTaskModel) -> list[bool]:
    """Which stages have stopped; a stage stops whole."""
    learning = [[parameter.requires_grad for parameter in stage] for stage in model.stages()]
    assert all(len(set(stage)) == 1 for stage in learning)
    return [not stage[0] for stage in learning]


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ("progressive", {1: 0, 2: 1, 3: 1, 4: 2, 5: 2, 6: 3, 7: 3, 8: 4, 9: 4, 10: 4}),
        ("progressive:first=0.5,last=0.5", {4: 0, 5: 4, 10: 4}),
        ("progressive:first=1,last=1", {9: 0, 10: 4}),
    ],
)
def test_stages_stop_one_after_another(text: str, after: dict[int, int]) -> None:
    model, countermeasure = model_of(), create(text)
    countermeasure.start(model, attacker_of())
    assert stopped(model) == [False] * 4
    for epoch in range(1, 11):
        countermeasure.after_epoch(model, epoch, 10, attacker_of())
        if epoch in after:
            assert sum(stopped(model)) == after[epoch]
            assert stopped(model) == sorted(stopped(model), reverse=True)
    for part in (model.neck, model.heads):
        assert all(parameter.requires_grad for parameter in part.parameters())


def test_a_first_stage_may_never_learn() -> None:
    model = model_of()
    create("progressive:first=0").start(model, attacker_of())
    assert stopped(model) == [True, False, False, False]


def test_stopped_weights_stay_and_the_others_move() -> None:
    seen: list[list[torch.Tensor]] = []
    recipe = Recipe(epochs=4, batch_size=16, learning_rate=1e-2, schedule="constant")
    learner = Learner(tasks=("shape", "tone"), recipe=recipe, countermeasure="progressive:first=0.25,last=1")
    treatment = Treatment(learner.countermeasure, attacker_of(), None)  # type: ignore[arg-type]
    trained = train_learner(learner, treatment, Runtime("cpu"), "images")
    assert stopped(trained.model) == [True] * 4

    whole = replace(learner, recipe=replace(recipe, epochs=1))
    after_one = train_learner(whole, treatment, Runtime("cpu"), "images").model
    seen = [[parameter.detach() for parameter in stage] for stage in trained.model.stages()]
    first = [[parameter.detach() for parameter in stage] for stage in after_one.stages()]
    assert all(torch.equal(one, other) for one, other in zip(seen[0], first[0], strict=True))
    assert not any(torch.equal(one, other) for one, other in zip(seen[1], first[1], strict=True))


def test_a_frozen_backbone_stays_frozen() -> None:
    model = model_of(trainable="head")
    countermeasure = create("progressive")
    countermeasure.start(model, attacker_of())
    countermeasure.after_epoch(model, 1, 10, attacker_of())
    assert stopped(model) == [True] * 4


def test_several_processes_are_refused() -> None:
    several = replace(attacker_of(), runtime=SimpleNamespace(world_size=2))  # type: ignore[arg-type]
    with pytest.raises(InputError, match="in one process: give devices 1"):
        create("progressive").start(model_of(), several)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("progressive:first=-0.1", "first -0.1: give 0 or more"),
        ("progressive:last=1.1", "last 1.1: give 1 at most"),
        ("progressive:first=0.9", "last 0.8: give at least what first is"),
        ("progressive:last=nan", "last nan: give at least what first is"),
    ],
)
def test_settings_that_mean_nothing_are_refused(text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        create(text)
