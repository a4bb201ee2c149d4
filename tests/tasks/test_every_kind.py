"""What every kind of task keeps to, whatever its labels: one row per kind in ``task_examples.py``."""

import math
from dataclasses import fields
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from task_examples import EXAMPLES, SIZE, Example
from torch import Tensor

from _runtime import there
from mtlue.data.columns.masks import dense_task
from mtlue.data.columns.rules import ColumnRule
from mtlue.tasks import (
    KINDS,
    DenseTask,
    Depth,
    ImageTask,
    Normals,
    Segmentation,
    task_anchor_weights,
    task_counts,
    task_losses,
)
from mtlue.tasks.kinds import Kinds, task_from_json
from stars import Stars

by_kind = pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.task.name)
draws = given(seed=st.integers(0, 2**32), share=st.sampled_from([0.0, 0.3, 1.0]))
few = settings(max_examples=10, deadline=None)


def test_every_kind_has_a_row() -> None:
    assert {type(example.task) for example in EXAMPLES} == {*KINDS.values(), Stars}


@by_kind
def test_a_description_builds_the_task_again(example: Example) -> None:
    kinds = Kinds((*KINDS.values(), Stars), "mtlue.tests")
    description = example.task.to_json()
    kind = kinds[description.pop("kind")]
    assert list(description) == [item.name for item in fields(kind)]
    if kind is not Stars:
        assert task_from_json(example.task.to_json()) == example.task
    assert example.task.describe()
    assert example.task.headline in example.task.metrics


@by_kind
@few
@draws
def test_labels_are_valid_and_missing_ones_count_nowhere(example: Example, seed: int, share: float) -> None:
    task, (prediction, label) = example.task, map(there, example.draw(seed=seed, share=share))
    assert task.first_invalid(label) is None
    present = int((~task.missing(label)).sum())
    assert task.correct(prediction, label)[1] == present
    assert task.unlabelled(label).shape == (12,)
    assert bool(task.unlabelled(task.blank_labels(2, SIZE)).all())
    prediction.requires_grad_()
    loss = task.loss(prediction, label)
    loss.backward()
    assert loss.shape == ()
    assert prediction.grad is not None
    assert bool(prediction.grad.isfinite().all())
    assert (present == 0) == (float(prediction.grad.abs().sum()) == 0)


@by_kind
@few
@draws
def test_wrong_targets_are_labels_and_missing_where_labels_are(example: Example, seed: int, share: float) -> None:
    task, (_, label) = example.task, example.draw(seed=seed, share=share)
    wrong = task.wrong_target(label)
    assert wrong.dtype == label.dtype
    assert torch.equal(task.missing(wrong), task.missing(label))
    assert task.first_invalid(wrong) is None


@by_kind
@few
@draws
def test_a_label_is_a_mixture_of_anchors_and_nothing_where_it_is_missing(
    example: Example, seed: int, share: float
) -> None:
    task, (_, label) = example.task, example.draw(seed=seed, share=share)
    weights = task.anchor_weights(label)
    assert weights.shape == (12, task.anchors, *(SIZE if example.dense else ()))
    assert weights.min() >= 0
    present = ~task.missing(label) if example.dense else ~task.unlabelled(label)
    torch.testing.assert_close(weights.sum(1), present.float())


@by_kind
def test_no_constant_is_better_than_the_trivial_predictor_where_it_was_fitted(example: Example) -> None:
    task, (_, label) = example.task, example.draw(count=16)
    train: Tensor = label
    trivial = task.trivial(train, train)
    assert list(trivial) == list(task.metrics)
    assert not any(math.isnan(score) for score in trivial.values())
    higher = task.metrics[task.headline]
    for seed in range(5):
        constant = example.draw(count=1, seed=seed)[0]
        score = task.score(constant.expand(16, *constant.shape[1:]), label)[task.headline]
        assert trivial[task.headline] >= score - 1e-6 if higher else trivial[task.headline] <= score + 1e-6


@by_kind
@few
@draws
def test_labels_survive_the_text_or_the_file_of_a_release(example: Example, seed: int, share: float) -> None:
    task, (_, label) = example.task, example.draw(seed=seed, share=share)
    if isinstance(task, ImageTask):
        again = torch.from_numpy(task.parse([task.format(one) or None for one in label]))
        torch.testing.assert_close(again, label, rtol=0, atol=0, equal_nan=True)
    rule = task.table_rule()
    assert rule is None or rule["kind"] == task.kind
    if isinstance(task, DenseTask) and task.suffix == ".npy":
        for one in label:
            torch.testing.assert_close(torch.from_numpy(task.read(task.released(one))[0]), one)


RELEASED = (
    Segmentation("scene", ("sky", "road", "tree"), (2, 0, 255), (1, 7)),
    Segmentation("scene", ("sky", "road", "tree"), ((0, 0, 0), (9, 9, 9), (0, 0, 255)), ((255, 255, 255),)),
    Depth("depth", high=0.1, scale=0.001),
    Normals("normals"),
)


@pytest.mark.parametrize("task", RELEASED, ids=lambda task: task.kind)
def test_released_label_maps_are_read_as_the_release_says(task: DenseTask) -> None:
    rule = task.table_rule()
    assert rule is not None
    stated: dict[str, Any] = {
        key: tuple(map(str, value)) if isinstance(value, list) else value for key, value in rule.items()
    }
    assert task.as_released() == dense_task(task.name, pd.Series(), ColumnRule(task.name, **stated), Path())[0]
    labels = {
        "segmentation": torch.tensor([[0, 1, 2, -1]], dtype=torch.int16),
        "depth": torch.tensor([[0.1, 0.0, 0.05]]),
        "normals": torch.tensor([[[0.0, 0.6]], [[0.0, 0.0]], [[0.0, 0.8]]]),
    }
    label = labels[task.kind]
    torch.testing.assert_close(torch.from_numpy(task.as_released().read(task.released(label))[0]), label)


@by_kind
def test_every_class_is_counted_once_per_image(example: Example) -> None:
    task, (_, label) = example.task, example.draw()
    members = task.members(label)
    assert not members or task.counts(label) == {name: int(images.sum()) for name, images in members.items()}
    assert set(task.counts(label)) == set(getattr(task, "classes", ()))


def test_all_kinds_at_once_are_as_each_alone() -> None:
    drawn = [example.draw() for example in EXAMPLES]
    tasks = [example.task for example in EXAMPLES]
    predictions = {task.name: prediction for task, (prediction, _) in zip(tasks, drawn, strict=True)}
    labels = {task.name: label for task, (_, label) in zip(tasks, drawn, strict=True)}
    losses, (right, present) = task_losses(tasks, predictions, labels), task_counts(tasks, predictions, labels)
    for index, task in enumerate(tasks):
        torch.testing.assert_close(losses[index], task.loss(predictions[task.name], labels[task.name]).to(losses))
        assert (right[index], present[index]) == task.correct(predictions[task.name], labels[task.name])


def test_anchors_of_many_tasks_at_once_are_even_without_a_label() -> None:
    examples = [example for example in EXAMPLES if not example.dense]
    tasks = [example.task for example in examples if isinstance(example.task, ImageTask)]
    labels = {example.task.name: example.draw()[1] for example in examples}
    for task, weights in zip(tasks, task_anchor_weights(tasks, labels), strict=True):
        label = labels[task.name]
        even = torch.full_like(weights, 1 / task.anchors)
        expected = torch.where(task.unlabelled(label)[:, None], even, task.anchor_weights(label))
        assert torch.equal(weights, expected)
