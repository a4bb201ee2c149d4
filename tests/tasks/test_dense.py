"""Dense tasks against plain NumPy, and what they make of a file's numbers."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from mtlue import InputError
from mtlue.tasks import DenseTask, Depth, Normals, Segmentation, UnusableMapError, task_from_json

SCENE = Segmentation("scene", ("sky", "road", "tree"))
GENERATOR = np.random.default_rng(0)
LABELS = GENERATOR.integers(-1, 3, (4, 6, 5))
LOGITS = GENERATOR.normal(size=(4, 3, 6, 5)).astype("float32")
DEPTH = np.where(GENERATOR.random((4, 6, 5)) < 0.3, 0, GENERATOR.uniform(1, 9, (4, 6, 5))).astype("float32")
GUESS = GENERATOR.uniform(1, 9, (4, 1, 6, 5)).astype("float32")
VECTORS = F.normalize(torch.from_numpy(GENERATOR.normal(size=(4, 3, 6, 5)).astype("float32")), dim=1)
VECTORS[:, :, 0] = 0
DIRECTIONS = torch.from_numpy(GENERATOR.normal(size=(4, 3, 6, 5)).astype("float32"))


class TestSegmentation:
    def test_scores_and_loss_equal_plain_numpy(self) -> None:
        predicted, present = LOGITS.argmax(1), LABELS >= 0
        shares = []
        for index in range(3):
            hit = ((predicted == index) & (index == LABELS))[present].sum()
            either = ((predicted == index) | (index == LABELS))[present].sum()
            shares.append(hit / either)
        scores = SCENE.score(torch.from_numpy(LOGITS), torch.from_numpy(LABELS))
        assert scores["mean_iou"] == pytest.approx(np.mean(shares))
        assert scores["pixel_accuracy"] == pytest.approx((predicted == LABELS)[present].mean())
        logs = LOGITS - np.log(np.exp(LOGITS).sum(1, keepdims=True))
        chosen = np.take_along_axis(logs, LABELS.clip(0)[:, None], 1)[:, 0]
        loss = SCENE.loss(torch.from_numpy(LOGITS), torch.from_numpy(LABELS.astype("int16")))
        assert float(loss) == pytest.approx(-chosen[present].mean(), rel=1e-5)

    def test_the_trivial_predictor_says_the_commonest_class_of_each_pixel(self) -> None:
        train = np.random.default_rng(3).integers(-1, 3, (9, 6, 5))
        train[:, 2, 2] = -1  # nobody knows: the commonest class of all pixels
        train[:3, 0] = 2
        counts = np.stack([(train == index).sum(0) for index in range(3)])
        guess = np.where(counts.sum(0) > 0, counts.argmax(0), counts.sum((1, 2)).argmax())
        present = LABELS >= 0
        either = [((guess == c) & present) | (c == LABELS) for c in range(3)]
        shares = [((guess == c) & (c == LABELS)).sum() / either[c].sum() for c in range(3)]
        trivial = SCENE.trivial(torch.from_numpy(train), torch.from_numpy(LABELS))
        assert trivial["pixel_accuracy"] == pytest.approx((guess == LABELS)[present].mean())
        assert trivial["mean_iou"] == pytest.approx(np.mean(shares))

    def test_wrong_targets_are_other_classes_and_keep_what_is_unlabelled(self) -> None:
        labels = torch.from_numpy(LABELS)
        wrong = SCENE.wrong_target(labels)
        assert torch.equal(wrong == -1, labels == -1)
        assert bool((wrong != labels)[labels >= 0].all())

    def test_codes_and_colours_stand_for_classes(self) -> None:
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
    def test_what_is_no_mask_is_refused(self, values: np.ndarray, why: str) -> None:
        with pytest.raises(UnusableMapError, match=why):
            SCENE.read(values)

    def test_unknown_colours_are_named(self) -> None:
        painted = Segmentation("scene", ("a", "b"), codes=((1, 2, 3), (9, 9, 9)))
        with pytest.raises(UnusableMapError, match="#ff0000"):
            painted.read(np.array([[[255, 0, 0]]], np.uint8))

    def test_labels_out_of_range_are_a_fault(self) -> None:
        assert SCENE.first_invalid(torch.tensor([[[0, -1]], [[2, 3]]])) == (1, "label 3 is outside -1 (missing) to 2")
        assert SCENE.first_invalid(torch.from_numpy(LABELS)) is None
        with pytest.raises(InputError, match="stands for two"):
            Segmentation("scene", ("a", "b"), codes=(0, 1), ignore=(1,))


class TestDepth:
    task = Depth("depth", high=10)

    def test_scores_and_loss_equal_plain_numpy(self) -> None:
        present = DEPTH > 0
        error = np.abs(10 * GUESS[:, 0] - DEPTH)[present]
        scores = self.task.score(torch.from_numpy(GUESS), torch.from_numpy(DEPTH))
        assert scores["absolute_error"] == pytest.approx(error.mean(), rel=1e-5)
        assert scores["relative_error"] == pytest.approx((error / DEPTH[present]).mean(), rel=1e-5)
        assert float(self.task.loss(torch.from_numpy(GUESS), torch.from_numpy(DEPTH))) == pytest.approx(
            error.mean(), 1e-5
        )

    def test_no_constant_beats_the_trivial_predictor_on_its_training_images(self) -> None:
        labels = torch.from_numpy(DEPTH)
        best = self.task.trivial(labels, labels)
        for guess in np.linspace(1, 9, 50):
            scores = self.task.score(torch.full((4, 1, 6, 5), guess / 10), labels)
            assert all(best[name] <= scores[name] + 1e-6 for name in scores)

    def test_the_trivial_predictor_says_the_median_of_each_pixel(self) -> None:
        train = DEPTH.copy()
        train[:, 3, 3] = 0  # nobody knows: the median of all pixels
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

        scores = self.task.trivial(torch.from_numpy(train), torch.from_numpy(test))
        assert scores["absolute_error"] == pytest.approx(np.abs(constant(False) - test).mean(), rel=1e-5)
        assert scores["relative_error"] == pytest.approx((np.abs(constant(True) - test) / test).mean(), rel=1e-5)

    def test_without_any_training_depth_nothing_is_trivial(self) -> None:
        scores = self.task.trivial(torch.zeros(2, 6, 5), torch.from_numpy(DEPTH))
        assert all(np.isnan(value) for value in scores.values())

    def test_wrong_targets_turn_near_into_far(self) -> None:
        wrong = self.task.wrong_target(torch.tensor([[[2.0, 4.0], [0.0, 5.0]]]))
        assert wrong.tolist() == [[[5.0, 3.0], [0.0, 2.0]]]

    def test_units_and_holes(self) -> None:
        millimetres = Depth("depth", high=10, scale=0.001)
        label, notes = millimetres.read(np.array([[0, 1500]], np.uint16))
        assert label.tolist() == [[0, 1.5]]
        assert notes == ()
        label, notes = self.task.read(np.array([[np.nan, 1.5], [np.inf, 2]])[:, :, None])
        assert label.tolist() == [[0, 1.5], [0, 2]]
        assert "2 pixel(s) are not numbers" in notes[0]

    @pytest.mark.parametrize(
        ("values", "why"),
        [(np.array([[-1.0, 2]]), "negative"), (np.array([[1500.0]]), "'scale'"), (np.zeros(3), "shape")],
    )
    def test_what_is_no_depth_is_refused(self, values: np.ndarray, why: str) -> None:
        with pytest.raises(UnusableMapError, match=why):
            self.task.read(values)


class TestNormals:
    task = Normals("normals")

    def test_scores_and_loss_equal_plain_numpy(self) -> None:
        truth, guess = VECTORS.numpy().astype(float), DIRECTIONS.numpy().astype(float)
        present = np.abs(truth).sum(1) > 0
        cosine = ((truth * guess).sum(1) / np.maximum(np.linalg.norm(guess, axis=1), 1e-12))[present]
        angles = np.degrees(np.arccos(cosine.clip(-1, 1)))
        scores = self.task.score(DIRECTIONS, VECTORS)
        assert scores["mean_angle"] == pytest.approx(angles.mean(), rel=1e-4)
        assert scores["median_angle"] == pytest.approx(np.sort(angles)[(len(angles) - 1) // 2], abs=0.00501)
        for degrees in (11.25, 22.5, 30):
            assert scores[f"within_{degrees:g}"] == pytest.approx((angles <= degrees).mean())
        assert float(self.task.loss(DIRECTIONS, VECTORS)) == pytest.approx((1 - cosine).mean(), rel=1e-5)

    def test_the_trivial_predictor_says_the_mean_direction_of_each_pixel(self) -> None:
        train = F.normalize(torch.from_numpy(np.random.default_rng(5).normal(size=(6, 3, 6, 5))), dim=1)
        train[:, :, 1, 1] = 0  # nobody knows: the mean of all pixels
        mean = train.sum(0).numpy()
        mean[:, 1, 1] = mean.sum((1, 2))
        truth = VECTORS.numpy().astype(float)
        cosine = (truth * mean).sum(1) / np.linalg.norm(mean, axis=0)
        angles = np.degrees(np.arccos(cosine))[np.abs(truth).sum(1) > 0]
        assert self.task.trivial(train, VECTORS)["mean_angle"] == pytest.approx(angles.mean(), rel=1e-5)

    def test_lengths_are_mended_and_holes_kept(self) -> None:
        label, notes = self.task.read(np.array([[[0, 0, 0.8], [0.6, -0.8, 0], [0, 0, 0], [np.nan, 0, 1]]]))
        assert np.allclose(label[:, 0].T, [[0, 0, 1], [0.6, -0.8, 0], [0, 0, 0], [0, 0, 0]])
        assert "1 normal(s) were not of length 1" in notes[0]
        assert self.task.first_invalid(torch.from_numpy(label)[None]) is None

    def test_colours_of_bytes_are_directions(self) -> None:
        label, _ = self.task.read(np.array([[[128, 128, 255], [0, 0, 0]]], np.uint8))
        assert np.allclose(label[:, 0].T, [[0, 0, 1], [0, 0, 0]], atol=0.01)

    @pytest.mark.parametrize(
        ("values", "why"),
        [
            (np.full((2, 2, 3), 200.0), "longest vector"),
            (np.full((2, 2, 3), 0.5), "colours from 0 to 1"),
            (np.zeros((2, 2)), "its shape"),
        ],
    )
    def test_what_is_no_normal_is_refused(self, values: np.ndarray, why: str) -> None:
        with pytest.raises(UnusableMapError, match=why):
            self.task.read(values)

    def test_other_lengths_are_a_fault(self) -> None:
        fault = self.task.first_invalid(torch.full((1, 3, 2, 2), 2.0))
        assert fault is not None
        assert "length 3.46" in fault[1]


ALL = (
    (SCENE, torch.from_numpy(LOGITS), torch.from_numpy(LABELS)),
    (Depth("d"), torch.from_numpy(GUESS), torch.from_numpy(DEPTH)),
    (Normals("n"), DIRECTIONS, VECTORS),
)


@pytest.mark.parametrize(("task", "prediction", "label"), ALL)
def test_batches_count_as_one_test_set(task: DenseTask, prediction: torch.Tensor, label: torch.Tensor) -> None:
    meter = task.meter()
    for part in ([0], [1, 2], [3]):
        meter.update(prediction[part], label[part])
    assert meter.scores() == pytest.approx(task.score(prediction, label))
    assert all(np.isnan(value) for value in task.meter().scores().values())


@pytest.mark.parametrize(("task", "prediction", "label"), ALL)
def test_the_trivial_predictor_is_fitted_on_a_bounded_share(
    task: DenseTask, prediction: torch.Tensor, label: torch.Tensor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mtlue.tasks.dense.FITTED_MAPS", 2)
    assert task.trivial(label, label) == task.trivial(label[[0, 2]], label)


@pytest.mark.parametrize(
    ("task", "prediction", "label"),
    [
        (SCENE, torch.zeros(2, 3, 4, 4), torch.full((2, 4, 4), -1)),
        (Depth("d"), torch.zeros(2, 1, 4, 4), torch.zeros(2, 4, 4)),
        (Normals("n"), torch.zeros(2, 3, 4, 4), torch.zeros(2, 3, 4, 4)),
    ],
)
def test_labels_that_are_missing_count_in_nothing(
    task: DenseTask, prediction: torch.Tensor, label: torch.Tensor
) -> None:
    prediction.requires_grad_()
    task.loss(prediction, label).backward()
    assert prediction.grad is not None
    assert float(prediction.grad.abs().sum()) == 0
    assert all(np.isnan(value) for value in task.score(prediction, label).values())
    assert task.correct(prediction, label) == (0, 0)
    assert bool(task.missing(label).all())


def test_wrong_normals_are_turned_about_the_mean_and_face_the_same_side() -> None:
    floor, wall, none = [0.0, 1.0, 0.0], [0.0, 0.0, 1.0], [0.0, 0.0, 0.0]
    label = torch.tensor([[floor, wall], [none, none]]).permute(2, 0, 1)[None]
    wrong = Normals("n").wrong_target(label)
    torch.testing.assert_close(wrong, torch.tensor([[wall, floor], [none, none]]).permute(2, 0, 1)[None])


CORNERS = torch.tensor([[0.0, 0.6, 0.0, 0.0], [0.0, 0.8, 0.0, -1.0], [1.0, 0.0, 0.0, 0.0]]).view(1, 3, 2, 2)


@pytest.mark.parametrize(
    ("task", "label"),
    [
        (SCENE, torch.tensor([[[0, 2], [-1, 1]]])),
        (Depth("d"), torch.tensor([[[0.1, 10.0], [0.0, 3.7]]])),
        (Normals("n"), CORNERS),
    ],
    ids=["segmentation", "depth", "normals"],
)
def test_a_pixel_is_a_mixture_of_anchors_and_nothing_without_a_label(task: DenseTask, label: torch.Tensor) -> None:
    weights = task.anchor_weights(label)
    assert weights.shape == (1, task.anchors, 2, 2)
    assert weights.min() >= 0
    torch.testing.assert_close(weights.sum(1), (~task.missing(label)).float())
    apart = weights.flatten(2)[0].T
    assert len(torch.unique(apart, dim=0)) == len(apart)
