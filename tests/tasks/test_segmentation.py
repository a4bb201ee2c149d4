"""Segmentation against plain NumPy, and what it makes of a mask's numbers."""

import numpy as np
import pytest
import torch

from mtlue import InputError
from mtlue.tasks import Segmentation, UnusableMapError, task_from_json

TASK = Segmentation("scene", ("sky", "road", "tree"))
GENERATOR = np.random.default_rng(0)
LABELS = GENERATOR.integers(-1, 3, (4, 6, 5))
LOGITS = GENERATOR.normal(size=(4, 3, 6, 5)).astype("float32")


def test_scores_and_loss_equal_plain_numpy() -> None:
    predicted, present = LOGITS.argmax(1), LABELS >= 0
    shares = []
    for index in range(3):
        hit = ((predicted == index) & (index == LABELS))[present].sum()
        either = ((predicted == index) | (index == LABELS))[present].sum()
        shares.append(hit / either)
    scores = TASK.score(torch.from_numpy(LOGITS), torch.from_numpy(LABELS))
    assert scores["mean_iou"] == pytest.approx(np.mean(shares))
    assert scores["pixel_accuracy"] == pytest.approx((predicted == LABELS)[present].mean())
    logs = LOGITS - np.log(np.exp(LOGITS).sum(1, keepdims=True))
    chosen = np.take_along_axis(logs, LABELS.clip(0)[:, None], 1)[:, 0]
    loss = TASK.loss(torch.from_numpy(LOGITS), torch.from_numpy(LABELS.astype("int16")))
    assert float(loss) == pytest.approx(-chosen[present].mean(), rel=1e-5)


def test_the_trivial_predictor_says_the_commonest_class_of_each_pixel() -> None:
    train = np.random.default_rng(3).integers(-1, 3, (9, 6, 5))
    train[:, 2, 2] = -1  # no label: the commonest class of all pixels
    train[:3, 0] = 2
    counts = np.stack([(train == index).sum(0) for index in range(3)])
    guess = np.where(counts.sum(0) > 0, counts.argmax(0), counts.sum((1, 2)).argmax())
    present = LABELS >= 0
    either = [((guess == c) & present) | (c == LABELS) for c in range(3)]
    shares = [((guess == c) & (c == LABELS)).sum() / either[c].sum() for c in range(3)]
    trivial = TASK.trivial(torch.from_numpy(train), torch.from_numpy(LABELS))
    assert trivial["pixel_accuracy"] == pytest.approx((guess == LABELS)[present].mean())
    assert trivial["mean_iou"] == pytest.approx(np.mean(shares))


def test_wrong_targets_are_other_classes_and_keep_what_is_unlabelled() -> None:
    labels = torch.from_numpy(LABELS)
    wrong = TASK.wrong_target(labels)
    assert torch.equal(wrong == -1, labels == -1)
    assert bool((wrong != labels)[labels >= 0].all())


def test_codes_and_colours_stand_for_classes() -> None:
    coded = Segmentation("scene", ("a", "b"), codes=(7, 40), ignore=(255,))
    label, _ = coded.read(np.array([[7, 40], [255, -1]]))
    assert label.tolist() == [[0, 1], [-1, -1]]
    painted = Segmentation("scene", ("a", "b"), codes=((1, 2, 3), (9, 9, 9)), ignore=((0, 0, 0),))
    label, _ = painted.read(np.array([[[1, 2, 3], [9, 9, 9], [0, 0, 0]]], np.uint8))
    assert label.tolist() == [[0, 1, -1]]
    assert task_from_json(painted.to_json()) == painted


@pytest.mark.parametrize(
    ("values", "why"),
    [
        (np.array([[0, 3]]), "the number 3 in 1 pixel"),
        (np.array([[0.5, 1]]), "not whole"),
        (np.array([[np.nan, 1]]), "not whole"),
        (np.zeros((2, 2, 3)), "its shape is 2x2x3"),
        (np.array([["a"]]), "not numbers"),
    ],
)
def test_what_is_no_mask_is_refused(values: np.ndarray, why: str) -> None:
    with pytest.raises(UnusableMapError, match=why):
        TASK.read(values)


def test_unknown_colours_are_named() -> None:
    painted = Segmentation("scene", ("a", "b"), codes=((1, 2, 3), (9, 9, 9)))
    with pytest.raises(UnusableMapError, match="#ff0000"):
        painted.read(np.array([[[255, 0, 0]]], np.uint8))


def test_labels_out_of_range_are_a_fault() -> None:
    assert TASK.first_invalid(torch.tensor([[[0, -1]], [[2, 3]]])) == (1, "label 3 is outside -1 (missing) to 2")
    assert TASK.first_invalid(torch.from_numpy(LABELS)) is None
    with pytest.raises(InputError, match="a code with two meanings"):
        Segmentation("scene", ("a", "b"), codes=(0, 1), ignore=(1,))
