"""Detection as a part of an audit: kept for its release, planned, and within the budget."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from audited import DATA, PLAN, protected_digits

from mtlue import Runtime
from mtlue.evaluation.audits.detection import Detection, detect
from mtlue.evaluation.learners import work
from mtlue.evaluation.learners.data import ComparisonData
from mtlue.evaluation.recoveries.coverage import NO_TIME
from mtlue.jobs.audits.audit import run_audit
from mtlue.jobs.audits.events import AuditPlanned
from mtlue.jobs.audits.time import Timing
from mtlue.jobs.events import Event
from mtlue.jobs.protection.protect import run_protect
from mtlue.jobs.requests.auditor import AuditRequest
from mtlue.jobs.requests.owner import ProtectRequest
from mtlue.methods.options import MethodChoice

OWN = replace(PLAN, attacks=("none", "purifier:steps=1,pairs=4,width=1"))


@pytest.fixture(autouse=True)
def _timed_quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work, "_SECONDS", 0.01)
    monkeypatch.setattr("mtlue.jobs.learners.reading.FEWEST_SHARED", 4)  # so few test images are halved


@pytest.fixture
def protected(tmp_path: Path) -> Path:
    return protected_digits(tmp_path / "protected")


def counted(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """An entry for each detection that is made."""
    made = list[int]()

    def told(data: ComparisonData, runtime: Runtime) -> Detection:
        made.append(len(data.protected))
        return detect(data, runtime)

    monkeypatch.setattr("mtlue.jobs.audits.detection.detect", told)
    return made


def test_detection_is_made_once_for_the_same_release(
    protected: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, out = counted(monkeypatch), shutil.copytree(protected, tmp_path / "p")
    request = AuditRequest.of(out, {}, OWN, tmp_path / "elsewhere")
    first = run_audit(request, Runtime("cpu")).report
    assert first.detection is not None
    assert run_audit(request, Runtime("cpu")).report.detection == first.detection
    assert len(made) == 1
    run_protect(ProtectRequest(DATA, out, overwrite=True, method=MethodChoice("noise"), seed=1), Runtime("cpu"))
    (tmp_path / "elsewhere/audit.json").unlink()
    assert run_audit(request, Runtime("cpu")).report.detection != first.detection
    assert len(made) == 2


def test_detection_is_part_of_the_plan_and_of_the_budget(
    protected: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Timing, "works", lambda self, of: [0.0 for _ in of])
    monkeypatch.setattr(Timing, "detection", lambda self: 1000.0)
    events = list[Event]()
    plan = replace(OWN, budget=600.0)
    report = run_audit(AuditRequest.of(protected, {}, plan, tmp_path / "a"), Runtime("cpu"), events.append).report
    assert report.detection is None
    assert {left.attack: left.why for left in report.not_run}["detection"] == NO_TIME
    plan = replace(OWN, budget=6000.0)
    report = run_audit(AuditRequest.of(protected, {}, plan, tmp_path / "a"), Runtime("cpu"), events.append).report
    assert report.detection is not None
    planned = [event for event in events if isinstance(event, AuditPlanned)]
    assert [(one.detection, one.seconds - one.elapsed) for one in planned] == [(0.0, 0.0), (1000.0, 1000.0)]
