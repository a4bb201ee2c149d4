"""Which trials of an attack are begun while the time runs out."""

import time
from pathlib import Path
from typing import cast

import pytest
from audited import NothingDone

from conftest import random_dataset
from mtlue.data import Pipeline
from mtlue.evaluation.audits import estimate
from mtlue.evaluation.audits.estimate import Clock
from mtlue.evaluation.audits.plan import AuditPlan, trials
from mtlue.evaluation.learners.data import ComparisonData
from mtlue.evaluation.recoveries.coverage import NO_TIME
from mtlue.jobs.audits.findings import Findings
from mtlue.jobs.audits.queue import AttackQueue
from mtlue.jobs.audits.time import Timing
from mtlue.jobs.audits.trials import Trials
from mtlue.release.layout import AuditFolder
from mtlue.runtime import Runtime


@pytest.mark.parametrize(
    ("begun", "tried"),
    [(0, []), (1, ["clean"]), (2, ["clean", "protected", "own"]), (3, ["clean", "protected", "own"])],
)
def test_time_is_looked_at_before_each_trial_until_only_controls_are_left(
    begun: int, tried: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As where a machine turns out to be slower than was estimated: after ``begun`` trials nothing is left."""
    monkeypatch.setattr(estimate, "training_speed", lambda *of: 1e12)
    images, own = random_dataset(40, size=(16, 16)), random_dataset(20, size=(16, 16))
    data = ComparisonData("any", images, images, images, Pipeline(), "lsp-patch", 8 / 255, own=own)
    plan, done = AuditPlan(settings=("mtl",)), cast("Trials", NothingDone())
    timing = Timing(Clock(data, plan, Runtime("cpu")), done, 1e9, time.monotonic(), 0.0)
    findings = Findings(AuditFolder(tmp_path), plan, done, timing)
    of_attack = trials("purifier", plan, images.tasks)
    assert [trial.condition for trial in of_attack] == ["clean", "protected", "own"]
    queue = AttackQueue(plan, {"purifier": of_attack}, done, findings, timing)
    seen = []
    if not begun:
        timing.budget = 0.0
    for trial in queue.trials(["purifier"]):
        seen.append(trial.condition)
        if len(seen) == begun:
            timing.budget = 0.0
    assert seen == tried
    assert findings.why_not("purifier") == (NO_TIME if len(tried) < 3 else None)
