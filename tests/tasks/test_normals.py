"""Normals against plain NumPy, and what they make of a file's numbers."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from mtlue.tasks import Normals, UnusableMapError

TASK = Normals("normals")
GENERATOR = np.random.default_rng(0)
VECTORS = F.normalize(torch.from_numpy(GENERATOR.normal(size=(4, 3, 6, 5)).astype("float32")), dim=1)
VECTORS[:, :, 0] = 0
DIRECTIONS = torch.from_numpy(GENERATOR.normal(size=(4, 3, 6, 5)).astype("float32"))


def test_scores_and_loss_equal_plain_numpy() -> None:
    truth, guess = VECTORS.numpy().astype(float), DIRECTIONS.numpy().astype(float)
    present = np.abs(truth).sum(1) > 0
    cosine = ((truth * guess).sum(1) / np.maximum(np.linalg.norm(guess, axis=1), 1e-12))[present]
    angles = np.degrees(np.arccos(cosine.clip(-1, 1)))
    scores = TASK.score(DIRECTIONS, VECTORS)
    assert scores["mean_angle"] == pytest.approx(angles.mean(), rel=1e-4)
    assert scores["median_angle"] == pytest.approx(np.sort(angles)[(len(angles) - 1) // 2], abs=0.00501)
    for degrees in (11.25, 22.5, 30):
        assert scores[f"within_{degrees:g}"] == pytest.approx((angles <= degrees).mean())
    assert float(TASK.loss(DIRECTIONS, VECTORS)) == pytest.approx((1 - cosine).mean(), rel=1e-5)


def test_the_trivial_predictor_says_the_mean_direction_of_each_pixel() -> None:
    train = F.normalize(torch.from_numpy(np.random.default_rng(5).normal(size=(6, 3, 6, 5))), dim=1)
    train[:, :, 1, 1] = 0  # no label: the mean of all pixels
    mean = train.sum(0).numpy()
    mean[:, 1, 1] = mean.sum((1, 2))
    truth = VECTORS.numpy().astype(float)
    cosine = (truth * mean).sum(1) / np.linalg.norm(mean, axis=0)
    angles = np.degrees(np.arccos(cosine))[np.abs(truth).sum(1) > 0]
    assert TASK.trivial(train, VECTORS)["mean_angle"] == pytest.approx(angles.mean(), rel=1e-5)


def test_lengths_are_mended_and_holes_kept() -> None:
    label, notes = TASK.read(np.array([[[0, 0, 0.8], [0.6, -0.8, 0], [0, 0, 0], [np.nan, 0, 1]]]))
    assert np.allclose(label[:, 0].T, np.array([[0, 0, 1], [0.6, -0.8, 0], [0, 0, 0], [0, 0, 0]]))
    assert "1 normal was not of length 1" in notes[0]
    assert TASK.first_invalid(torch.from_numpy(label)[None]) is None


def test_colours_of_bytes_are_directions() -> None:
    label, _ = TASK.read(np.array([[[128, 128, 255], [0, 0, 0]]], np.uint8))
    assert np.allclose(label[:, 0].T, [[0, 0, 1], [0, 0, 0]], atol=0.01)


@pytest.mark.parametrize(
    ("values", "why"),
    [
        (np.full((2, 2, 3), 200.0), "longest vector"),
        (np.full((2, 2, 3), 0.5), "colours from 0 to 1"),
        (np.zeros((2, 2)), "its shape"),
    ],
)
def test_what_is_no_normal_is_refused(values: np.ndarray, why: str) -> None:
    with pytest.raises(UnusableMapError, match=why):
        TASK.read(values)


def test_other_lengths_are_a_fault() -> None:
    fault = TASK.first_invalid(torch.full((1, 3, 2, 2), 2.0))
    assert fault is not None
    assert "length 3.46" in fault[1]


@pytest.mark.parametrize("plane", [(0, 0, 1), (0, 1, 0), (1, 0, 0), (0.6, 0, 0.8), (0, -0.6, 0.8), (0.3, 0.4, -0.2)])
def test_the_normals_of_one_plane_are_turned_too(plane: tuple[float, float, float]) -> None:
    """A few degrees of noise around it, as measured normals have."""
    unit = F.normalize(torch.tensor(plane)[None, :, None, None] + torch.zeros(1, 3, 6, 5), dim=1)
    for label in (unit, F.normalize(unit + 0.05 * DIRECTIONS[:1], dim=1)):
        wrong = TASK.wrong_target(label)
        torch.testing.assert_close(wrong.norm(dim=1), torch.ones(1, 6, 5))
        assert (wrong * label).sum(1).max() < 0.5
        assert min(plane) < 0 or wrong[:, 2].min() > -0.3


def test_wrong_normals_are_turned_about_the_mean_and_face_the_same_side() -> None:
    floor, wall, none = [0.0, 1.0, 0.0], [0.0, 0.0, 1.0], [0.0, 0.0, 0.0]
    label = torch.tensor([[floor, wall], [none, none]]).permute(2, 0, 1)[None]
    wrong = TASK.wrong_target(label)
    torch.testing.assert_close(wrong, torch.tensor([[wall, floor], [none, none]]).permute(2, 0, 1)[None])
