"""An audit with a small budget: what it chooses, says and keeps to when it is run again."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from audited import PLAN, QUICK, protected_digits

from mtlue import Runtime
from mtlue.evaluation.audits import estimate
from mtlue.evaluation.audits.estimate import Clock
from mtlue.evaluation.audits.plan import AuditPlan, Training
from mtlue.evaluation.audits.records import read_audit_report
from mtlue.jobs.audits.audit import AuditResult, run_audit
from mtlue.jobs.audits.events import AttackTried, AuditPlanned
from mtlue.jobs.events import Event, Listener, Note, ignore
from mtlue.jobs.requests.auditor import AuditRequest
from mtlue.report.audits.texts import cost_text
from mtlue.training import Recipe

BOTH = replace(PLAN, settings=("mtl", "stl"), learner=replace(QUICK, recipe=Recipe(epochs=6, batch_size=16)))
WHOLE, FIRST, MULTI, HALF = 12600.0, 8400.0, 4200.0, 2100.0
"""Seconds of the plain learners and both attacks: all learners, those of one task, multi-task ones, half as long."""
Audited = Callable[..., AuditResult]


class Killed(BaseException):
    """As a signal."""


@pytest.fixture(scope="module")
def protected(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return protected_digits(tmp_path_factory.mktemp("protected") / "p")


@pytest.fixture
def audited(protected: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Audited:
    """An audit in one folder, on a machine where a learner takes 100 seconds an epoch, as far as is known before."""
    monkeypatch.setattr(estimate, "training_speed", lambda *of: 1e12)
    monkeypatch.setattr(Clock, "training", lambda self, training: 100.0 * epochs(training))

    def of(budget: float | None, tell: Listener = ignore, plan: AuditPlan = BOTH) -> AuditResult:
        request = AuditRequest.of(protected, {}, replace(plan, budget=budget), tmp_path / "audit")
        return run_audit(request, Runtime("cpu"), tell)

    return of


def epochs(training: Training) -> int:
    return training.learner.recipe.epochs


def lengths(result: AuditResult) -> set[tuple[str, int]]:
    """Setting and epochs of every record."""
    return {(record.learner.setting, record.learner.recipe.epochs) for record in result.records}


def test_what_is_chosen_is_told_written_and_shown(audited: Audited) -> None:
    events = list[Event]()
    result = audited(1.5 * HALF, events.append)
    assert lengths(result) == {("mtl", 3)}
    assert {record.attack for record in result.records} == {"none", "jpeg10", "grey"}
    given_up = result.report.concession
    assert given_up is not None
    assert (given_up.epochs, given_up.asked_epochs, given_up.stl_tasks) == (3, 6, ())
    assert given_up.whole == pytest.approx(WHOLE / 0.75)
    (planned,) = [event for event in events if isinstance(event, AuditPlanned)]
    assert planned.concession == given_up
    assert "multi-task learners alone and 3 epochs instead of 6" in result.report.to_json()["given_up"]
    assert "To keep to the budget: multi-task learners alone" in cost_text(result.report)


@pytest.mark.parametrize(
    ("budget", "expected"),
    [(None, None), (1.5 * WHOLE, None), (1.5 * FIRST, (("left",), 1.0)), (1.5 * MULTI, ((), 1.0)), (1.0, ((), 1 / 6))],
)
def test_no_more_is_given_up_than_the_budget_asks_for(audited: Audited, budget: float | None, expected: object) -> None:
    """Only the plan is looked at: nothing is trained."""

    def stop(event: Event) -> None:
        if isinstance(event, AuditPlanned):
            chosen.append(event.concession and event.concession.what)
            raise Killed

    chosen: list[object] = []
    with pytest.raises(Killed):
        audited(budget, stop)
    assert chosen == [expected]


def test_a_killed_audit_goes_on_with_what_it_chose(audited: Audited, monkeypatch: pytest.MonkeyPatch) -> None:
    def kill(event: Event) -> None:
        if isinstance(event, AttackTried):
            raise Killed

    with pytest.raises(Killed):
        audited(1.5 * HALF, kill)
    monkeypatch.setattr(Clock, "training", lambda self, training: 10.0 * epochs(training))  # a faster machine now
    result = audited(1.5 * HALF)
    assert lengths(result) == {("mtl", 3)}
    assert result.trained == 4


def test_a_larger_budget_mixes_no_learners_of_two_lengths(audited: Audited, tmp_path: Path) -> None:
    first, events = audited(1.5 * HALF), list[Event]()
    result = audited(1.5 * MULTI, events.append)
    notes = [event.text for event in events if isinstance(event, Note)]
    assert any(note.startswith(f"{len(first.records)} records of an earlier run") for note in notes)
    assert lengths(result) == {("mtl", 6)}
    assert result.trained == 7
    kept = read_audit_report(tmp_path / "audit" / "audit.json")
    assert kept == result.report
    assert kept.concession is not None
    assert kept.concession.share == 1
    events.clear()
    again = audited(1.5 * MULTI, events.append)
    assert again.trained == 0
    assert not [event for event in events if isinstance(event, Note) and "earlier run" in event.text]


def test_learners_that_are_there_cost_nothing(audited: Audited) -> None:
    plain = replace(BOTH, attacks=("none",))
    whole = audited(None, plan=plain)
    smaller = audited(1.0, plan=plain)
    assert smaller.report.concession is None
    assert (smaller.trained, lengths(smaller)) == (0, lengths(whole))
