import math

import numpy as np
import pytest
import torch
from sklearn.metrics import (
    accuracy_score,
    average_precision_score,
    balanced_accuracy_score,
    log_loss,
    roc_auc_score,
)

from mtlue import Categorical, InputError
from mtlue.tasks import UnknownLabelError, task_from_json

TASK = Categorical("animal", ("cat", "dog", "cow", "hen", "owl"))


def draw(count: int = 200) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(1)
    labels = torch.randint(-1, 4, (count,), generator=generator)  # some missing, class owl never
    return torch.randn(count, 5, generator=generator), labels


def test_loss_is_cross_entropy_over_present_labels() -> None:
    logits, labels = draw()
    present = labels >= 0
    expected = log_loss(labels[present], logits[present].double().softmax(1), labels=range(5))
    assert float(TASK.loss(logits, labels)) == pytest.approx(expected, rel=1e-5)


def test_loss_without_any_label_is_zero_and_has_a_gradient() -> None:
    logits = torch.randn(3, 5, requires_grad=True)
    loss = TASK.loss(logits, torch.full((3,), -1))
    loss.backward()
    assert loss.item() == 0
    assert logits.grad is not None
    assert not logits.grad.any()


def test_scores_agree_with_scikit_learn() -> None:
    logits, labels = draw()
    present = labels >= 0
    predicted = logits.argmax(1)[present]
    scores = TASK.score(logits, labels)
    assert scores["accuracy"] == pytest.approx(accuracy_score(labels[present], predicted))
    recalls = [np.mean((predicted[labels[present] == c] == c).numpy()) for c in range(4)]
    assert scores["balanced_accuracy"] == pytest.approx(np.mean(recalls), rel=1e-5)


def test_balanced_accuracy_agrees_with_scikit_learn_where_every_class_occurs() -> None:
    labels = torch.arange(100) % 5
    logits = torch.randn(100, 5, generator=torch.Generator().manual_seed(2))
    assert TASK.score(logits, labels)["balanced_accuracy"] == pytest.approx(
        balanced_accuracy_score(labels, logits.argmax(1)), rel=1e-5
    )


def test_rankings_agree_with_scikit_learn() -> None:
    logits, labels = draw()
    present = labels >= 0
    scores, probability, true = TASK.score(logits, labels), logits.softmax(1)[present], labels[present]
    areas = [roc_auc_score(true == c, probability[:, c]) for c in range(4)]
    precisions = [average_precision_score(true == c, probability[:, c]) for c in range(4)]
    assert scores["auc"] == pytest.approx(np.mean(areas), rel=1e-5)
    assert scores["average_precision"] == pytest.approx(np.mean(precisions), rel=1e-5)


def test_rankings_of_two_classes_are_those_of_the_second() -> None:
    task = Categorical("mood", ("no", "yes"))
    generator = torch.Generator().manual_seed(3)
    logits, labels = torch.randn(90, 2, generator=generator), torch.randint(2, (90,), generator=generator)
    scores, probability = task.score(logits, labels), logits.softmax(1)[:, 1]
    assert scores["auc"] == pytest.approx(roc_auc_score(labels, probability), rel=1e-5)
    assert scores["average_precision"] == pytest.approx(average_precision_score(labels, probability), rel=1e-5)
    assert math.isnan(task.score(logits, torch.ones(90, dtype=torch.int64))["auc"])


def test_scores_without_any_label_are_nan() -> None:
    assert all(math.isnan(value) for value in TASK.score(torch.randn(2, 5), torch.tensor([-1, -1])).values())
    assert all(math.isnan(value) for value in TASK.meter().scores().values())


def test_trivial_predictor_is_the_training_majority() -> None:
    scores = TASK.trivial(torch.tensor([1, 1, 0, -1]), torch.tensor([0, 1, 1, 1, -1]))
    assert scores == {
        "accuracy": pytest.approx(0.75),
        "balanced_accuracy": pytest.approx(0.5),
        "auc": pytest.approx(0.5),
        "average_precision": pytest.approx((1 / 4 + 3 / 4) / 2),
    }


@pytest.mark.parametrize("count", [2, 3, 9, 10])
def test_wrong_target_is_never_right_and_missing_stays_missing(count: int) -> None:
    task = Categorical("t", tuple(map(str, range(count))))
    labels = torch.arange(-1, count)
    wrong = task.wrong_target(labels)
    assert wrong[0] == -1
    assert (wrong[1:] != labels[1:]).all()
    assert ((wrong[1:] >= 0) & (wrong[1:] < count)).all()
    assert wrong[1] == count // 2


def test_json_round_trip() -> None:
    assert task_from_json(TASK.to_json()) == TASK


@pytest.mark.parametrize("classes", [(), ("only",), ("twice", "twice")])
def test_impossible_classes_are_refused_by_name(classes: tuple[str, ...]) -> None:
    with pytest.raises(InputError, match="'t'"):
        Categorical("t", classes)


def test_cells_are_parsed_as_they_are_written() -> None:
    labels = torch.tensor([0, -1, 4])
    texts = [TASK.format(label) for label in labels]
    assert texts == ["cat", "", "owl"]
    assert TASK.parse([text or None for text in texts]).tolist() == labels.tolist()
    with pytest.raises(UnknownLabelError, match=r"'fox'.*known: cat, dog") as caught:
        TASK.parse(["cat", None, "fox"])
    assert caught.value.position == 2
