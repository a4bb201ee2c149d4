"""Random numbers for embedded data."""

import numpy as np
import pytest

from mtlue import InputError
from mtlue.rendering.draws import MOST_IMAGES, Draws, drawn_count


def test_a_value_does_not_depend_on_how_many_are_drawn() -> None:
    few, many = Draws("train", 5, 0), Draws("train", 9, 0)
    assert np.array_equal(few.fractions("x"), many.fractions("x")[:5])
    assert np.array_equal(Draws("train", 9, 0, [7, 2]).fractions("x"), many.fractions("x")[[7, 2]])
    assert not np.array_equal(few.fractions("x"), few.fractions("y"))
    assert not np.array_equal(few.fractions("x"), Draws("test", 5, 0).fractions("x"))


def test_ranges_and_shapes() -> None:
    draws = Draws("train", 50, 3)
    assert set(draws.integers("x", 3).tolist()) == {0, 1, 2}
    assert draws.columns("x", 2, 4, 3).shape == (50, 3)
    assert 2 <= float(draws.between("y", 2, 4).min()) < float(draws.between("y", 2, 4).max()) <= 4


def test_more_than_usual_may_be_asked_for_within_memory() -> None:
    assert (drawn_count(10, None), drawn_count(10, 3), drawn_count(10, 30)) == (10, 10, 30)
    with pytest.raises(InputError, match="at most"):
        drawn_count(10, MOST_IMAGES + 1)
