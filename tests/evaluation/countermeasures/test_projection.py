"""Orthogonal projection: against the pseudo-inverse, and against another linear reader."""

from dataclasses import replace

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from countering import attacker_of
from sklearn.linear_model import RidgeClassifier

from conftest import MIXED, TensorDataset, mixed_dataset, random_dataset
from mtlue import Categorical, InputError, Regression
from mtlue.bounds import to_float
from mtlue.data import Batch
from mtlue.evaluation.countermeasures import create
from mtlue.evaluation.countermeasures.flat import FlatReader
from mtlue.evaluation.countermeasures.projection import basis, without
from mtlue.tasks import DenseTask

QUICK = "projection:min_steps=100"


def with_patterns(count: int = 200) -> TensorDataset:
    """Images whose first task can be read off a fixed pattern of 8 levels per class."""
    data = random_dataset(count, size=(12, 12))
    patterns = torch.randint(2, (3, 3, 12, 12), generator=torch.Generator().manual_seed(7)) * 16 - 8
    images = data.images // 4 + 96 + patterns[data.labels["shape"]]
    return TensorDataset(data.tasks, images.byte(), data.labels, data.ids)


def read_by_a_line(images: torch.Tensor, label: torch.Tensor) -> float:
    """Accuracy of a linear reader on the second half of the images."""
    flat, half = to_float(images).flatten(1).numpy(), len(images) // 2
    return float(RidgeClassifier(1.0).fit(flat[:half], label[:half]).score(flat[half:], label[half:]))


def test_a_projection_is_what_the_pseudo_inverse_leaves() -> None:
    weights, images = torch.randn(60, 7), torch.rand(5, 60)
    weights = torch.cat([weights, weights[:, :2].sum(1, keepdim=True)], dim=1)  # one of them says nothing new
    matrix = weights.double().numpy()
    expected = images.double().numpy() @ (np.eye(60) - matrix @ np.linalg.pinv(matrix, rcond=1e-5))
    left = without(images, basis(weights))
    assert basis(weights).shape == (60, 7)
    assert np.allclose(left.numpy(), expected, atol=1e-5)
    assert (left @ weights).abs().max() < 1e-4


def test_what_a_line_could_read_is_gone_and_the_rest_stays() -> None:
    data = with_patterns()
    projection = create(QUICK)
    projection.fit(attacker_of(data))
    prepared = projection.prepare(data.batch(torch.arange(len(data))))
    assert read_by_a_line(data.images, data.labels["shape"]) > 0.9
    assert read_by_a_line(prepared, data.labels["shape"]) < 0.5
    assert (prepared.float() - data.images.float()).abs().mean() < 8
    assert (prepared.float().mean(0) - data.images.float().mean(0)).abs().max() < 1  # the mean image stays


def test_images_that_were_not_seen_are_projected_too() -> None:
    data = with_patterns(300)
    projection = create(QUICK)
    projection.fit(
        attacker_of(
            replace(
                data, images=data.images[:150], ids=data.ids[:150], labels={k: v[:150] for k, v in data.labels.items()}
            )
        )
    )
    unseen = slice(150, 300)
    prepared = projection.prepare(data.batch(torch.arange(150, 300)))
    label = data.labels["shape"][unseen]
    assert read_by_a_line(prepared, label) < read_by_a_line(data.images[unseen], label) - 0.3


def test_numbers_count_as_places_and_labels_per_pixel_are_left_out() -> None:
    data = mixed_dataset()
    projection = create("projection:min_steps=0")
    projection.fit(attacker_of(data))
    batch = data.batch(torch.arange(len(data)))
    assert not torch.equal(projection.prepare(batch), batch.images)
    dense = tuple(task for task in MIXED if isinstance(task, DenseTask))
    with pytest.raises(InputError, match="needs a task with one label per image"):
        create("projection").fit(attacker_of(mixed_dataset(dense)))


def test_a_readers_losses_are_cross_entropy_over_places() -> None:
    tasks = (Categorical("shape", ("a", "b", "c")), Regression("pose", 0.0, 8.0))
    network = torch.nn.Linear(12, 12)
    images, shapes = torch.rand(4, 3, 2, 2), torch.tensor([0, 2, -1, 1])
    poses = torch.tensor([2.0, 2.5, float("nan"), 8.0])
    losses = FlatReader(network, tasks).losses(images, {"shape": shapes, "pose": poses})
    logits = network(images.flatten(1))
    assert losses[0].item() == pytest.approx(F.cross_entropy(logits[:, :3], shapes, ignore_index=-1).item(), rel=1e-5)
    places = logits[:, 3:].log_softmax(1)  # nine of them, a level apart
    expected = -(places[0, 2] + (places[1, 2] + places[1, 3]) / 2 + places[3, 8]) / 3
    assert losses[1].item() == pytest.approx(expected.item(), rel=1e-5)


def test_a_reader_that_diverges_is_refused() -> None:
    with pytest.raises(InputError, match="projection: the training diverged: its loss is "):
        create("projection:learning_rate=1e38,min_steps=3").fit(attacker_of(random_dataset()))


def test_batches_without_any_label_cost_nothing() -> None:
    tasks = (Categorical("shape", ("a", "b", "c")),)
    reader = FlatReader(torch.nn.Linear(12, 3), tasks)
    batch = Batch(torch.rand(2, 3, 2, 2), {"shape": torch.tensor([-1, -1])}, ["0", "1"])
    assert reader.losses(batch.images, batch.labels).tolist() == [0]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("projection:epochs=0", "epochs 0: give 1 or more"),
        ("projection:min_steps=-1", "min_steps -1: give 0 or more"),
        ("projection:learning_rate=0", "learning_rate 0: give a number above 0"),
        ("projection:learning_rate=nan", "learning_rate nan: give a number above 0"),
    ],
)
def test_settings_that_mean_nothing_are_refused(text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        create(text)
