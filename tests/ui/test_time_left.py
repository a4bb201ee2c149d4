"""The time that a page says is left: at the speed that the stage has shown, with no fall to nothing and no jump up."""

from collections.abc import Iterator
from itertools import pairwise

import pytest

from mtlue.ui.wording.time_left import AtHand, Part, left_of_parts, left_of_told
from mtlue.ui.workspace.rows import StepProgress

PARTS = [Part("surrogate", 40.0), Part("generator", 50.0), Part("learner", 10.0), Part("learner", 10.0)]
EPOCHS = 10
"""Steps of each part, alike."""


def told(slowness: float, says: bool = True, parts: list[Part] = PARTS) -> Iterator[tuple[float, float]]:
    """What is left, and what a page says of it, second by second, on a machine that is so many times as slow."""
    whole = sum(part.seconds for part in parts) * slowness
    begun, finished = 0.0, dict[str, tuple[int, float]]()
    for part in parts:
        takes = part.seconds * slowness
        for second in range(int(takes)):
            done = int(second / takes * EPOCHS)
            progress = StepProgress(f"{part.step} one", done, EPOCHS, 0.0, done * takes / EPOCHS, says)
            hand = AtHand.of(progress, float(second))
            yield whole - begun - second, left_of_parts(parts, finished, hand)
        count, taken = finished.get(part.step, (0, 0.0))
        finished[part.step] = count + 1, taken + takes
        begun += takes


@pytest.mark.parametrize("slowness", [0.5, 1.0, 3.8])
def test_it_follows_the_speed_that_was_observed(slowness: float) -> None:
    shown = list(told(slowness))
    whole, first = shown[0][0], len(shown) // 5  # from when a part has shown its speed
    assert all(0.7 * true < said < 1.3 * true + 2 for true, said in shown[first:]), whole
    steps = [later - before for (_, before), (_, later) in pairwise(shown[first:])]
    assert max(steps) < 0.05 * whole  # it does not jump


def test_a_part_that_says_nothing_slows_the_others_once_it_runs_over_its_share() -> None:
    shown = list(told(3.8, says=False))
    assert all(said > 0.1 * true for true, said in shown if true > 40)
    assert shown[0][1] == pytest.approx(110.0)
    steps = [later - before for (_, before), (_, later) in pairwise(shown)]
    assert max(steps) < 10


def test_what_an_earlier_run_has_done_does_not_count() -> None:
    hand = AtHand("generator", 0.0, None)
    assert left_of_parts(PARTS, {"reading": (1, 9.0)}, hand) == pytest.approx(70.0)


def test_a_step_besides_the_parts_has_what_it_tells_itself() -> None:
    assert left_of_parts(PARTS, {}, AtHand("reading", 5.0, 5.0)) == pytest.approx(115.0)
    assert left_of_parts([], {}, AtHand("reading", 5.0, None)) == 0
    assert left_of_parts(PARTS, {"learner": (2, 20.0)}, AtHand("verifying", 5.0, 5.0)) == 5


def test_what_a_job_told_shrinks_until_the_part_at_hand_runs_over() -> None:
    def said(since: float) -> float:
        return left_of_told(100.0, since, this=20.0, others=80.0)

    assert (said(0), said(20)) == (100, 80)
    assert said(40) == 160  # it takes twice as long: so will the others
    assert left_of_told(100.0, 130.0, 0.0, 0.0) == 0
