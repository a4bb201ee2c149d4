"""What an audit does without where its budget is small: in which order, and never what was asked for."""

import pytest

from mtlue.evaluation.attacks import ATTACKS
from mtlue.evaluation.audits.concessions import SHARES, Concession
from mtlue.evaluation.audits.offers import offers
from mtlue.evaluation.audits.options import AuditOptions
from mtlue.evaluation.audits.plan import AuditPlan, trials
from mtlue.tasks import Categorical, Task
from mtlue.training import Recipe

AGE, RACE = Categorical("age", ("a", "b")), Categorical("race", ("a", "b"))


def offered(plan: AuditPlan, *tasks: Task) -> list[tuple[tuple[str, ...], tuple[str, ...] | None, int]]:
    """Settings, single tasks and the usual learner's epochs of each offer."""
    return [(one.settings, one.stl_tasks, one.learner.recipe.epochs) for one in offers(plan, tasks, 1000)]


def test_learners_of_single_tasks_go_first_and_then_epochs() -> None:
    assert offered(AuditPlan(), AGE, RACE) == [
        (("mtl", "stl"), None, 12),
        (("mtl", "stl"), ("age",), 12),
        (("mtl",), None, 12),
        *((("mtl",), None, epochs) for epochs in (6, 4, 3, 2)),
    ]
    assert [settings for settings, _, _ in offered(AuditPlan(), AGE)[:2]] == [("mtl", "stl"), ("mtl",)]


@pytest.mark.parametrize(
    ("options", "count"),
    [
        ({"settings": ["mtl", "stl"]}, 1 + len(SHARES)),
        ({"stl_tasks": ["race"]}, 1 + len(SHARES)),
        ({"learner_epochs": 12}, 3),
        ({"learner_recipe": "paper"}, 3),
        ({"settings": ["mtl"], "learner_epochs": 12}, 1),
    ],
)
def test_what_was_asked_for_is_never_given_up(options: dict[str, object], count: int) -> None:
    plan = AuditOptions(**options).plan()  # type: ignore[arg-type]
    offers_of_it = offers(plan, (AGE, RACE), 1000)
    assert len(offers_of_it) == count
    for one in offers_of_it:
        assert "stl_tasks" not in options or one.stl_tasks == ("race",)
        assert "settings" not in options or one.settings == plan.settings
        assert "learner_epochs" not in options or one.learner.recipe == plan.learner.recipe


def test_all_learners_are_shortened_alike_those_that_attacks_lengthen_too() -> None:
    *_, shortest = offers(AuditPlan(), (AGE,), 1000)
    for name in ("none", "adversarial4", "resnet18"):
        whole, short = (trials(name, plan, (AGE,))[0].trainings[0].learner.recipe for plan in (AuditPlan(), shortest))
        assert short == whole.shortened(SHARES[-1])
        assert short.min_steps < whole.min_steps
    assert ATTACKS["grey"].shortened(0.5) == ATTACKS["grey"]
    assert Recipe(epochs=1).shortened(0.5).epochs == 1


def test_it_is_said_in_a_sentence() -> None:
    said = Concession(3, (), 1 / 4, 3, 12, 1500.0).text
    assert said.startswith(
        "to keep to the budget: multi-task learners alone and 3 epochs instead of 12; short learners"
    )
    assert said.endswith("a budget of about 25 min needs none of that")
    assert "one learner instead of two alike; with one task" in Concession(1, (), 1.0).text
    first = Concession(2, ("age",), 1.0).text
    assert "learners of one task for 'age' alone, beside those of all tasks; someone who trains" in first
    assert "multi-task" not in Concession(2, None, 1 / 2, 6, 12).text
