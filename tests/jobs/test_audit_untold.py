"""An audit trains plain learners alone where nothing could be told of an attack, unless somebody asks for one."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from audited import PLAN, protected_digits

from mtlue import Runtime
from mtlue.errors import spoken
from mtlue.evaluation.audits.options import AuditOptions
from mtlue.evaluation.audits.plan import AuditPlan
from mtlue.evaluation.audits.records import AuditReport, read_audit_report
from mtlue.evaluation.learners import work
from mtlue.evaluation.records import Record
from mtlue.evaluation.recoveries.untold import FEW_TESTED, NOTHING_LEARNED
from mtlue.evaluation.recoveries.verdict import NOT_ASKED
from mtlue.jobs.audits.audit import run_audit
from mtlue.jobs.audits.events import AuditPlanned
from mtlue.jobs.audits.trials import Trials
from mtlue.jobs.events import Event, Note
from mtlue.jobs.requests.auditor import AuditRequest
from mtlue.report.audits.texts import what_would_tell

Audited = Callable[..., tuple[AuditReport, list[Event]]]
TASKS = ("left", "right")


@pytest.fixture(autouse=True)
def _timed_quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work, "_SECONDS", 0.01)


@pytest.fixture(scope="module")
def protected(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return protected_digits(tmp_path_factory.mktemp("protected") / "p")


@pytest.fixture
def audited(protected: Path, tmp_path: Path) -> Audited:
    """An audit of 20 test images, and its events."""

    def run(plan: AuditPlan) -> tuple[AuditReport, list[Event]]:
        events = list[Event]()
        return run_audit(
            AuditRequest.of(protected, {}, plan, tmp_path / "a"), Runtime("cpu"), events.append
        ).report, events

    return run


@pytest.fixture
def learned(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Says which tasks clean learners learn: by setting."""
    trained = Trials.records

    def clean_learners_learn(**settings: tuple[str, ...]) -> None:
        def told(self: Trials, trainings: list[object]) -> list[Record]:
            return [scored(record) for record in trained(self, trainings)]  # type: ignore[arg-type]

        def scored(record: Record) -> Record:
            known = settings.get(record.learner.setting, ())
            names = record.headline
            trivial = {task: record.trivial[task][name] for task, name in names.items()}
            scores = {
                task: {**record.metrics[task], name: trivial[task] + 0.5 * (task in known)}
                for task, name in names.items()
            }
            return replace(record, metrics=scores, replicates={})

        monkeypatch.setattr(Trials, "records", told)

    return clean_learners_learn


def all_of(plan: AuditPlan, **changes: object) -> AuditPlan:
    """The plan as where nobody chose its attacks."""
    return replace(plan, named=(), **changes)  # type: ignore[arg-type]


def tried(report: AuditReport) -> set[str | None]:
    return {record.attack for record in report.records}


@pytest.mark.parametrize(
    ("options", "asked"),
    [
        (AuditOptions(), False),
        (AuditOptions(settings=["mtl"], seeds=2), False),
        (AuditOptions(only=["grey"]), True),
        (AuditOptions(tier=["nothing", "compute", "tool", "model"]), True),
        (AuditOptions(budget="20m"), True),
    ],
)
def test_attacks_are_asked_for_by_names_tiers_and_a_budget(options: AuditOptions, asked: bool) -> None:
    assert options.plan().asked is asked


def test_an_attack_is_named_and_those_of_a_tier_are_not() -> None:
    assert AuditOptions(only=["grey", "compute"], tier=["model"]).plan().insisted == ("grey",)
    assert AuditOptions(budget="20m").plan().insisted == ()
    assert AuditPlan(attacks=("none", "grey")).insisted == ("none", "grey")


def test_too_few_test_images_are_tested_by_plain_learners_alone_where_nobody_asks_for_more(audited: Audited) -> None:
    report, events = audited(replace(AuditPlan(), learner=PLAN.learner, settings=("mtl",)))
    (planned,) = [event for event in events if isinstance(event, AuditPlanned)]
    assert [one.attack for one in planned.attacks] == ["none"]
    assert not planned.costly
    assert tried(report) == {"none"}
    assert {left.why for left in report.not_run} == {FEW_TESTED, NOT_ASKED}  # some are tried only where they are named
    assert report.coverage.text == f"1 of {len(report.attacks)} attacks tried"
    notes = [event.text for event in events if isinstance(event, Note)]
    assert len([note for note in notes if "no attack is tried" in note]) == 1
    advice = spoken(what_would_tell(report))
    assert FEW_TESTED in advice
    assert "only, tier or budget tries attacks all the same" in advice


def test_too_few_test_images_are_no_reason_where_somebody_asks_for_attacks(audited: Audited) -> None:
    report, _ = audited(replace(PLAN, attacks=("none", "grey"), budget=3600.0))
    assert tried(report) == {"none", "grey"}
    assert FEW_TESTED not in report.reasons


def test_an_audit_ends_after_plain_learners_that_learned_nothing(
    audited: Audited, learned: Callable[..., None], tmp_path: Path
) -> None:
    learned()
    plan = all_of(PLAN, budget=3600.0)
    report, events = audited(plan)
    assert tried(report) == {"none"}
    assert report.reasons[NOTHING_LEARNED] == ["jpeg10", "grey"]
    (told,) = [event.text for event in events if isinstance(event, Note)]
    assert spoken(told).startswith(
        f"2 attacks not tried: {NOTHING_LEARNED}. What may help: more images, longer training"
    )
    assert "backbone" in spoken(told)
    assert report.untold == told
    assert told in what_would_tell(report)
    assert spoken(told) in (tmp_path / "a/audit.json").read_text()
    assert read_audit_report(tmp_path / "a/audit.json") == report
    again, events = audited(plan)
    (planned,) = [event for event in events if isinstance(event, AuditPlanned)]
    assert [one.attack for one in planned.attacks] == ["none"]
    assert again.reasons == report.reasons


@pytest.mark.parametrize("known", [{"mtl": ("left",)}, {"stl": ("right",)}, {"mtl": TASKS, "stl": TASKS}])
def test_one_task_that_is_learned_in_one_setting_is_enough(
    audited: Audited, learned: Callable[..., None], known: dict[str, tuple[str, ...]]
) -> None:
    learned(**known)
    report, _ = audited(all_of(PLAN, settings=("mtl", "stl"), attacks=("none", "grey")))
    assert tried(report) == {"none", "grey"}
    assert not report.untold


def test_what_is_named_is_tried_all_the_same(audited: Audited, learned: Callable[..., None]) -> None:
    learned()
    report, _ = audited(replace(PLAN, named=("grey",)))
    assert tried(report) == {"none", "grey"}
    assert report.reasons[NOTHING_LEARNED] == ["jpeg10"]
