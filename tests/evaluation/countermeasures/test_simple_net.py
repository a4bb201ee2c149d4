"""Denoising by a network of two layers: training images are attacked, others are not."""

import pytest
import torch
from countering import attacker_of, batch_of

from conftest import MIXED, mixed_dataset, random_dataset
from mtlue import InputError
from mtlue.data import Batch
from mtlue.evaluation.countermeasures import create
from mtlue.evaluation.countermeasures.simple_net import SimpleNetDenoising, two_layers
from mtlue.tasks import DenseTask

QUICK = "simple-net:epochs=2,hidden=16"


def fitted(text: str = QUICK, missing: bool = False) -> SimpleNetDenoising:
    countermeasure = create(text)
    countermeasure.fit(attacker_of(random_dataset(32, missing=missing)))
    assert isinstance(countermeasure, SimpleNetDenoising)
    return countermeasure


def test_training_images_are_misled_within_the_ball() -> None:
    countermeasure, data = fitted(), random_dataset(32)
    batch = data.batch(torch.arange(32))
    prepared = countermeasure.prepare(batch)
    moved = (prepared.int() - batch.images.int()).abs()
    assert 4 < moved.float().mean() <= moved.max() <= 8
    reader = countermeasure._reader
    assert (reader.losses(prepared, batch.labels) > reader.losses(batch.images, batch.labels)).all()


@pytest.mark.parametrize("missing", [False, True], ids=["all labels", "some missing"])
def test_an_image_is_misled_whichever_others_are_there(missing: bool) -> None:
    countermeasure, data = fitted(missing=missing), random_dataset(32, missing=missing)
    together = countermeasure.prepare(data.batch(torch.arange(32)))
    alone = torch.cat([countermeasure.prepare(data.batch(torch.tensor([row]))) for row in range(32)])
    assert (together.int() - alone.int()).abs().float().mean() < 0.01  # the sign of a slope near 0 may differ


def test_images_of_a_test_are_left_alone() -> None:
    countermeasure, data = fitted(), random_dataset(4, seed=3)
    assert torch.equal(countermeasure.prepare(batch_of(data.images)), data.images)
    mixed = Batch(data.images, data.labels, ["image 0", "other", "image 2", "another"])
    moved = (countermeasure.prepare(mixed) != data.images).flatten(1).any(1)
    assert moved.tolist() == [True, False, True, False]


def test_missing_labels_numbers_and_labels_per_pixel() -> None:
    data, countermeasure = mixed_dataset(), create(QUICK)
    countermeasure.fit(attacker_of(data))
    prepared = countermeasure.prepare(data.batch(torch.arange(len(data))))
    assert torch.equal(prepared[0], data.images[0])  # it has no label at all
    assert not torch.equal(prepared[1:], data.images[1:])
    dense = tuple(task for task in MIXED if isinstance(task, DenseTask))
    with pytest.raises(InputError, match="needs a task with one label per image"):
        create(QUICK).fit(attacker_of(mixed_dataset(dense)))


def test_the_network_has_two_layers_and_settings_are_checked() -> None:
    sizes = [tuple(weight.shape) for weight in two_layers(12, 5, 3).parameters()]
    assert sizes == [(5, 12), (5,), (3, 5), (3,)]
    for text, message in [
        ("simple-net:hidden=-1", "hidden -1: give 0 or more"),
        ("simple-net:epochs=0", "epochs 0: give 1 or more"),
        ("simple-net:epsilon=0", "epsilon 0 is out of range"),
    ]:
        with pytest.raises(InputError, match=message):
            create(text)
