"""How long trials would take: what countermeasures learn counts, once, and the control learns nothing."""

from dataclasses import replace

import pytest
import torch
from torch import nn

from conftest import random_dataset
from mtlue import Pipeline, Runtime
from mtlue.data.embedded.digits import TASKS
from mtlue.evaluation.audits import estimate
from mtlue.evaluation.audits.detection import detection_work
from mtlue.evaluation.audits.estimate import Clock
from mtlue.evaluation.audits.plan import AuditPlan, trials
from mtlue.evaluation.countermeasures import COUNTERMEASURES, create
from mtlue.evaluation.countermeasures.ueraser import UEraser
from mtlue.evaluation.dataset_shape import DatasetShape
from mtlue.evaluation.learner import Learner
from mtlue.evaluation.learners.data import ComparisonData
from mtlue.evaluation.learners.work import training_work
from mtlue.methods import MethodChoice
from mtlue.models.cost import Cost, network_cost

LP = MethodChoice("lsp-patch")
SIZE = DatasetShape(TASKS, 400, 200, (3, 32, 32), (32, 32), 100, LP)
LEARNER = Learner(tasks=tuple(task.name for task in TASKS))
NOTHING_TO_COUNT = {"diffusion", "progressive"}
"""The model's size is not known before it is loaded; and what only stops learning costs nothing."""


def test_a_network_costs_what_its_layers_do() -> None:
    """Per image: two operations per weight and place forward, twice that back, save to the image."""
    state = torch.random.get_rng_state()
    cost = network_cost(lambda: nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), nn.Conv2d(8, 1, 1)), (3, 10, 12))
    first, second = 2 * 3 * 8 * 9 * 120, 2 * 8 * 120
    assert cost == Cost(training=2 * first + 3 * second, forward=first + second)
    assert torch.equal(torch.random.get_rng_state(), state)


@pytest.mark.parametrize("name", sorted({*COUNTERMEASURES} - NOTHING_TO_COUNT))
def test_what_a_countermeasure_fits_or_starts_counts(name: str) -> None:
    made, cost = create(name), Cost(3e6, 1e6)
    assert (made.fit_work(SIZE) > 0) == made.learns
    counts_epochs = isinstance(made, UEraser)  # and does nothing else after one
    besides = any(made._has(hook) for hook in ("start", "after_epoch", "finish")) and not counts_epochs
    assert (made.learner_work(SIZE, cost, 12) > 0) == besides


def test_work_of_a_chain_is_that_of_its_parts() -> None:
    chain = create("autoencoder+self-supervised+projection")
    parts = [create(name) for name in ("autoencoder", "self-supervised", "projection")]
    assert chain.fit_work(SIZE) == pytest.approx(sum(part.fit_work(SIZE) for part in parts))
    cost = Cost(3e6, 1e6)
    assert chain.learner_work(SIZE, cost, 12) == pytest.approx(parts[1].learner_work(SIZE, cost, 12))
    assert not chain.fits_once
    assert create("grey+purifier").fits_once


def test_pretraining_is_part_of_the_training() -> None:
    plain, pretrained = (
        training_work(replace(LEARNER, countermeasure=name), SIZE) for name in ("none", "self-supervised")
    )
    assert pretrained > 5 * plain


def test_pairs_cost_what_the_method_does() -> None:
    tap = replace(SIZE, method=MethodChoice("tap"))
    assert create("purifier").fit_work(tap) > create("purifier").fit_work(SIZE)
    assert detection_work(tap) > detection_work(SIZE) > 0
    assert detection_work(replace(SIZE, method=None, own_images=0)) > 0


def test_a_fit_counts_once_and_the_control_learns_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(estimate, "training_speed", lambda *of: 1e9)
    images = random_dataset(40, size=(16, 16))
    data = ComparisonData(
        "any", images, images, images, Pipeline(), "lsp-patch", 8 / 255, own=random_dataset(20, size=(16, 16))
    )
    plan = AuditPlan(settings=("mtl",))
    clock = Clock(data, plan, Runtime("cpu"))
    fits = {}
    for name in ("purifier", "autoencoder", "grey"):
        fits[name] = {
            trial.condition: clock.trial(trial) - sum(map(clock.training, trial.trainings)) > 0
            for trial in trials(name, plan, images.tasks)
        }
    assert fits == {
        "purifier": {"clean": True, "protected": False, "own": False},
        "autoencoder": {"clean": True, "protected": True},
        "grey": {"clean": False, "protected": False},
    }
    (again, *_) = trials("purifier-probe", plan, images.tasks)
    own = sum(map(clock.training, again.trainings))
    assert again.condition == "clean"
    assert clock.trial(again, fitted={"purifier"}) == own < clock.trial(again)
