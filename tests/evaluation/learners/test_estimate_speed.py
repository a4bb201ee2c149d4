"""How fast the machine is: the fastest of several steps, the first of which says nothing."""

from collections.abc import Iterable

import pytest

from mtlue.evaluation.learners.work import fastest_of


@pytest.mark.parametrize(
    ("steps", "fastest", "taken"),
    [
        ([0.9, 0.6, 0.2, 0.4, 0.1], 0.2, 4),  # three after the first, however long they take
        ([0.1, 0.25, 0.2, 0.25, 0.3], 0.2, 4),
        ([0.1, 0.1, 0.11, 0.1, 0.09, 0.1, 0.01], 0.09, 6),  # until half a second is over
        ([4.0, 2.0, 1.0], 2.0, 2),  # at most ten times as long
        ([60.0, 1.0], 60.0, 1),
    ],
)
def test_fastest_step(steps: Iterable[float], fastest: float, taken: int) -> None:
    left = iter(steps)
    count = 0

    def step() -> float:
        nonlocal count
        count += 1
        return next(left)

    assert fastest_of(step, 0.5) == fastest
    assert count == taken
