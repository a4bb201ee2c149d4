"""What a release adds to the attacker's own images, against a bootstrap that is written out."""

import math

import numpy as np
import pytest

from audit_examples import CLEAN, TRIVIAL, both, record
from mtlue.evaluation.records import Record
from mtlue.evaluation.recoveries.recovery import Recovery, recoveries
from mtlue.evaluation.recoveries.verdict import above, verdict

SEEDS, DRAWS = 4, 3000


def purified(seed: int, **draws: np.ndarray) -> list[Record]:
    """Learners of clean and released images and of the attacker's own, with their scores in each draw."""
    return [
        record("purifier", condition, float(scores.mean()), seed, replicates={"age": scores.tolist()})  # type: ignore[arg-type]
        for condition, scores in draws.items()
    ]


def only(records: list[Record]) -> Recovery:
    (found,) = recoveries(records)
    return found


def test_the_interval_is_of_draws_that_all_learners_share() -> None:
    luck = np.random.default_rng(0).normal(0, 0.05, DRAWS)
    found = only(purified(0, clean=0.9 + luck, protected=0.7 + luck, own=0.5 + luck)).added
    assert found is not None
    ratios = 0.2 / (0.8 + luck)
    assert (found.low, found.high) == pytest.approx(np.percentile(ratios, (2.5, 97.5)))
    assert found.value == pytest.approx(0.2 / (CLEAN - TRIVIAL), abs=2e-3)
    apart = only(purified(0, clean=0.9 + luck, protected=0.7 + luck, own=0.5 - luck)).added
    assert apart is not None
    assert apart.high - apart.low > 5 * (found.high - found.low)


def test_seeds_are_drawn_on_top_and_only_those_that_have_all_learners() -> None:
    rng = np.random.default_rng(1)
    gains = np.array([0.0, 0.1, 0.2, 0.3])
    records = []
    for seed, gain in enumerate(gains):
        score = 0.5 + gain + rng.normal(0, 0.04, DRAWS)
        records += purified(seed, clean=np.full(DRAWS, 0.9), protected=score, own=np.full(DRAWS, 0.5))
    ones = np.full(DRAWS, 0.9)
    found = only([*records, *purified(9, clean=ones, protected=ones)])
    assert found.added is not None
    assert found.added.value == pytest.approx(gains.mean() / 0.8, abs=5e-3)
    assert found.value > found.added.value + found.control  # type: ignore[operator]
    error = math.sqrt(gains.var() / SEEDS + 0.04**2 / SEEDS) / 0.8
    assert (found.added.high - found.added.low) / (2 * 1.96) == pytest.approx(error, rel=0.08)


def test_what_may_be_chance_counts_and_says_so() -> None:
    luck = np.random.default_rng(2).normal(0, 0.1, DRAWS)
    doubtful = purified(0, clean=np.full(DRAWS, 0.9), protected=0.62 + luck, own=np.full(DRAWS, 0.6))
    *_, tool = verdict(recoveries(doubtful), {"purifier": "tool"})
    assert "which may be chance" in tool.text
    assert above([tool], 0.5) == [tool]


def test_without_draws_there_is_no_interval_and_without_a_control_nothing_added() -> None:
    found = only(both("purifier", 0.6, control=0.41)).added
    assert found is not None
    assert math.isnan(found.low)
    assert found.text == "the release adds 19 %"
    assert only(both("purifier", 0.6)).added is None
    assert only([*both("purifier", 0.6), record("purifier", "own", 0.8, seed=5)]).added is None
    untaught = [record("purifier", kind, TRIVIAL) for kind in ("clean", "protected", "own")]
    assert only(untaught).added is None
