"""What comes back of many tasks together."""

from dataclasses import replace
from typing import cast

import pytest

from audit_examples import record
from mtlue.evaluation.attacks.tiers import Tier
from mtlue.evaluation.records import Condition, Record
from mtlue.evaluation.recoveries.added import Added
from mtlue.evaluation.recoveries.recovery import recoveries
from mtlue.evaluation.recoveries.verdict import verdict
from mtlue.evaluation.recoveries.worst import Mean, counting, means

TASKS = {"a": 0.9, "b": 0.5, "c": 0.3, "d": 0.1}  # trivial: 0.1, so that d is not learned
TIERS: dict[str, Tier] = {"none": "nothing", "grey": "nothing"}


def test_all_tasks_count_together_by_their_sums() -> None:
    records = [
        record("none", "clean", TASKS),
        record("none", "protected", {"a": 0.2, "b": 0.1, "c": 0.1, "d": 0.9}),
        record("grey", "clean", TASKS),
        record("grey", "protected", {"a": 0.5, "b": 0.3, "c": 0.5, "d": 0.1}),
    ]
    grey, none = means(recoveries(records))
    assert (grey.attack, grey.tasks) == ("grey", 3)
    assert grey.value == pytest.approx((0.4 + 0.2 + 0.4) / (0.8 + 0.4 + 0.2))
    assert none.value == pytest.approx(0.1 / 1.4)
    learnable = [
        record("none", "clean", {"a": 0.9, "b": 0.9}),
        record("none", "protected", {"a": 0.9, "b": 0.1}, unprotected=["a"]),
    ]
    assert means(recoveries(learnable)) == [Mean("none", "mtl", 0.0, 1)]


def with_own(attack: str, recovery: float, control: float, tasks: dict[str, float]) -> list[Record]:
    """Learners of clean, released and own images that get back one share of every task."""
    shares = {"clean": 1.0, "protected": recovery, "own": control}
    scores = {
        side: {task: 0.1 + share * (clean - 0.1) for task, clean in tasks.items()} for side, share in shares.items()
    }
    return [record(attack, cast("Condition", side), each) for side, each in scores.items()]


def test_what_adds_nothing_to_own_images_hides_no_mean_that_does() -> None:
    tasks = {"a": 0.9, "b": 0.5, "c": 0.3, "e": 0.4}
    plain = [record("none", "clean", tasks), record("none", "protected", dict.fromkeys(tasks, 0.1))]
    found = recoveries([*plain, *with_own("dilution20", 0.65, 0.8, tasks), *with_own("purifier", 0.6, 0.3, tasks)])
    assert [(one.attack, one.adds) for one in means(found)] == [
        ("purifier", True),
        ("none", True),
        ("dilution20", False),
    ]
    *_, tool = verdict(found, {**TIERS, "purifier": "tool", "dilution20": "tool"})
    assert tool.text.endswith(
        "; of 4 tasks together 60 %, by purifier (MTL; their own images alone: 30 %, so the release adds 30 %)"
    )
    *_, alone = verdict([one for one in found if one.attack != "purifier"], {**TIERS, "dilution20": "tool"})
    assert alone.text.endswith(
        "; of 4 tasks together 65 %, by dilution20 (MTL; their own images alone: 80 %, so the release adds nothing)"
    )


def test_what_is_learnable_on_purpose_or_held_out_does_not_count() -> None:
    scores = {"open": 0.9, "left out": 0.8, "age": 0.3, "own": 0.7}
    found = recoveries(
        [record("grey", "clean", dict.fromkeys(scores, 0.9)), record("grey", "protected", scores, unprotected=["open"])]
    )
    unsound = [replace(one, added=Added(-0.1, -0.2, 0.0)) if one.task == "own" else one for one in found]
    assert [one.task for one in counting(unsound, ["left out"])] == ["age", "own"]


def test_an_attack_that_was_not_tried_on_all_tasks_has_no_mean() -> None:
    records = [record("none", "clean", TASKS), record("none", "protected", TASKS)]
    few = [record("grey", "clean", {"a": 0.9}), record("grey", "protected", {"a": 0.9})]
    assert [mean.attack for mean in means(recoveries([*records, *few]))] == ["none"]
    assert means(recoveries(few)) == []


def test_the_verdict_says_the_mean_of_many_tasks_alone() -> None:
    def first_line(tasks: dict[str, float]) -> str:
        half = {task: 0.1 + (score - 0.1) / 2 for task, score in tasks.items()}
        return verdict(recoveries([record("none", "clean", tasks), record("none", "protected", half)]), TIERS)[0].text

    assert first_line({"a": 0.9, "b": 0.5, "c": 0.3, "e": 0.4}).endswith(
        "; of 4 tasks together 50 %, from the images as they are (MTL)"
    )
    assert "together" not in first_line({"a": 0.9, "b": 0.5, "c": 0.3})
