"""Dense tasks: which tasks they are, how much of a dataset the trivial predictor reads, how pixels are told apart."""

import pytest
import torch
from task_examples import EXAMPLES, Example

from mtlue import Categorical, InputError
from mtlue.tasks import DenseTask, Depth, Normals, Segmentation, by_level, image_tasks

SCENE = Segmentation("scene", ("sky", "road", "tree"))
DENSE = [example for example in EXAMPLES if example.dense]


@pytest.mark.parametrize("example", DENSE, ids=lambda example: example.task.name)
def test_the_trivial_predictor_is_fitted_on_a_bounded_share(example: Example, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mtlue.tasks.dense.FITTED_MAPS", 2)
    _, label = example.draw(count=4)
    assert example.task.trivial(label, label) == example.task.trivial(label[[0, 2]], label)


def test_tasks_are_parted_by_level_and_dense_ones_refused_by_name() -> None:
    whole, scene = Categorical("mood", ("calm", "wild")), SCENE
    assert by_level([scene, whole]) == ((whole,), (scene,))
    assert image_tasks([whole], "a fish") == (whole,)
    with pytest.raises(
        InputError, match=r"'scene' \(segmentation\) has a label per pixel, and a fish takes only tasks"
    ):
        image_tasks([whole, scene], "a fish")


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
def test_pixels_of_other_labels_are_other_mixtures(task: DenseTask, label: torch.Tensor) -> None:
    weights = task.anchor_weights(label)
    assert weights.shape == (1, task.anchors, 2, 2)
    assert weights.min() >= 0
    torch.testing.assert_close(weights.sum(1), (~task.missing(label)).float())
    apart = weights.flatten(2)[0].T
    assert len(torch.unique(apart, dim=0)) == len(apart)
