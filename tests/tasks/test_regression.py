import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import mean_absolute_error, r2_score

from mtlue import InputError, Regression
from mtlue.data import Batch
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


def test_trivial_without_a_training_label_is_unknown() -> None:
    scores = TASK.trivial(torch.full((3,), math.nan), torch.tensor([20.0, 60.0]))
    assert all(math.isnan(value) for value in scores.values())


def test_anchor_weights_mix_the_two_nearest_places() -> None:
    weights = TASK.anchor_weights(torch.tensor([20.0, 22.5, 60.0, 99.0, math.nan]))
    assert weights.sum(1).tolist() == pytest.approx([1, 1, 1, 1, 0])  # nothing of a missing label
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


def test_a_narrow_range_far_from_zero_keeps_its_labels() -> None:
    low = 1_700_000_000.0
    task, labels = Regression("when", low, low + 100), low + torch.tensor([0.0, 1, 50, 99, 100], dtype=torch.float64)
    exact = Regression("when", 0.0, 100.0)
    assert torch.equal(task.anchor_weights(labels), exact.anchor_weights(labels - low))
    batch = Batch(torch.zeros(5, 1, 8, 8, dtype=torch.uint8), {"when": labels}, list("abcde")).to(torch.device("cpu"))
    assert torch.equal(batch.labels["when"], labels)
    prediction = torch.tensor([[0.0], [0.01], [0.5], [0.99], [1.0]])
    assert float(task.loss(prediction, labels)) < 1e-9
    assert task.score(prediction, labels)["absolute_error"] < 1e-4
    wrong = task.wrong_target(labels)
    assert wrong.dtype == torch.float64
    torch.testing.assert_close(wrong - low, exact.wrong_target(labels - low), atol=1e-4, rtol=0)
    assert task.describe() == "1700000000 to 1700000100"


@settings(deadline=None)
@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_is_written_so_that_it_is_read_back(number: float) -> None:
    text = TASK.format(torch.tensor(number, dtype=torch.float64))
    assert float(text) == number
    single = torch.tensor(number, dtype=torch.float64).float()
    assert single.isinf() or torch.tensor(float(TASK.format(single))).float() == single


def test_numbers_of_single_precision_have_no_more_digits_than_they_hold() -> None:
    assert TASK.format(torch.tensor(0.1)) == "0.1"
    assert TASK.format(torch.tensor(1 / 3, dtype=torch.float64)) == "0.3333333333333333"


def test_one_number_has_an_error_and_no_share_of_a_variance() -> None:
    scores = Regression("x", 0.0, 10.0).score(torch.tensor([[0.5]]), torch.tensor([7.0]))
    assert scores["absolute_error"] == pytest.approx(2.0)
    assert math.isnan(scores["r2"])


def test_a_range_needs_two_numbers() -> None:
    with pytest.raises(InputError, match="differ"):
        Regression("x", low=1.0, high=1.0)


class TestSeveralNumbers:
    task = Regression("corners", low=-1.0, high=3.0, size=3)

    def draw(self) -> tuple[torch.Tensor, torch.Tensor]:
        generator = torch.Generator().manual_seed(1)
        labels = (4 * torch.rand(40, 3, generator=generator) - 1).double()
        labels[::3, 1] = math.nan
        labels[::5] = math.nan
        return torch.rand(40, 3, generator=generator), labels

    def test_scores_are_means_over_the_numbers(self) -> None:
        prediction, labels = self.draw()
        pairs = []
        for index in range(3):
            present = ~labels[:, index].isnan()
            pairs.append((labels[present, index], (4 * prediction[present, index] - 1).double()))
        scores = self.task.score(prediction, labels)
        assert scores["absolute_error"] == pytest.approx(np.mean([mean_absolute_error(*pair) for pair in pairs]))
        assert scores["r2"] == pytest.approx(np.mean([r2_score(*pair) for pair in pairs]), rel=1e-5)
        error = np.concatenate([(truth - guess).numpy() for truth, guess in pairs])
        assert float(self.task.loss(prediction, labels)) == pytest.approx(12 * np.mean((error / 4) ** 2), rel=1e-5)
        right, counted = self.task.correct(prediction, labels)
        assert int(right) == (np.abs(error) <= 0.4).sum()
        assert int(counted) == len(error)

    def test_trivial_is_the_median_and_the_mean_of_each(self) -> None:
        train, test = self.draw()[1].numpy(), np.random.default_rng(0).uniform(-1, 3, (7, 3))
        scores = self.task.trivial(torch.from_numpy(train), torch.from_numpy(test))
        columns = [np.sort(column[~np.isnan(column)]) for column in train.T]
        middle = np.array([values[(len(values) - 1) // 2] for values in columns])
        assert scores["absolute_error"] == pytest.approx(np.abs(test - middle).mean())
        mean = np.broadcast_to(np.nanmean(train, 0), test.shape)
        assert scores["r2"] == pytest.approx(r2_score(test, mean))

    def test_each_number_may_have_a_range_of_its_own(self) -> None:
        """Then all is as if every number were a task of its own."""
        task, (prediction, _) = Regression("pose", (0.0, -5.0, 0.0), (1.0, 5.0, 1000.0), size=3), self.draw()
        singles = [Regression(f"{i}", low, high) for i, (low, high) in enumerate([(0, 1), (-5, 5), (0, 1000)])]
        labels = prediction.flip(0).double() * torch.tensor([1.0, 10, 1000]) - torch.tensor([0.0, 5, 0])
        columns = list(zip(singles, prediction.split(1, 1), labels.unbind(1), strict=True))
        losses = [single.loss(its, label) for single, its, label in columns]
        torch.testing.assert_close(task.loss(prediction, labels), torch.stack(losses).mean())
        wrong = torch.stack([single.wrong_target(label) for single, _, label in columns], dim=1)
        torch.testing.assert_close(task.wrong_target(labels), wrong, rtol=1e-5, atol=1e-4)
        weights = torch.cat([single.anchor_weights(label) for single, _, label in columns], dim=1) / 3
        torch.testing.assert_close(task.anchor_weights(labels), weights)
        errors = [single.score(its, label)["absolute_error"] for single, its, label in columns]
        assert task.score(prediction, labels)["absolute_error"] == pytest.approx(np.mean(errors), rel=1e-5)
        assert task.describe() == "3 numbers, 0 to 1, -5 to 5, 0 to 1000"
        assert task_from_json(task.to_json()) == task
        with pytest.raises(InputError, match="give 'low' and 'high' once, or for each"):
            Regression("pose", (0.0, 1.0), 2.0, size=3)

    def test_wrong_targets_keep_what_is_missing(self) -> None:
        wrong = self.task.wrong_target(torch.tensor([[-1.0, 2.0, math.nan]]))
        assert torch.allclose(wrong, torch.tensor([[1.0, 0.0, math.nan]]), equal_nan=True)

    def test_every_number_has_an_equal_share_of_the_maps(self) -> None:
        weights = self.task.anchor_weights(torch.tensor([[-1.0, 3.0, math.nan]])).reshape(3, 9)
        assert self.task.anchors == 27
        assert torch.allclose(weights.sum(1), torch.full((3,), 1 / 3))
        assert weights[0, 0] == weights[1, 8] == pytest.approx(1 / 3)
        assert torch.allclose(weights[2], torch.full((9,), 1 / 27))

    def test_only_images_without_any_number_are_unlabelled(self) -> None:
        labels = torch.tensor([[1.0, math.nan, 2.0], [math.nan] * 3])
        assert self.task.unlabelled(labels).tolist() == [False, True]
        assert TASK.unlabelled(labels[:, 0]).tolist() == [False, True]

    def test_labels_survive_text(self) -> None:
        labels = torch.from_numpy(self.task.parse(["1.5 2 3", None, "0  nan 1e-1"]))
        assert [self.task.format(label) for label in labels] == ["1.5 2 3", "", "0 nan 0.1"]
        assert self.task.first_invalid(labels) is None
        assert task_from_json(self.task.to_json()) == self.task
        for text in ("1 2", "1 2 x", "1 2 inf"):
            with pytest.raises(UnknownLabelError, match=f"'{text}' of task 'corners' is not 3 numbers"):
                self.task.parse(["1 2 3", text])

    def test_other_shapes_are_a_fault(self) -> None:
        fault = self.task.first_invalid(torch.zeros(2))
        assert fault is not None
        assert "3 numbers" in fault[1]
        fault = self.task.first_invalid(torch.tensor([[0.0, 0, 0], [0, 0, math.inf]]))
        assert fault == (1, "the label is infinite")
        with pytest.raises(InputError, match="0 numbers per image: give 1 to"):
            Regression("x", size=0)
