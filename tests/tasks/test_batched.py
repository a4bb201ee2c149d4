"""Losses and errors of many tasks at once, against those of each task."""

import torch

from conftest import MIXED, mixed_dataset
from mtlue import Categorical
from mtlue.tasks import task_counts, task_losses

TASKS = (
    *MIXED[:2],
    *(Categorical(f"three {i}", ("a", "b", "c")) for i in range(3)),
    *MIXED[2:],
    *(Categorical(f"two {i}", ("no", "yes")) for i in range(4)),
)


def questions() -> tuple[dict[str, torch.Tensor], dict[str, torch.Tensor]]:
    """Predictions with a graph, and labels, of which some are missing; one task has none at all."""
    labels = dict(mixed_dataset().labels)
    for task in TASKS[2:5] + TASKS[8:]:
        labels[task.name] = torch.randint(-1, task.channels, (12,))
    labels["three 1"] = torch.full((12,), -1)
    sides = {task.name: labels[task.name].shape[-2:] if task in MIXED[2:] else () for task in TASKS}
    return {t.name: torch.randn(12, t.channels, *sides[t.name]).requires_grad_() for t in TASKS}, labels


def test_losses_and_their_gradients_are_those_of_each_task() -> None:
    predictions, labels = questions()
    losses = task_losses(TASKS, predictions, labels)
    plain = torch.stack([task.loss(predictions[task.name], labels[task.name]).float() for task in TASKS])
    torch.testing.assert_close(losses.float(), plain)
    assert float(losses[3].detach()) == 0  # no image has this label
    upstream = torch.randn(len(TASKS))
    inputs = list(predictions.values())
    found, expected = (torch.autograd.grad(each @ upstream, inputs) for each in (losses.float(), plain))
    torch.testing.assert_close(found, expected)


def test_counts_are_those_of_each_task() -> None:
    predictions, labels = questions()
    right, present = task_counts(TASKS, predictions, labels)
    plain = [task.correct(predictions[task.name], labels[task.name]) for task in TASKS]
    assert right.tolist() == [int(one) for one, _ in plain]
    assert present.tolist() == [int(one) for _, one in plain]


def test_one_task_alone() -> None:
    predictions, labels = questions()
    alone = task_losses(TASKS[:1], predictions, labels)
    assert torch.equal(alone[0], TASKS[0].loss(predictions["kind"], labels["kind"]))
