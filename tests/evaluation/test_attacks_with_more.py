"""Attacks with clean images, foreign weights or other networks: what they say of themselves is true."""

from dataclasses import replace
from pathlib import Path

import pytest

from conftest import random_dataset
from mtlue import InputError
from mtlue.evaluation.attacks import ATTACKS, Attack
from mtlue.evaluation.attacks.backbones import BACKBONES
from mtlue.evaluation.attacks.clean import CLEAN, MISMATCH
from mtlue.evaluation.attacks.pretrained import PRETRAINED, pretrained
from mtlue.evaluation.countermeasures import create
from mtlue.evaluation.learner import Learner
from mtlue.evaluation.plan import check_learner
from mtlue.models import MultiTaskModel
from mtlue.models.packaged import PACKAGED

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


def test_weights_of_ones_own_take_the_packages_place(tmp_path: Path) -> None:
    file = tmp_path / "weights.pth"
    attacks = pretrained("resnet18", str(file))
    assert [attack.name for attack in attacks] == [attack.name for attack in PRETRAINED]
    learner = attacks[0].learner_of(USUAL)
    assert (learner.backbone, learner.init) == ("resnet18", str(file))
    with pytest.raises(InputError, match="no such file"):
        check_learner(learner)


def test_without_weights_the_learner_says_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    name, row = next(iter(PACKAGED.items()))
    monkeypatch.setitem(PACKAGED, name, replace(row, module="no_such_module_anywhere"))
    for attack in PRETRAINED:
        with pytest.raises(InputError, match=r"not installed: pip install 'mtlue\[pretrained\]'"):
            check_learner(attack.learner_of(USUAL))


def test_tested_on_released_images_is_not_among_the_attacks() -> None:
    assert MISMATCH.name not in ATTACKS
    assert MISMATCH.learner_of(USUAL).tested_on == "released"
