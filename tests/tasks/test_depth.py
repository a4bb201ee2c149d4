"""Depth against plain NumPy, and what it makes of a file's numbers."""

import numpy as np
import pytest
import torch

from mtlue.tasks import Depth, UnusableMapError

TASK = Depth("depth", high=10)
GENERATOR = np.random.default_rng(0)
DEPTH = np.where(GENERATOR.random((4, 6, 5)) < 0.3, 0, GENERATOR.uniform(1, 9, (4, 6, 5))).astype("float32")
GUESS = GENERATOR.uniform(1, 9, (4, 1, 6, 5)).astype("float32")


def test_scores_and_loss_equal_plain_numpy() -> None:
    present = DEPTH > 0
    error = np.abs(10 * GUESS[:, 0] - DEPTH)[present]
    scores = TASK.score(torch.from_numpy(GUESS), torch.from_numpy(DEPTH))
    assert scores["absolute_error"] == pytest.approx(error.mean(), rel=1e-5)
    assert scores["relative_error"] == pytest.approx((error / DEPTH[present]).mean(), rel=1e-5)
    assert float(TASK.loss(torch.from_numpy(GUESS), torch.from_numpy(DEPTH))) == pytest.approx(error.mean(), 1e-5)


@pytest.mark.parametrize("factor", [0.1, 1000.0])
def test_the_loss_does_not_depend_on_the_unit(factor: float) -> None:
    other = Depth("depth", high=10 * factor)
    label, guess = torch.from_numpy(DEPTH), torch.from_numpy(GUESS)
    assert other.loss(guess, label * factor).item() == pytest.approx(TASK.loss(guess, label).item(), rel=1e-5)
    assert other.chance_loss == TASK.chance_loss == 2.5


def test_no_constant_beats_the_trivial_predictor_on_its_training_images() -> None:
    labels = torch.from_numpy(DEPTH)
    best = TASK.trivial(labels, labels)
    for guess in np.linspace(1, 9, 50):
        scores = TASK.score(torch.full((4, 1, 6, 5), guess / 10), labels)
        assert all(best[name] <= scores[name] + 1e-6 for name in scores)


def test_the_trivial_predictor_says_the_median_of_each_pixel() -> None:
    train = DEPTH.copy()
    train[:, 3, 3] = 0  # no label: the median of all pixels
    test = np.random.default_rng(4).uniform(1, 9, (3, 6, 5)).astype("float32")
    known = np.sort(train[train > 0])

    def constant(weighed: bool) -> np.ndarray:
        found = np.empty(test.shape[1:])
        for place in np.ndindex(found.shape):
            here = np.sort(train[(slice(None), *place)])
            values = here[here > 0] if here.any() else known
            shares = np.cumsum(1 / values.astype(float)) if weighed else np.arange(1, len(values) + 1)
            found[place] = values[(shares < shares[-1] / 2).sum()]
        return found

    scores = TASK.trivial(torch.from_numpy(train), torch.from_numpy(test))
    assert scores["absolute_error"] == pytest.approx(np.abs(constant(False) - test).mean(), rel=1e-5)
    assert scores["relative_error"] == pytest.approx((np.abs(constant(True) - test) / test).mean(), rel=1e-5)


def test_without_any_training_depth_nothing_is_trivial() -> None:
    scores = TASK.trivial(torch.zeros(2, 6, 5), torch.from_numpy(DEPTH))
    assert all(np.isnan(value) for value in scores.values())


def test_wrong_targets_turn_near_into_far() -> None:
    wrong = TASK.wrong_target(torch.tensor([[[2.0, 4.0], [0.0, 5.0]]]))
    assert wrong.tolist() == [[[5.0, 3.0], [0.0, 2.0]]]


def test_wrong_targets_are_never_almost_the_depth_itself() -> None:
    flat = torch.tensor(
        [[[3.0, 3.0], [3.0, 0.0]], [[8.0, 0.0], [0.0, 0.0]], [[4.0, 5.0], [6.0, 5.5]], [[1e-9, 10], [5, 0]]]
    )
    wrong = TASK.wrong_target(flat)
    assert wrong[0].tolist() == [[8, 8], [8, 0]]
    assert wrong[1].tolist() == [[3, 0], [0, 0]]
    assert wrong[2].tolist() == [[6, 10], [4, 4.5]]
    assert torch.equal(wrong > 0, flat > 0)
    assert bool(((wrong - flat).abs() >= 1)[flat > 0].all())


def test_units_and_holes() -> None:
    millimetres = Depth("depth", high=10, scale=0.001)
    label, notes = millimetres.read(np.array([[0, 1500]], np.uint16))
    assert label.tolist() == [[0, 1.5]]
    assert notes == ()
    label, notes = TASK.read(np.array([[np.nan, 1.5], [np.inf, 2]])[:, :, None])
    assert label.tolist() == [[0, 1.5], [0, 2]]
    assert "2 pixels are no numbers: they count" in notes[0]


@pytest.mark.parametrize(
    ("values", "why"),
    [(np.array([[-1.0, 2]]), "negative"), (np.array([[1500.0]]), "'scale'"), (np.zeros(3), "shape")],
)
def test_what_is_no_depth_is_refused(values: np.ndarray, why: str) -> None:
    with pytest.raises(UnusableMapError, match=why):
        TASK.read(values)
