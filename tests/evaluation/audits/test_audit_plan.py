"""What an audit tries: which attacks, on which images, in which order, and what fits in a budget."""

from pathlib import Path

import pytest

from mtlue import InputError
from mtlue.evaluation.attacks import ATTACKS
from mtlue.evaluation.attacks.tiers import tier_of
from mtlue.evaluation.audits.estimate import within
from mtlue.evaluation.audits.options import AuditOptions
from mtlue.evaluation.audits.plan import AuditPlan, Trial, by_rank, trials, with_seed
from mtlue.evaluation.countermeasures import canonical, create
from mtlue.evaluation.learners.options import EvaluationOptions
from mtlue.tasks import Categorical, Task

TASKS: tuple[Task, ...] = (Categorical("left", ("a", "b")), Categorical("right", ("a", "b")))


def test_the_plain_attack_is_tried_on_all_images_and_others_on_clean_and_protected_ones() -> None:
    plan = AuditPlan(settings=("mtl", "stl"))
    assert [trial.condition for trial in trials("none", plan, TASKS)] == ["clean", "protected", "noise"]
    clean, protected = trials("jpeg10", plan, TASKS)
    assert (clean.condition, protected.condition) == ("clean", "protected")
    assert [(one.learner.setting, one.learner.tasks) for one in clean.trainings] == [
        ("mtl", ("left", "right")), ("stl", ("left",)), ("stl", ("right",))
    ]  # fmt: skip
    assert {one.learner.countermeasure for one in clean.trainings} == {"jpeg10"}


def test_one_training_is_tested_on_both_sides_where_images_are_prepared() -> None:
    plan = AuditPlan(settings=("mtl",))
    (training,) = trials("jpeg10", plan, TASKS)[0].trainings
    assert [learner.treat_test for learner in training.tested()] == [True, False]
    (plain,) = trials("none", plan, TASKS)[0].trainings
    assert [learner.treat_test for learner in plain.tested()] == [True]


def test_an_attack_that_needs_clean_images_has_a_control() -> None:
    controlled = [name for name in ATTACKS if tier_of(name) == "tool"]
    for name in controlled:
        assert [trial.condition for trial in trials(name, AuditPlan(), TASKS)] == ["clean", "protected", "own"]


def test_one_more_seed_is_of_the_recovery_alone_and_of_its_reference() -> None:
    def told(found: list[Trial]) -> list[tuple[str, str, list[tuple[str, ...]]]]:
        learners = [[one.learner for one in trial.trainings] for trial in found]
        names = [[(*one.tasks, f"{one.seed}") for one in of_trial] for of_trial in learners]
        return [(trial.attack, trial.condition, own) for trial, own in zip(found, names, strict=True)]

    assert told(with_seed("grey", "stl", "right", 3, AuditPlan(), TASKS)) == [
        ("none", "clean", [("right", "3")]),
        ("grey", "clean", [("right", "3")]),
        ("grey", "protected", [("right", "3")]),
    ]
    assert told(with_seed("none", "mtl", "right", 3, AuditPlan(), TASKS)) == [
        ("none", "clean", [("left", "right", "3")]),
        ("none", "protected", [("left", "right", "3")]),
    ]


def test_the_most_telling_attacks_come_first() -> None:
    ranks = [ATTACKS[name].rank for name in by_rank()]
    assert ranks == sorted(ranks)
    assert AuditPlan().attacks == by_rank()
    assert by_rank()[0] == "none"


def test_a_budget_takes_each_attack_that_still_fits() -> None:
    seconds = {"first": 30.0, "expensive": 100.0, "third": 30.0, "fourth": 20.0}
    assert within(seconds, 60) == ["first", "third"]
    assert within(seconds, 1) == []
    assert within(seconds, float("inf")) == list(seconds)


def test_attackers_are_named_one_by_one_or_by_tier() -> None:
    assert AuditOptions(only=["grey", "jpeg10"]).plan().attacks == ("jpeg10", "grey")
    of_tier = AuditOptions(tier=["nothing"]).plan().attacks
    assert of_tier == AuditOptions(only=["nothing"]).plan().attacks
    assert set(of_tier) == {name for name in ATTACKS if tier_of(name) == "nothing"}
    both = AuditOptions(only=["jpeg10"], tier=["tool"]).plan().attacks
    assert set(both) == {"jpeg10", *(name for name in ATTACKS if tier_of(name) == "tool")}
    assert AuditOptions().plan() == AuditPlan()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"only": ["jpg10"]}, "unknown attack 'jpg10': did you mean 'jpeg10'"),
        ({"settings": ["both"]}, "settings both: give mtl or stl"),
        ({"settings": ["mtl", "mtl"]}, "name each once"),
        ({"seeds": 0}, "seeds 0"),
        ({"more_seeds": -1}, "more_seeds -1: give 0 or more"),
        ({"processes": 0}, "processes 0: give 1 or more"),
        ({"budget": "soon"}, "budget soon"),
        ({"weights": Path("nowhere.pth")}, "weights nowhere.pth: no such file"),
        ({"learner_epochs": 0}, "learner_epochs 0"),
        ({"holdout": ["age", "age"]}, "name each once"),
    ],
)
def test_options_that_mean_nothing_are_refused(options: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        AuditOptions(**options).plan()  # type: ignore[arg-type]


def test_seeds_are_added_as_often_as_is_said_or_as_the_budget_allows() -> None:
    most = [AuditOptions(more_seeds=more, budget=budget).plan().most_added for more in (None, 0, 3)
            for budget in (None, "1h")]  # fmt: skip
    assert most == [2, 10, 0, 0, 3, 3]


def test_few_tasks_may_get_a_single_task_learner() -> None:
    plan = AuditOptions(settings=["stl"], stl_tasks=["right"]).plan()
    (trial, *_) = trials("grey", plan, TASKS)
    assert [training.learner.tasks for training in trial.trainings] == [("right",)]


@pytest.mark.parametrize("model", ["models/a+b", "a, b", "x=1+y", " spaced ", "plain", "a:b"])
def test_a_models_path_may_hold_what_separates_countermeasures(model: str) -> None:
    text = AuditPlan(model=model).attack("diffusion").countermeasure
    for meant in (text, canonical(text)):
        assert create(meant).settings.to_json()["model"] == model
        (attack,) = AuditOptions(only=meant.split(",")).plan().attacks  # a face splits at commas
        assert create(attack).settings.to_json()["model"] == model
    assert canonical(f"grey+{text}") == f"grey+{text}"


def test_a_models_path_with_a_quotation_mark_is_refused() -> None:
    with pytest.raises(InputError, match="holds a quotation mark"):
        AuditPlan(model='a"b')


@pytest.mark.parametrize(("backbone", "rate"), [("tiny", 4e-3), ("vit_narrow", 1e-3), ("two_layer", 1e-3)])
def test_a_backbone_is_trained_at_a_rate_at_which_it_learns_unless_another_is_given(backbone: str, rate: float) -> None:
    assert AuditOptions(backbone=backbone).plan().learner.recipe.learning_rate == rate
    assert AuditOptions(backbone=backbone, learner_rate=0.02).plan().learner.recipe.learning_rate == 0.02
    assert EvaluationOptions(backbone=backbone).plan().learner.recipe.learning_rate == rate
