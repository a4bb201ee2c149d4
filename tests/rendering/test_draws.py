"""Random numbers for embedded data."""

import numpy as np
import pytest
import torch

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


def test_no_integer_is_beyond_the_last(monkeypatch: pytest.MonkeyPatch) -> None:
    """The largest number that is drawn is 1 in float32."""
    monkeypatch.setattr(Draws, "fractions", lambda draws, quantity: np.full(2, 1 - 2.0**-53))
    draws = Draws("train", 2, 0)
    for high in range(1, 100):
        assert draws.integer_columns("x", high, 3).tolist() == [[high - 1] * 3] * 2


def test_kinds_and_photos_are_those_of_the_columns() -> None:
    draws = Draws("train", 500, 0)
    for quantity, high in (("kind", 3), ("photo", 2)):
        expected = draws.columns(quantity, 0, high, 4).long()  # none of these is rounded up
        assert torch.equal(draws.integer_columns(quantity, high, 4), expected)


def test_more_than_usual_may_be_asked_for_within_memory() -> None:
    assert (drawn_count(10, None), drawn_count(10, 3), drawn_count(10, 30)) == (10, 10, 30)
    with pytest.raises(InputError, match="at most"):
        drawn_count(10, MOST_IMAGES + 1)
