"""What an audit's trials take together: a network that several attacks share is trained once."""

import time
from typing import cast

import pytest
from audited import NothingDone

from conftest import random_dataset
from mtlue.data import Pipeline
from mtlue.evaluation import audit_estimate
from mtlue.evaluation.audit_data import AuditData
from mtlue.evaluation.audit_estimate import Clock
from mtlue.evaluation.audit_plan import AuditPlan, trials
from mtlue.jobs.audit_time import Timing
from mtlue.jobs.audit_trials import Trials
from mtlue.runtime import Runtime


def test_what_attacks_share_is_counted_with_the_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit_estimate, "training_speed", lambda *of: 1e9)
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
