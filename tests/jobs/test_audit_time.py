"""What an audit's trials take together: a network that several attacks share is trained once."""

import time
from typing import cast

import pytest
from audited import NothingDone

from conftest import random_dataset
from mtlue.data import Pipeline
from mtlue.evaluation.audits import estimate
from mtlue.evaluation.audits.estimate import Clock
from mtlue.evaluation.audits.plan import AuditPlan, Training, Trial, trials
from mtlue.evaluation.learners.data import AuditData
from mtlue.jobs.audits.time import Timing
from mtlue.jobs.audits.trials import Trials
from mtlue.runtime import Runtime


def test_what_attacks_share_is_counted_with_the_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(estimate, "training_speed", lambda *of: 1e9)
    images, own = random_dataset(40, size=(16, 16)), random_dataset(20, size=(16, 16))
    data = AuditData("any", images, images, images, Pipeline(), "lsp-patch", 8 / 255, own=own)
    plan = AuditPlan(settings=("mtl",))
    timing = Timing(Clock(data, plan, Runtime("cpu")), cast("Trials", NothingDone()), None, time.monotonic(), 0.0)
    purifier, probe = (trials(name, plan, images.tasks) for name in ("purifier", "purifier-probe"))
    alone = timing.work(probe)
    first, second = timing.works([purifier, probe])
    assert first == timing.work(purifier)
    assert second < alone
    assert timing.work([*purifier, *probe]) == pytest.approx(first + second)


class OneDone(NothingDone):
    """The first learner of each trial has its records, and what the trial's learners share lies on disk, or not."""

    def __init__(self, prepared: bool) -> None:
        self._prepared = prepared

    def has(self, training: Training) -> bool:
        return training.learner.seed == 0

    def is_prepared(self, trial: Trial) -> bool:
        return self._prepared


def test_what_a_countermeasure_has_made_of_the_images_does_not_count_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(estimate, "training_speed", lambda *of: 1e9)
    images = random_dataset(40, size=(16, 16))
    data = AuditData("any", images, images, images, Pipeline(), "lsp-patch", 8 / 255)
    plan = AuditPlan(settings=("mtl",), seeds=(0, 1))
    trial, clock = trials("d-vae", plan, images.tasks)[0], Clock(data, plan, Runtime("cpu"))
    of_learner = clock.training(trial.trainings[1])

    def left(prepared: bool) -> float:
        return Timing(clock, cast("Trials", OneDone(prepared)), None, time.monotonic(), 0.0).work([trial])

    assert left(prepared=True) == pytest.approx(of_learner)
    assert left(prepared=False) > 1.5 * of_learner
