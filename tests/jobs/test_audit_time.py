"""What an audit's trials take together: a network that several attacks share is trained once."""

import time
from collections.abc import Sequence
from typing import cast

import pytest
from audited import NothingDone

from conftest import random_dataset
from mtlue.data import Pipeline
from mtlue.evaluation.audits import estimate
from mtlue.evaluation.audits.estimate import Clock
from mtlue.evaluation.audits.plan import AuditPlan, Training, Trial, trials, with_seed
from mtlue.evaluation.learners.data import ComparisonData
from mtlue.jobs.audits.time import Timing
from mtlue.jobs.audits.trials import Trials
from mtlue.runtime import Runtime


def test_what_attacks_share_is_counted_with_the_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(estimate, "training_speed", lambda *of: 1e9)
    images, own = random_dataset(40, size=(16, 16)), random_dataset(20, size=(16, 16))
    data = ComparisonData("any", images, images, images, Pipeline(), "lsp-patch", 8 / 255, own=own)
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
    data = ComparisonData("any", images, images, images, Pipeline(), "lsp-patch", 8 / 255)
    plan = AuditPlan(settings=("mtl",), seeds=(0, 1))
    trial, clock = trials("d-vae", plan, images.tasks)[0], Clock(data, plan, Runtime("cpu"))
    of_learner = clock.training(trial.trainings[1])

    def left(prepared: bool) -> float:
        return Timing(clock, cast("Trials", OneDone(prepared)), None, time.monotonic(), 0.0).work([trial])

    assert left(prepared=True) == pytest.approx(of_learner)
    assert left(prepared=False) > 1.5 * of_learner


class Done(NothingDone):
    """Some trials are done; what countermeasures shared lies on disk, or was cleared."""

    def __init__(self, done: Sequence[Trial], kept: bool) -> None:
        self._done, self._kept = {training for trial in done for training in trial.trainings}, kept

    def has(self, training: Training) -> bool:
        return training in self._done

    def is_kept(self, countermeasure: str) -> bool:
        return self._kept


@pytest.mark.parametrize("name", ["purifier", "purifier-probe"])
def test_what_was_cleared_counts_again(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """It is made again for a new seed, and for an attack with the same network that there is time for after all."""
    monkeypatch.setattr(estimate, "training_speed", lambda *of: 1e9)
    images, own = random_dataset(40, size=(16, 16)), random_dataset(20, size=(16, 16))
    data = ComparisonData("any", images, images, images, Pipeline(), "lsp-patch", 8 / 255, own=own)
    plan = AuditPlan(settings=("mtl",))
    clock, first = Clock(data, plan, Runtime("cpu")), trials("purifier", plan, images.tasks)
    new = with_seed(name, "mtl", images.tasks[0].name, 9, plan, images.tasks)
    fit = clock.trial(new[1]) - sum(map(clock.training, new[1].trainings))

    def left(kept: bool) -> float:
        timing = Timing(clock, cast("Trials", Done(first, kept)), None, time.monotonic(), 0.0)
        for training in (one for trial in first for one in trial.trainings):
            timing.count(training)
        done, seconds = timing.works([first, new])
        assert not done
        return seconds / timing._slowness

    assert left(kept=False) == pytest.approx(left(kept=True) + fit)
    assert fit > 0
