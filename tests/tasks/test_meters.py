"""Meters: batches, and processes, add up to one test set."""

import json
import math
import sys
from pathlib import Path

import pytest
import torch
from halves import score_half
from task_examples import EXAMPLES, Example
from torch.multiprocessing.spawn import start_processes

from mtlue.tasks import Categorical, Meter

START = "fork" if sys.platform == "linux" else "spawn"
"""Forked processes need not import torch again; they do nothing that its threads in this process would disturb."""
by_kind = pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.task.name)


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_two_processes_that_score_a_half_each_have_the_scores_of_the_whole(tmp_path: Path) -> None:
    start_processes(score_half, args=(str(tmp_path),), nprocs=2, start_method=START)
    first, second = (json.loads((tmp_path / f"{rank}.json").read_text()) for rank in (0, 1))
    assert first == second
    for example in EXAMPLES:
        whole = example.task.score(*example.draw())
        assert first[example.task.name] == pytest.approx(whole, rel=1e-12)


@by_kind
def test_batches_add_up_to_one_test_set(example: Example) -> None:
    prediction, label = example.draw()
    meter = example.task.meter()
    for part in ([0], [1, 2], [*range(3, 12)]):
        meter.update(prediction[part], label[part])
    scores = meter.scores()
    assert list(scores) == list(example.task.metrics)
    assert all(type(score) is float for score in scores.values())
    assert scores == pytest.approx(example.task.score(prediction, label), rel=1e-12)


@by_kind
def test_scores_without_any_label_are_nan(example: Example) -> None:
    assert all(math.isnan(score) for score in example.task.score(*example.draw(share=1.0)).values())
    assert all(math.isnan(score) for score in example.task.meter().scores().values())


@by_kind
def test_a_meter_that_is_reset_has_seen_nothing(example: Example) -> None:
    prediction, label = example.draw()
    meter = example.task.meter()
    meter.update(prediction, label)
    meter.scores()
    meter.reset()
    meter.update(prediction[:5], label[:5])
    assert meter.scores() == pytest.approx(example.task.score(prediction[:5], label[:5]), nan_ok=True)


def shapes(meter: Meter) -> list[torch.Size]:
    states = list(meter.metric_state.values())
    assert all(isinstance(state, torch.Tensor) for state in states)
    return [state.shape for state in states if isinstance(state, torch.Tensor)]


def test_dense_meters_keep_no_prediction() -> None:
    for example in EXAMPLES:
        if example.dense:
            meter = example.task.meter()
            meter.update(*example.draw(count=3))
            small = shapes(meter)
            meter.update(*example.draw(count=64))
            assert shapes(meter) == small


@pytest.mark.parametrize("scale", [1e-3, 1.0, 30.0, 1e4])
def test_rankings_of_sure_predictions_are_those_of_their_order(scale: float) -> None:
    logits = scale * torch.tensor([[0.0, 20], [0, 30], [0, 25], [0, 40]])
    scores = Categorical("kind", ("no", "yes")).score(logits, torch.tensor([0, 1, 0, 1]))
    assert (scores["auc"], scores["average_precision"]) == (1, 1)
    scores = Categorical("kind", ("no", "yes")).score(logits, torch.tensor([0, 0, 1, 1]))
    assert scores["auc"] == 0.75
    three = torch.cat([logits, -logits[:, 1:]], 1)
    assert Categorical("kind", ("a", "b", "c")).score(three, torch.tensor([0, 1, 0, 1]))["auc"] == 1


def test_predictions_that_are_no_numbers_have_no_score() -> None:
    task, label = Categorical("kind", ("a", "b", "c")), torch.tensor([0, 1, -1])
    meter = task.meter()
    meter.update(torch.full((3, 3), math.nan), label)
    assert all(math.isnan(score) for score in meter.scores().values())
    assert math.isnan((meter.redrawn("balanced_accuracy", torch.ones(1, 3, dtype=torch.int64)) or [0])[0])
    known = torch.tensor([[1.0, 0, 0], [0, 1, 0], [math.nan] * 3])
    assert task.score(known, label)["balanced_accuracy"] == 1
