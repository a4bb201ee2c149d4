"""What small networks over raw pixels have in common."""

import pytest
import torch
from countering import attacker_of

from conftest import random_dataset
from mtlue import Runtime
from mtlue.evaluation.countermeasures import create
from mtlue.evaluation.countermeasures.flat import FlatReader, anchors_of, flat_tasks

READERS = ["projection:min_steps=0,epochs=2", "simple-net:epochs=2,hidden=8"]


@pytest.mark.parametrize("text", READERS)
def test_learning_draws_nothing_from_the_global_state(text: str) -> None:
    state = torch.get_rng_state()
    create(text).fit(attacker_of())
    assert torch.equal(torch.get_rng_state(), state)


@pytest.mark.parametrize("text", READERS)
def test_the_same_is_learned_again(text: str) -> None:
    data = random_dataset(32)
    prepared = []
    for _ in range(2):
        countermeasure = create(text)
        countermeasure.fit(attacker_of(data))
        prepared.append(countermeasure.prepare(data.batch(torch.arange(32))))
    assert torch.equal(*prepared)


def test_a_reader_learns_and_its_rate_falls_at_the_milestones() -> None:
    data = random_dataset(32)
    tasks = flat_tasks(data.tasks, "a test")
    network = torch.nn.Linear(3 * 16 * 16, anchors_of(tasks), bias=False)
    reader, optimizer = FlatReader(network, tasks), torch.optim.SGD(network.parameters(), 0.01)
    before = reader.losses(data.images, data.labels)
    reader.learn(data, optimizer, 8, (0.5, 0.75), Runtime("cpu"), "test")
    assert (reader.losses(data.images, data.labels) < before).all()
    assert optimizer.param_groups[0]["lr"] == pytest.approx(1e-4)
