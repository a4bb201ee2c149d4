"""What comes back of many tasks together."""

import pytest

from audit_examples import record
from mtlue.evaluation.attacks.tiers import Tier
from mtlue.evaluation.recoveries.recovery import recoveries
from mtlue.evaluation.recoveries.verdict import verdict
from mtlue.evaluation.recoveries.worst import Mean, means

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
