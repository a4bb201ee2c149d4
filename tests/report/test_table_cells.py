import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mtlue.report.table_cells import Spread, recovery

SHARES = st.floats(0, 1)


@given(score=SHARES, clean=SHARES, trivial=SHARES)
def test_recovery_says_the_same_of_a_score_and_of_the_error_that_is_its_negative(
    score: float, clean: float, trivial: float
) -> None:
    by_score = recovery(score, clean, trivial)
    by_error = recovery(-score, -clean, -trivial, higher_is_better=False)
    assert by_score == by_error or (math.isnan(by_score) and math.isnan(by_error))
    assert math.isnan(by_score) == (clean <= trivial)


def test_recovery_is_one_for_clean_zero_for_trivial_in_either_direction() -> None:
    assert recovery(0.9, 0.9, 0.1) == 1
    assert recovery(0.1, 0.9, 0.1) == 0
    assert recovery(0.5, 0.9, 0.1) == pytest.approx(0.5)
    assert recovery(3.0, 1.0, 5.0, higher_is_better=False) == pytest.approx(0.5)
    assert math.isnan(recovery(0.5, 0.1, 0.1))
    assert math.isnan(recovery(0.5, 0.05, 0.1))


def test_a_spread_as_text() -> None:
    assert Spread.of([0.1, math.nan, 0.2]).text(seeds=2) == "0.150 ± 0.071"
    assert Spread.of([0.1]).text(seeds=1) == "0.100"
    assert Spread.of([]).text(seeds=0) == "–"
