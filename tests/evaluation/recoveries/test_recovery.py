"""Recovery by attack, against hand-worked cases and independent computations."""

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mtlue.errors import InputError
from mtlue.evaluation.learner import LEARNER_FIELDS, Learner
from mtlue.evaluation.records import Condition, Record
from mtlue.evaluation.recoveries.quotients import Sample, interval
from mtlue.evaluation.recoveries.recovery import (
    HARDLY_LEARNED,
    NO_REFERENCE,
    UNCERTAIN,
    UNLEARNED,
    WITHIN_CHANCE,
    Recovery,
    recovered,
    recoveries,
)
from mtlue.evaluation.recoveries.texts import shown
from mtlue.evaluation.recoveries.worst import worst

SHARES = st.floats(0, 1)


def record(condition: Condition, score: float, attack: str | None = "none", task: str = "age", **others: Any) -> Record:
    described = {name: others.pop(name) for name in LEARNER_FIELDS if name in others}
    values: dict[str, Any] = {
        "metrics": {task: {"accuracy": score}}, "trivial": {task: {"accuracy": others.pop("trivial", 0.2)}},
        "directions": {task: {"accuracy": others.pop("higher", True)}}, "headline": {task: "accuracy"},
        "dataset": "d", "method": None if condition == "clean" else "tap", "epsilon": None, "train_images": 9,
        "test_images": 9, "seconds": 1.0, "attack": attack, **others,
    }  # fmt: skip
    return Record(condition=condition, learner=Learner(tasks=(task,), **described), **values)


def only(records: list[Record]) -> Recovery:
    (found,) = recoveries(records)
    return found


@given(score=SHARES, clean=SHARES, trivial=SHARES)
def test_recovery_says_the_same_of_a_score_and_of_the_error_that_is_its_negative(
    score: float, clean: float, trivial: float
) -> None:
    by_score = recovered(score, clean, trivial)
    by_error = recovered(-score, -clean, -trivial, higher_is_better=False)
    assert by_score == by_error or (math.isnan(by_score) and math.isnan(by_error))
    assert math.isnan(by_score) == (clean <= trivial)


def test_recovery_is_one_for_clean_and_zero_for_trivial_in_either_direction() -> None:
    assert recovered(0.9, 0.9, 0.1) == 1
    assert recovered(0.1, 0.9, 0.1) == 0
    assert recovered(3.0, 1.0, 5.0, higher_is_better=False) == pytest.approx(0.5)
    assert math.isnan(recovered(0.5, 0.1, 0.1))


def test_the_headline_is_against_the_same_attack_and_the_plain_clean_learner_stands_beside() -> None:
    plain = [record("clean", 0.9), record("protected", 0.34)]
    grey = [record("clean", 0.6, "grey"), record("protected", 0.5, "grey"), record("own", 0.4, "grey")]
    first, second = recoveries([*plain, *grey])
    assert [first.attack, second.attack] == ["grey", "none"]
    assert (first.value, first.against_plain) == pytest.approx((0.75, 3 / 7))
    assert first.control == pytest.approx(0.5)
    assert (first.score, first.clean, first.trivial, first.metric) == (0.5, 0.6, 0.2, "accuracy")
    assert (second.value, second.against_plain) == pytest.approx((0.2, 0.2))
    assert second.control is None


def test_a_missing_reference_is_never_replaced_by_another() -> None:
    without_own_clean = [record("clean", 1.0), record("protected", 0.5, "grey")]
    found = only(without_own_clean)
    assert math.isnan(found.value)
    assert found.undefined == NO_REFERENCE
    assert found.against_plain == pytest.approx(0.375)
    without_plain = only([record("clean", 0.6, "grey"), record("protected", 0.5, "grey")])
    assert without_plain.value == pytest.approx(0.75)
    assert math.isnan(without_plain.against_plain)
    other_seed = only([record("clean", 1.0, seed=1), record("protected", 0.5, seed=0)])
    assert other_seed.undefined == NO_REFERENCE


def test_the_worse_of_both_sides_counts() -> None:
    treated = [record("clean", 0.6, "grey"), record("protected", 0.3, "grey")]
    as_they_are: dict[str, Any] = {"attack": "grey", "treat_test": False}
    sides = [*treated, record("clean", 0.5, **as_they_are), record("protected", 0.4, **as_they_are)]
    found = only(sides)
    assert not found.treat_test
    assert found.value == pytest.approx(2 / 3)
    unlearned = [replace(one, trivial={"age": {"accuracy": 0.5}}) for one in sides if not one.learner.treat_test]
    found = only([*sides[:2], *unlearned])
    assert found.treat_test
    assert found.value == pytest.approx(0.25)


def test_what_clean_learners_do_not_learn_has_no_recovery() -> None:
    assert only([record("clean", 0.2), record("protected", 0.5)]).undefined == UNLEARNED
    draws = [0.1 + 0.005 * number for number in range(100)]  # 0.1 to 0.6: a fifth of them is below trivial
    within = [record("clean", 0.3, replicates={"age": draws}), record("protected", 0.3, replicates={"age": draws})]
    assert only(within).undefined == WITHIN_CHANCE
    certain = [replace(one, replicates={"age": [0.3] * 100}) for one in within]
    assert only(certain).value == 1
    hardly = [record("clean", 0.25, "grey"), record("protected", 0.25, "grey"), record("clean", 0.9)]
    assert only(hardly).undefined == HARDLY_LEARNED


def test_an_attack_that_costs_more_than_half_is_held_against_the_plain_clean_learner() -> None:
    def attacked(clean: float) -> Recovery:
        records = [record("clean", 1.0), record("clean", clean, "grey"), record("protected", 0.5, "grey")]
        (grey,) = recoveries([*records, record("own", 0.4, "grey")])
        return grey

    more, less = attacked(0.7), attacked(0.5)
    assert (more.reference, less.reference) == ("attack", "plain")
    assert (more.value, less.value) == pytest.approx((0.6, 0.375))
    assert (more.clean, less.clean) == (0.7, 1.0)
    assert (more.control, less.control) == pytest.approx((0.4, 0.25))
    assert less.added is not None
    assert less.added.value == pytest.approx(0.125)
    alone = only([record("clean", 0.5, "grey"), record("protected", 0.5, "grey")])
    assert (alone.reference, alone.value) == ("attack", 1.0)


def test_too_few_test_images_to_tell_what_clean_learners_learn_give_no_recovery() -> None:
    def learned(low: float) -> Recovery:
        draws = {"age": [low] * 50 + [1 - low] * 50}
        return only([record("clean", 0.5, replicates=draws), record("protected", 0.4)])

    assert learned(0.36).undefined is None
    assert learned(0.34).undefined == UNCERTAIN


def test_seeds_are_paired_averaged_and_counted() -> None:
    scores = ((0, 1.0, 0.6), (1, 0.6, 0.5), (2, 0.2, 0.5))  # the third clean learner learned nothing
    records = [record("clean", clean, seed=seed) for seed, clean, _ in scores]
    records += [record("protected", score, seed=seed) for seed, _, score in scores]
    found = only([*records, record("protected", 0.9, seed=3)])
    assert found.seeds == (0, 1)
    assert found.value == pytest.approx((0.5 + 0.75) / 2)
    assert found.std == pytest.approx(np.std([0.5, 0.75], ddof=1))
    assert math.isnan(only([record("clean", 1.0), record("protected", 0.3)]).std)


def test_an_error_is_better_where_it_is_lower() -> None:
    found = only([record("clean", 1.0, trivial=5.0, higher=False), record("protected", 4.0, trivial=5.0, higher=False)])
    assert found.value == pytest.approx(0.25)


def test_the_interval_is_of_paired_draws() -> None:
    draws = np.random.default_rng(1).normal(0.6, 0.1, 100)
    clean = record("clean", 0.6, replicates={"age": draws.tolist()})
    together = record("protected", 0.4, replicates={"age": (0.2 + (draws - 0.2) / 2).tolist()})
    found = only([clean, together])
    assert found.low == pytest.approx(0.5)
    assert found.high == pytest.approx(0.5)
    assert not found.wide
    apart = replace(together, replicates={"age": (0.2 + (draws[::-1] - 0.2) / 2).tolist()})
    found = only([clean, apart])
    quotients = (draws[::-1] - 0.2) / 2 / (draws - 0.2)
    assert (found.low, found.high) == pytest.approx(np.percentile(quotients, (2.5, 97.5)))
    assert found.wide


def test_what_is_trivial_changes_with_the_draws() -> None:
    draws = np.linspace(0.5, 0.7, 100)
    moving: dict[str, Any] = {"trivial_replicates": {"age": (draws - 0.4).tolist()}}
    clean = record("clean", 0.6, replicates={"age": draws.tolist()}, **moving)
    found = only([clean, record("protected", 0.4, replicates={"age": (draws - 0.2).tolist()}, **moving)])
    assert (found.low, found.value, found.high) == pytest.approx((0.5, 0.5, 0.5))


def test_records_without_draws_have_no_interval() -> None:
    found = only([record("clean", 1.0), record("protected", 0.6)])
    assert math.isnan(found.low)
    assert math.isnan(found.high)
    assert not found.wide


def test_seeds_are_on_top_of_the_draws() -> None:
    """Against the standard error of a mean of independent seeds and images."""
    draws = np.random.default_rng(0).normal(size=(1, 4000)) * 0.3 + np.linspace(-1, 1, 20)[:, None]
    low, high = interval(Sample(draws.mean(1), draws))
    expected = np.sqrt(0.3**2 + np.linspace(-1, 1, 20).var() / 20)
    assert (high - low) / (2 * 1.96) == pytest.approx(expected, rel=0.05)


def test_the_worst_says_how_many_were_tried_and_what_cannot_be_told_from_it() -> None:
    close = {"age": [0.55 + 0.001 * number for number in range(100)]}
    records = [record("clean", 1.0, name, replicates={"age": [1.0] * 100}) for name in ("none", "grey", "jpeg", "blur")]
    records += [
        record("protected", score, name, replicates=draws)
        for name, score, draws in (
            ("none", 0.3, {"age": [0.3] * 100}), ("grey", 0.61, close), ("jpeg", 0.6, close), ("blur", 0.1, {}),
        )
    ]  # fmt: skip
    found = worst(recoveries(records))
    assert found is not None
    assert (found.recovery.attack, found.attacks, found.rivals) == ("grey", 4, ("jpeg",))
    assert worst([]) is None
    assert worst(recoveries([record("protected", 0.5)])) is None
    learnable = [replace(one, unprotected=["age"] if one.condition == "protected" else []) for one in records]
    assert all(one.left_learnable for one in recoveries(learnable))
    assert worst(recoveries(learnable)) is None


def test_below_trivial_is_shown_as_zero_and_kept_as_a_number() -> None:
    found = only([record("clean", 1.0), record("protected", 0.1)])
    assert found.value == pytest.approx(-0.125)
    assert shown(found.value) == "0 (worse than trivial)"
    assert (shown(0.5), shown(-0.0004), shown(0.0)) == ("0.500", "0.000", "0.000")


def test_records_of_several_releases_are_refused() -> None:
    with pytest.raises(InputError, match=r"several: d, em, tap"):
        recoveries([record("protected", 0.5), record("protected", 0.5, method="em")])
    with pytest.raises(InputError, match="several: d, e"):
        recoveries([record("clean", 0.5), record("clean", 0.5, dataset="e")])
    with pytest.raises(InputError, match="countermeasure none are of learners that differ"):
        recoveries([record("clean", 0.5, None), record("clean", 0.5, None, backbone="resnet18")])


def test_records_that_name_no_attack_go_by_their_countermeasure() -> None:
    records = [record("clean", 0.6, None, countermeasure="grey"), record("protected", 0.4, None, countermeasure="grey")]
    found = only(records)
    assert found.attack == "grey"
    assert found.value == pytest.approx(0.5)
