"""The attacks that happen inside the training: each names what it does, by its canonical text."""

from dataclasses import replace

import pytest

from mtlue.evaluation.attacks import Attack, find_attack
from mtlue.evaluation.attacks.training import TRAINING
from mtlue.evaluation.countermeasures import canonical, create
from mtlue.evaluation.countermeasures.ball import BallSettings
from mtlue.evaluation.learner import FAST, Learner


@pytest.mark.parametrize("attack", TRAINING, ids=lambda attack: attack.name)
def test_each_attack_can_be_run(attack: Attack) -> None:
    assert find_attack(attack.name) is attack
    assert attack.countermeasure == canonical(attack.countermeasure)
    assert attack.needs == create(attack.countermeasure).needs == "compute"
    assert attack.reference
    learner = attack.learner_of(Learner(tasks=("left",), seed=3))
    assert (learner.countermeasure, learner.seed) == (attack.countermeasure, 3)


def test_adversarial_training_is_long_and_steps_are_a_quarter_of_the_radius() -> None:
    adversarial = [attack for attack in TRAINING if "adversarial" in attack.name]
    assert len(adversarial) == 4
    for attack in adversarial:
        settings = create(attack.countermeasure).settings
        assert isinstance(settings, BallSettings)
        assert settings.step == settings.epsilon / 4
        assert settings.steps == 10
        for usual in (FAST, replace(FAST, epochs=60, batch_size=8)):
            recipe = attack.learner_of(Learner(recipe=usual)).recipe
            assert recipe == replace(usual, epochs=max(60, usual.epochs), min_steps=1000)


def test_no_two_have_the_same_name_or_rank() -> None:
    assert len({attack.name for attack in TRAINING}) == len({attack.rank for attack in TRAINING}) == len(TRAINING)
