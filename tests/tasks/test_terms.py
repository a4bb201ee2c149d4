"""Tests of learners: what counts, who is taken for what, and bootstrap draws, against independent computations."""

import json
import math
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from sklearn.metrics import average_precision_score, confusion_matrix, recall_score, roc_auc_score
from task_examples import EXAMPLES, Example
from terms_half import show_half
from torch import Tensor
from torch.multiprocessing.spawn import start_processes

from mtlue.evaluation.learners.testing import REPLICATES, Terms, Trivial, trivial_test
from mtlue.tasks import Categorical, LabelColumn, Scores, Segmentation

START = "fork" if sys.platform == "linux" else "spawn"
by_kind = pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.task.name)
GENDER = Categorical("gender", ("Men", "Women", "Unisex", "Girls", "Boys"))
IMAGES = {"Men": 60, "Women": 50, "Unisex": 20, "Girls": 3, "Boys": 1}
TRUTH = torch.arange(5).repeat_interleave(torch.tensor(list(IMAGES.values())))


def logits(seed: int = 0) -> Tensor:
    noise = torch.randn(len(TRUTH), 5, generator=torch.Generator().manual_seed(seed))
    return noise + torch.nn.functional.one_hot(TRUTH, 5)


def drawn(terms: Terms, draw: int) -> Tensor:
    """The images of one draw, each as often as it is taken."""
    return torch.arange(terms.images).repeat_interleave(terms.times[draw])


@by_kind
def test_each_draw_is_a_test_set_of_its_own(example: Example) -> None:
    prediction, label = example.draw(40)
    terms = Terms(40, {example.task.name: {}})
    test = terms.test(example.task)
    for part in (slice(0, 15), slice(15, 16), slice(16, 40)):
        test.update(prediction[part], label[part])
    values = test.replicates()
    assert len(values) == REPLICATES
    for draw in (0, 1, 50, 99):
        rows = drawn(terms, draw)
        assert values[draw] == pytest.approx(
            example.task.score(prediction[rows], label[rows])[example.task.headline], rel=6e-6
        )
    assert test.scores() == example.task.score(prediction, label)


@by_kind
def test_other_metrics_than_the_headline_can_be_drawn(example: Example) -> None:
    prediction, label = example.draw(30)
    terms = Terms(30, {example.task.name: {}})
    for metric in example.task.metrics:
        test = terms.test(example.task)
        test.headline = metric
        test.update(prediction, label)
        rows = drawn(terms, 7)
        expected = example.task.score(prediction[rows], label[rows])[metric]
        assert test.replicates()[7] == pytest.approx(expected, rel=6e-6)


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_two_processes_find_what_one_does(tmp_path: Path) -> None:
    start_processes(show_half, args=(str(tmp_path),), nprocs=2, start_method=START)
    first, second = (json.loads((tmp_path / f"{rank}.json").read_text()) for rank in (0, 1))
    assert first == second
    for example in EXAMPLES:
        prediction, label = example.draw()
        test = Terms(len(label), {example.task.name: {}}).test(example.task)
        test.update(prediction, label)
        replicates, confusion, scores = first[example.task.name]
        assert replicates == pytest.approx(test.replicates(), nan_ok=True)
        assert confusion == test.confusion()
        assert scores == pytest.approx(test.scores(), rel=1e-12)


def test_draws_depend_on_the_number_of_images_alone_and_move_no_stream() -> None:
    before, numpys = torch.get_rng_state(), np.random.get_state(legacy=True)
    first, again = Terms(50, {}).times, Terms(50, {"a": {"x": 3}}).times
    assert torch.equal(first, again)
    assert first.shape == (REPLICATES, 50)
    assert (first.sum(1) == 50).all()
    assert not torch.equal(first[:, :40], Terms(40, {}).times)
    assert torch.equal(before, torch.get_rng_state())
    assert repr(numpys) == repr(np.random.get_state(legacy=True))


def test_the_draws_spread_as_the_binomial_distribution_does() -> None:
    task = Categorical("mood", ("no", "yes"))
    label = torch.arange(400) % 2
    right = torch.arange(400) % 10 < 8
    test = Terms(400, {"mood": {"no": 200, "yes": 200}}).test(task)
    test.update(torch.nn.functional.one_hot(torch.where(right, label, 1 - label), 2).float(), label)
    assert np.std(test.replicates()) == pytest.approx(math.sqrt(0.8 * 0.2 / 400), rel=0.2)


class TestRareClasses:
    terms = Terms(len(TRUTH), {"gender": IMAGES})

    def test_those_with_fewer_than_twenty_images_do_not_count(self) -> None:
        assert self.terms.uncounted(GENDER) == {"Girls": 3, "Boys": 1}
        test = self.terms.test(GENDER)
        test.update(logits(), TRUTH)
        scores, predicted = test.scores(), logits().argmax(1)
        recalls = recall_score(TRUTH, predicted, labels=[0, 1, 2], average=None)
        assert scores["balanced_accuracy"] == pytest.approx(recalls.mean(), rel=1e-5)
        probability = logits().softmax(1)
        for metric, score in (("auc", roc_auc_score), ("average_precision", average_precision_score)):
            expected = np.mean([score(c == TRUTH, probability[:, c]) for c in range(3)])
            assert scores[metric] == pytest.approx(expected, rel=1e-5)
        assert scores["accuracy"] == pytest.approx(float((predicted == TRUTH).float().mean()))

    def test_neither_in_draws_nor_for_the_trivial_predictor(self) -> None:
        test = self.terms.test(GENDER)
        test.update(logits(), TRUTH)
        for draw in (0, 50):
            rows = drawn(self.terms, draw)
            recalls = recall_score(TRUTH[rows], logits().argmax(1)[rows], labels=[0, 1, 2], average=None)
            assert test.replicates()[draw] == pytest.approx(recalls.mean(), rel=6e-6)
        trivial = trivial_test(GENDER, TRUTH, TRUTH, self.terms)
        assert trivial.scores["balanced_accuracy"] == pytest.approx(1 / 3)
        assert trivial.scores["auc"] == pytest.approx(0.5)
        assert trivial.replicates == []

    def test_one_photo_decides_nothing(self) -> None:
        spoiled = logits()
        spoiled[-1] = torch.tensor([0.0, 0, 0, 0, 99])  # the only boy is recognised
        missed = logits()
        missed[-1] = torch.tensor([99.0, 0, 0, 0, 0])
        scores = []
        for prediction in (spoiled, missed):
            test = self.terms.test(GENDER)
            test.update(prediction, TRUTH)
            scores.append(test.scores()["balanced_accuracy"])
        assert scores[0] == scores[1]

    def test_where_all_have_twenty_nothing_changes(self) -> None:
        label = torch.arange(100) % 5
        prediction = torch.randn(100, 5, generator=torch.Generator().manual_seed(1))
        test = Terms(100, {"gender": dict.fromkeys(IMAGES, 20)}).test(GENDER)
        test.update(prediction, label)
        assert test.scores() == GENDER.score(prediction, label)

    @pytest.mark.parametrize("images", [{"a": 19, "b": 500}, {"a": 5, "b": 3, "c": 0}, {}])
    def test_where_fewer_than_two_have_twenty_all_count(self, images: dict[str, int]) -> None:
        assert GENDER.uncounted(images) == {}

    @pytest.mark.parametrize(
        ("images", "judged"),
        [
            ({"a": 20, "b": 20, "c": 1}, True),
            ({"a": 500, "b": 19}, False),
            ({f"rare {i}": 15 for i in range(47)}, True),
            ({f"rare {i}": 2 for i in range(47)}, False),
            ({}, False),
        ],
    )
    def test_a_task_is_judged_by_two_classes_that_count_or_by_many_rare_ones(
        self, images: dict[str, int], judged: bool
    ) -> None:
        assert GENDER.is_judged(images, sum(images.values())) is judged

    def test_numbers_are_judged_by_as_many_labels_as_make_a_class_count(self) -> None:
        age = next(example.task for example in EXAMPLES if not example.task.meter().over_classes)
        assert [age.is_judged({}, labelled) for labelled in (19, 20)] == [False, True]

    def test_masks_count_images_and_leave_the_class_out_of_the_mean_alone(self) -> None:
        task = Segmentation("scene", ("sky", "road", "tree"))
        prediction, label = next(example for example in EXAMPLES if example.task == task).draw(30)
        terms = Terms(30, {"scene": {"sky": 30, "road": 30, "tree": 2}})
        test = terms.test(task)
        test.update(prediction, label)
        predicted, present = prediction.argmax(1), label >= 0
        shares = [
            float(((predicted == c) & (label == c)).sum() / (((predicted == c) | (label == c)) & present).sum())
            for c in range(2)
        ]
        assert test.scores()["mean_iou"] == pytest.approx(np.mean(shares))
        assert test.scores()["pixel_accuracy"] == pytest.approx(task.score(prediction, label)["pixel_accuracy"])

    @by_kind
    def test_a_kind_whose_meter_knows_no_classes_has_none(self, example: Example) -> None:
        uncounted = example.task.uncounted({"a": 1, "b": 20, "c": 20})
        assert uncounted == ({"a": 1} if example.task.meter().over_classes else {})


def test_who_is_taken_for_what_agrees_with_scikit_learn() -> None:
    label = torch.where(torch.arange(len(TRUTH)) % 7 == 0, -1, TRUTH)
    test = Terms(len(TRUTH), {"gender": IMAGES}).test(GENDER)
    for part in (slice(0, 100), slice(100, None)):
        test.update(logits()[part], label[part])
    present = label >= 0
    expected = confusion_matrix(label[present], logits().argmax(1)[present], labels=range(5))
    assert test.confusion() == expected.tolist()
    mask = next(example for example in EXAMPLES if isinstance(example.task, Segmentation))
    prediction, truth = mask.draw()
    test = Terms(len(truth), {mask.task.name: {}}).test(mask.task)
    test.update(prediction, truth)
    pixels = truth >= 0
    assert test.confusion() == confusion_matrix(truth[pixels], prediction.argmax(1)[pixels]).tolist()


@by_kind
def test_what_is_trivial_is_tested_on_the_same_draws(example: Example) -> None:
    _, train = example.draw(25, seed=1)
    _, test = example.draw(40)
    terms = Terms(40, {example.task.name: {}})
    trivial = trivial_test(example.task, train, test, terms)
    assert trivial.scores == pytest.approx(example.task.trivial(train, test), nan_ok=True)
    if trivial.replicates:
        rows = drawn(terms, 3)
        expected = example.task.trivial(train, test[rows])[example.task.headline]
        assert trivial.replicates[3] == pytest.approx(expected, rel=6e-6)
    else:
        assert isinstance(example.task, Categorical)


class OfTheirOwn(Categorical):
    """A kind with another idea of what is trivial."""

    def trivial(self, train: LabelColumn, test: LabelColumn) -> Scores:
        return dict.fromkeys(self.metrics, 0.25)


def test_a_kinds_own_idea_of_what_is_trivial_is_kept() -> None:
    task = OfTheirOwn("mood", ("no", "yes"))
    labels = torch.tensor([0, 1])
    found = trivial_test(task, labels, labels, Terms(2, {"mood": {}}))
    assert found == Trivial(dict.fromkeys(task.metrics, 0.25), [])
