import math

import numpy as np
import pytest
import torch
from sklearn.metrics import mean_absolute_error, r2_score

from mtlue import InputError, Regression
from mtlue.tasks import UnknownLabelError, task_from_json

TASK = Regression("age", low=20.0, high=60.0)


def draw() -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    labels = 20 + 40 * torch.rand(100, generator=generator)
    labels[::7] = math.nan
    return torch.rand(100, 1, generator=generator), labels


def test_scores_agree_with_scikit_learn() -> None:
    prediction, labels = draw()
    present = ~labels.isnan()
    predicted = (20 + 40 * prediction[:, 0])[present].double()
    scores = TASK.score(prediction, labels)
    assert scores["absolute_error"] == pytest.approx(mean_absolute_error(labels[present].double(), predicted), rel=1e-6)
    assert scores["r2"] == pytest.approx(r2_score(labels[present].double(), predicted), rel=1e-5)


def test_loss_of_the_middle_is_about_one_on_evenly_spread_numbers() -> None:
    labels = torch.linspace(20, 60, 1001)
    assert float(TASK.loss(torch.full((1001, 1), 0.5), labels)) == pytest.approx(1, rel=0.01)


def test_missing_labels_count_nowhere() -> None:
    prediction, labels = draw()
    other = torch.where(labels.isnan()[:, None], prediction + 5, prediction)
    assert torch.equal(TASK.loss(prediction, labels), TASK.loss(other, labels))
    assert TASK.score(prediction, labels) == TASK.score(other, labels)
    assert TASK.correct(prediction, labels)[1] == float((~labels.isnan()).sum())
    none = torch.full((4,), math.nan)
    prediction = torch.randn(4, 1, requires_grad=True)
    loss = TASK.loss(prediction, none)
    loss.backward()
    assert loss.item() == 0
    assert math.isnan(TASK.score(prediction.detach(), none)["r2"])


def test_the_wrong_target_is_half_a_range_away() -> None:
    labels = torch.tensor([20.0, 30.0, 40.0, 59.0, math.nan])
    wrong = TASK.wrong_target(labels)
    assert torch.allclose(wrong[:4], torch.tensor([40.0, 50.0, 20.0, 39.0]))
    assert wrong[4].isnan()


def test_trivial_is_the_median_and_the_mean() -> None:
    train, test = torch.tensor([20.0, 20.0, 50.0]), torch.tensor([20.0, 60.0, 40.0])
    scores = TASK.trivial(train, test)
    assert scores["absolute_error"] == pytest.approx(np.mean([0, 40, 20]))
    assert scores["r2"] == pytest.approx(r2_score(test, [30, 30, 30]))


def test_anchor_weights_mix_the_two_nearest_places() -> None:
    weights = TASK.anchor_weights(torch.tensor([20.0, 22.5, 60.0, 99.0, math.nan]))
    assert torch.allclose(weights.sum(1), torch.ones(5))
    assert weights[0, 0] == 1
    assert weights[1, :2].tolist() == [0.5, 0.5]
    assert weights[2, -1] == weights[3, -1] == 1


def test_labels_survive_text() -> None:
    labels = TASK.parse(["20.5", "1e1", None])
    assert [TASK.format(label) for label in labels] == ["20.5", "10", ""]
    assert TASK.format(TASK.parse(["1234567890123"])[0]) == "1234567890123"
    with pytest.raises(UnknownLabelError, match="'old' of task 'age'"):
        TASK.parse(["3", "old"])
    assert task_from_json(TASK.to_json()) == TASK


def test_a_range_needs_two_numbers() -> None:
    with pytest.raises(InputError, match="differ"):
        Regression("x", low=1.0, high=1.0)
