"""The verdict: the worst case of each tier in one line, and what no tier's line may hide."""

import math
from dataclasses import replace

import pytest

from audit_examples import both, record
from mtlue.evaluation.attacks.tiers import Tier
from mtlue.evaluation.records import Condition
from mtlue.evaluation.recoveries.judgement import judgement
from mtlue.evaluation.recoveries.recovery import recoveries
from mtlue.evaluation.recoveries.verdict import HELD_OUT, NOT_ASKED, Step, above, unjudged, verdict
from mtlue.evaluation.recoveries.worst import worst

TIERS: dict[str, Tier] = {
    "none": "nothing",
    "grey": "nothing",
    "jpeg10": "nothing",
    "adversarial": "compute",
    "purifier": "tool",
    "dilution20": "tool",
    "diffusion": "model",
}
OF_AGE = "of what clean images teach of 'age' comes back"


def test_each_line_has_the_worst_of_its_tier() -> None:
    found = recoveries([*both("none", 0.05), *both("grey", 0.8), *both("jpeg10", 0.3), *both("purifier", 0.6)])
    nothing, compute, tool = verdict(found, TIERS, {"adversarial": "no time left"})
    assert nothing.text == (
        f"Without effort: 80 % {OF_AGE}, by grey (MTL; 100 test images; 1 seed; the worst of 3 attacks)"
    )
    assert compute.text == "With compute: not tried (no time left)"
    assert math.isnan(compute.value)
    assert tool.text.startswith(f"With clean images, this tool or a large model: 60 % {OF_AGE}, by purifier")


def test_seeds_are_counted_and_a_mean_is_shown() -> None:
    found = recoveries([*both("grey", 0.4, 0), *both("grey", 0.6, 1)])
    assert f"50 % {OF_AGE}, by grey (MTL; 100 test images; 2 seeds)" in verdict(found, TIERS)[0].text


def test_a_task_that_is_learnable_on_purpose_is_no_worst_case() -> None:
    clean = record("none", "clean", {"age": 0.9, "free": 0.9})
    protected = record("none", "protected", {"age": 0.2, "free": 0.9}, unprotected=["free"])
    (first, *_) = verdict(recoveries([clean, protected]), TIERS)
    assert first.text.startswith(f"Without effort: 12 % {OF_AGE}")


def test_a_task_that_was_left_out_has_a_line_of_its_own() -> None:
    clean = record("none", "clean", {"age": 0.9, "height": 0.9})
    protected = record("none", "protected", {"age": 0.2, "height": 0.8})
    first, _, _, last = verdict(recoveries([clean, protected]), TIERS, holdout=["height"])
    assert first.text.startswith(f"Without effort: 12 % {OF_AGE}")
    assert last.text.startswith(f"{HELD_OUT}: 88 % of what clean images teach of 'height'")
    assert above([first, last], 0.5) == []
    assert unjudged([first, last]) == []


def test_below_trivial_is_said_and_what_clean_learners_do_not_learn_too() -> None:
    assert f"0 % (worse than trivial) {OF_AGE}" in verdict(recoveries(both("none", -0.1)), TIERS)[0].text
    unlearned = [record("none", "clean", 0.1), record("none", "protected", 0.1)]
    assert "clean learners do not learn" in verdict(recoveries(unlearned), TIERS)[0].text


@pytest.mark.parametrize(("limit", "names"), [(0.9, []), (0.7, ["Without effort"]), (0.8, [])])
def test_a_limit_is_exceeded_by_more_than_it(limit: float, names: list[str]) -> None:
    steps = verdict(recoveries(both("grey", 0.8)), TIERS)
    assert [step.name for step in above(steps, limit + 1e-9)] == names


def test_a_check_that_saw_nothing_has_not_passed() -> None:
    undefined, no_time = Step("Without effort", None, True), Step("With compute", None, False, "no time left")
    assert unjudged([undefined, no_time, Step("With a model", None, False, NOT_ASKED)]) == [undefined, no_time]


def test_what_their_own_images_teach_alone_is_said_where_an_attack_needs_some() -> None:
    *_, tool = verdict(recoveries(both("purifier", 0.6, control=0.41)), TIERS)
    assert tool.text.endswith(
        f"60 % {OF_AGE}, by purifier (MTL; 100 test images; 1 seed; "
        "their own images alone: 41 %, so the release adds 19 %)"
    )
    *_, tool = verdict(recoveries(both("purifier", 0.6, control=-0.2)), TIERS)
    assert tool.text.endswith("their own images alone: 0 %, so the release adds 80 %)")


def test_an_attack_that_adds_nothing_hides_no_lower_one_that_does() -> None:
    nothing_new, broken = both("dilution20", 0.9, control=0.9), both("purifier", 0.6, control=0.41)
    *_, tool = verdict(recoveries([*nothing_new, *broken]), TIERS)
    assert f"60 % {OF_AGE}, by purifier (MTL; 100 test images; 1 seed; the worst of 2 attacks; their own" in tool.text
    assert above([tool], 0.5) == [tool]
    assert above([tool], 0.7) == []


def test_what_the_own_images_teach_alone_is_not_the_fault_of_the_release() -> None:
    *_, tool = verdict(recoveries(both("dilution20", 0.9, control=0.95)), TIERS)
    assert tool.text.endswith("; their own images alone: 95 %, so the release adds nothing)")
    assert above([tool], 0.5) == []
    assert unjudged([tool]) == []


def test_the_control_is_of_the_same_task() -> None:
    scores: list[tuple[Condition, dict[str, float]]] = [
        ("clean", {"age": 0.9, "sex": 0.9}),
        ("protected", {"age": 0.8, "sex": 0.6}),
        ("own", {"age": 0.85, "sex": 0.2}),
    ]
    found = recoveries([record("purifier", condition, each) for condition, each in scores])
    assert {one.task: one.adds for one in found} == {"age": False, "sex": True}
    highest = worst(found)
    assert highest is not None
    assert highest.recovery.task == "sex"


def test_an_attack_that_adds_nothing_is_no_rival() -> None:
    wide = [replace(one, high=0.99) for one in recoveries([*both("dilution20", 0.9, control=0.9), *both("grey", 0.5)])]
    found = worst([*wide, *recoveries(both("purifier", 0.6, control=0.41))])
    assert found is not None
    assert (found.recovery.attack, found.rivals, found.attacks) == ("purifier", ("grey",), 3)


def test_a_control_without_a_clean_learner_of_its_seed_is_none() -> None:
    (one,) = recoveries([*both("purifier", 0.6), record("purifier", "own", 0.8, seed=5)])
    assert one.control is None
    assert one.adds


@pytest.mark.parametrize(
    ("scores", "outcome", "text"),
    [
        ({"none": 1.07}, "fails", f"107 % {OF_AGE}, from the images as they are."),
        ({"none": 0.1, "adversarial": 0.6}, "fails", f"60 % {OF_AGE}, by the attack 'adversarial'."),
        ({"none": 0.1, "purifier": 0.6}, "partly", f"60 % {OF_AGE}, by the attack 'purifier'."),
        (
            {"none": 0.1, "grey": 0.2, "adversarial": 0.15},
            "holds",
            f"Most of any attack: 20 % {OF_AGE}, by the attack 'grey'.",
        ),
        ({"adversarial": 0.1}, "unknown", "None of the attacks that need no effort was tried"),
    ],
)
def test_whether_a_protection_holds(scores: dict[str, float], outcome: str, text: str) -> None:
    records = [one for attack, score in scores.items() for one in both(attack, score)]
    judged = judgement(verdict(recoveries(records), TIERS))
    assert judged.outcome == outcome
    assert judged.text.startswith(text)
    assert ("against attackers with compute" in judged.title) == ("adversarial" in text)


def test_what_may_be_chance_is_not_held_against_a_release() -> None:
    (one,) = recoveries(both("none", 0.6))
    unsure, sure = (replace(one, low=low, high=0.9) for low in (-0.1, 0.1))
    untold = judgement(verdict([unsure], TIERS))
    assert untold.outcome == "unknown"
    assert untold.text.startswith(f"Without effort, 60 % {OF_AGE}, from the images as they are, but that may be chance")
    assert judgement(verdict([sure], TIERS)).outcome == "fails"


@pytest.mark.parametrize(("attack", "step"), [("adversarial", "With compute"), ("purifier", "With clean images, this")])
def test_a_release_does_not_hold_where_much_may_come_back_by_chance(attack: str, step: str) -> None:
    found = recoveries([*both("none", 0.1), *both(attack, 0.9)])
    unsure = [replace(one, low=-0.02, high=1.8) for one in found]
    judged = judgement(verdict(unsure, TIERS))
    assert judged.outcome == "unknown"
    assert judged.text.startswith(step)
    assert f"90 % {OF_AGE}, by the attack '{attack}', but that may be chance" in judged.text
    untried = judgement(verdict([one for one in unsure if one.attack == attack], TIERS))
    assert untried.text.startswith("None of the attacks that need no effort")


def test_only_in_part_is_said_where_the_rest_holds() -> None:
    plain, compute, tool = (recoveries(both(name, 0.6))[0] for name in ("none", "adversarial", "purifier"))
    held, unsure = replace(plain, value=0.1), replace(compute, low=-0.1, high=1.3)
    for before in ([], [unsure], [held, unsure], [replace(plain, low=-0.1, high=1.3)]):
        judged = judgement(verdict([*before, tool], TIERS))
        assert judged.outcome == "partly"
        assert judged.title == (
            "The protection does not hold against attackers with clean images, this tool or a large model; whether it "
            "holds against others, the audit cannot tell"
        )
    assert "only in part" in judgement(verdict([held, tool], TIERS)).title


def test_most_of_any_attack_is_said_of_all_that_were_tried() -> None:
    held, untold = recoveries(both("none", 0.1)), recoveries([record("adversarial", "protected", 0.5)])
    judged = judgement(verdict([*held, *untold], TIERS))
    assert judged.title == "The protection holds against every attack of which something is known"
    assert judged.text == f"10 % {OF_AGE}, from the images as they are."
    own = recoveries(both("dilution20", 0.7, control=0.8))
    assert judgement(verdict([*held, *own], TIERS)).text == judged.text
    assert judgement(verdict(held, TIERS)).text == f"Most of any attack: {judged.text}"


def test_too_few_test_images_and_what_is_not_learned_are_said_where_nothing_else_is_known() -> None:
    unlearned = recoveries([record("none", "clean", 0.1), record("none", "protected", 0.1)])
    untold = judgement(verdict(unlearned, TIERS))
    assert untold.outcome == "unknown"
    assert untold.text.startswith("Clean learners do not learn the tasks, or too few test images")


@pytest.mark.parametrize("hiding", ["grey", "jpeg10", "none"])
def test_what_may_be_chance_hides_nothing_lower_that_is_sure(hiding: str) -> None:
    (hidden,) = recoveries(both("jpeg30", 0.49))
    sure = replace(hidden, low=0.41, high=0.56)
    (unsure,) = (replace(one, low=-0.08, high=1.09) for one in recoveries(both(hiding, 0.5)))
    tiers: dict[str, Tier] = {**TIERS, "jpeg30": "nothing"}
    judged, (first, *_) = judgement(verdict([unsure, sure], tiers)), verdict([unsure, sure], tiers)
    assert (judged, above([first], 0.25)) == (judgement(verdict([sure], tiers)), [first])
    assert (judged.outcome, judged.text) == ("fails", f"49 % {OF_AGE}, by the attack 'jpeg30'.")
    assert "; for sure more than nothing: 49 % of 'age', by jpeg30 (MTL; 95 % interval 41 to 56 %; " in first.text
    assert "for sure" not in verdict([sure], tiers)[0].text


def test_what_is_sure_of_another_task_or_of_own_images_alone_counts_as_the_worst_does() -> None:
    found = recoveries([*both("none", 0.1), *both("purifier", 0.9, control=0.1), *both("dilution20", 0.8, control=0.9)])
    unsure = [replace(one, low=-0.1 if one.attack == "purifier" else one.value - 0.05, high=1.9) for one in found]
    assert [step.sure and step.sure.attack for step in verdict(unsure, TIERS)] == ["none", None, None]
    learnable = [replace(one, left_learnable=True) for one in recoveries(both("none", 0.9))]
    assert verdict(learnable, TIERS)[0].sure is None
