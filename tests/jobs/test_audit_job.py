"""``audit`` as a job: resumed, within its budget, in one process or in two, and with what it has to leave out."""

import itertools
import json
import multiprocessing
import shutil
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from audited import DATA, PLAN, protected_digits

import mtlue
from audit_examples import record
from conftest import digits_dataset
from mtlue import InputError, Runtime
from mtlue.data.options import DataOptions
from mtlue.evaluation.audits.estimate import Clock
from mtlue.evaluation.audits.plan import AuditPlan, Training, Trial
from mtlue.evaluation.audits.possible import TOO_FEW_TO_SHARE
from mtlue.evaluation.audits.records import read_audit_report
from mtlue.evaluation.countermeasures.jpeg import Jpeg
from mtlue.evaluation.keys import experiment_key
from mtlue.evaluation.learners import work
from mtlue.evaluation.learners.data import ComparisonData
from mtlue.evaluation.records import Record
from mtlue.evaluation.recoveries.coverage import NO_TIME
from mtlue.evaluation.recoveries.recovery import recoveries
from mtlue.evaluation.recoveries.verdict import NOT_ASKED
from mtlue.jobs.audits.audit import audit_images, run_audit
from mtlue.jobs.audits.events import AttackLeftOut, AttackTried, AuditPlanned, AuditTimed, SeedsAdded
from mtlue.jobs.audits.findings import Findings
from mtlue.jobs.audits.run import AuditRun
from mtlue.jobs.audits.time import Timing
from mtlue.jobs.audits.trials import Trials
from mtlue.jobs.audits.workers import processes_that_pay
from mtlue.jobs.events import Event, FewTested, Note, Resumed
from mtlue.jobs.protection.protect import run_protect
from mtlue.jobs.requests.auditor import AuditRequest
from mtlue.jobs.requests.owner import ProtectRequest
from mtlue.methods.options import MethodChoice
from mtlue.release.layout import AuditFolder
from mtlue.threads import cpu_count

LEARNERS = 3 + 2 + 2
SIDES = 3 + 4 + 4
Ask = Callable[..., AuditRequest]


class Killed(BaseException):
    """As a signal."""


@pytest.fixture(autouse=True)
def _timed_quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work, "_SECONDS", 0.01)


@pytest.fixture(scope="module")
def protected(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return protected_digits(tmp_path_factory.mktemp("protected") / "p")


@pytest.fixture
def ask(protected: Path, tmp_path: Path) -> Ask:
    """A request with changes of the plan."""

    def asked(**changes: object) -> AuditRequest:
        plan = replace(PLAN, **changes)  # type: ignore[arg-type]
        return AuditRequest.of(protected, {}, plan, tmp_path / "audit")

    return asked


def compared(records: list[Record]) -> list[Record]:
    """Without what differs from run to run."""
    return [replace(record, seconds=0) for record in records]


def test_every_attack_has_its_records_and_they_are_in_the_file(ask: Ask) -> None:
    request, events = ask(), list[Event]()
    result = run_audit(request, Runtime("cpu"), events.append)
    assert (result.trained, len(result.records)) == (LEARNERS, SIDES)
    assert [(one.attack, one.condition, one.learner.treat_test) for one in result.records[3:7]] == [
        ("jpeg10", "clean", True), ("jpeg10", "clean", False),
        ("jpeg10", "protected", True), ("jpeg10", "protected", False),
    ]  # fmt: skip
    kept = read_audit_report(request.report)
    assert kept.complete
    assert kept == result.report
    assert {left.why for left in kept.not_run} <= {NOT_ASKED}
    (planned,) = [event for event in events if isinstance(event, AuditPlanned)]
    assert [(one.attack, one.learners, one.done) for one in planned.attacks] == [
        ("none", 3, 0), ("jpeg10", 2, 0), ("grey", 2, 0)
    ]  # fmt: skip
    tried = [event for event in events if isinstance(event, AttackTried)]
    assert [(event.attack, event.done, event.total) for event in tried] == [
        ("none", 3, LEARNERS), ("jpeg10", 5, LEARNERS), ("grey", 7, LEARNERS)
    ]  # fmt: skip
    assert not (request.folder / "temporary").exists()


def test_what_is_told_of_an_attack_is_of_a_task_that_the_release_protects(
    ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    clean = record("none", "clean", dict.fromkeys(("open", "left"), 0.9))
    released = record("none", "protected", {"open": 0.88, "left": 0.2}, unprotected=["open"])
    monkeypatch.setattr(Findings, "recoveries", lambda findings, attack: recoveries([clean, released]))
    events = list[Event]()
    run_audit(ask(attacks=("none",)), Runtime("cpu"), events.append)
    (tried,) = (event for event in events if isinstance(event, AttackTried))
    assert tried.worst is not None
    assert tried.worst.task == "left"


def test_a_killed_audit_trains_only_what_is_left(ask: Ask, tmp_path: Path) -> None:
    request = ask()

    def kill(event: Event) -> None:
        if isinstance(event, AttackTried) and event.attack == "jpeg10":
            raise Killed

    with pytest.raises(Killed):
        run_audit(request, Runtime("cpu"), kill)
    assert not request.report.exists()
    half = read_audit_report(AuditFolder(request.folder).unfinished)
    assert (half.complete, len(half.records)) == (False, 3 + 4)
    events = list[Event]()
    result = run_audit(request, Runtime("cpu"), events.append)
    assert Resumed("learners", 5, LEARNERS) in events
    assert result.trained == 2
    assert result.records[:7] == half.records
    assert result.report.cost.taken > half.cost.taken == result.report.cost.earlier
    assert not AuditFolder(request.folder).unfinished.exists()
    whole = run_audit(replace(request, out=tmp_path / "whole"), Runtime("cpu"))
    assert compared(whole.records) == compared(result.records)
    assert run_audit(request, Runtime("cpu")).trained == 0


def test_two_processes_give_the_records_of_one(ask: Ask, tmp_path: Path) -> None:
    one = run_audit(ask(attacks=("none", "grey")), Runtime("cpu"))
    request = replace(ask(), out=tmp_path / "two", processes=2)
    (request.folder / "temporary").mkdir(parents=True)
    (request.folder / "temporary" / experiment_key("jpeg10")).write_text("in the way of what its learners share")
    two = run_audit(request, Runtime("cpu"))
    assert compared(two.records) == compared(one.records)
    assert two.report.cost.processes == 2
    why = {left.attack: left.why for left in two.report.not_run}
    assert experiment_key("jpeg10") in why["jpeg10"]
    assert "jpeg10" not in {record.attack for record in two.records}
    assert not multiprocessing.active_children()


def test_processes_pay_where_there_is_much_to_do() -> None:
    cores = cpu_count()
    assert processes_that_pay(None, 10, 20, Runtime("cpu")) == 1
    assert processes_that_pay(None, 1000, 20, Runtime("cpu")) == min(cores, 8)
    assert processes_that_pay(None, 1000, 1, Runtime("cpu")) == 1
    assert processes_that_pay(3, 10, 20, Runtime("cpu")) == 3
    assert processes_that_pay(None, 1000, 20, Runtime("cpu"), devices=100) == min(cores, 8)


def test_an_attack_that_fails_stops_no_other(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(self: Jpeg, batch: object) -> None:
        raise RuntimeError("out of order")

    monkeypatch.setattr(Jpeg, "prepare", broken)
    events = list[Event]()
    result = run_audit(ask(), Runtime("cpu"), events.append)
    (left,) = [left for left in result.report.not_run if left.failed]
    assert left.attack == "jpeg10"
    assert left.why.startswith("RuntimeError: out of order (see ")
    assert result.report.failures == {left.why: ["jpeg10"]}
    assert result.report.coverage.text.endswith(" attacks tried, 1 failed")
    assert {record.attack for record in result.records} == {"none", "grey"}
    assert [event.left.attack for event in events if isinstance(event, AttackLeftOut)] == ["jpeg10"]


def takes(trials: Iterable[Trial], attack: str) -> bool:
    return any(trial.attack == attack for trial in trials)


def test_what_has_no_time_is_left_out(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Timing, "works", lambda self, of: [1000.0 if takes(one, "jpeg10") else 0.0 for one in of])
    report = run_audit(ask(budget=600.0), Runtime("cpu")).report
    assert {left.attack: left.why for left in report.not_run}["jpeg10"] == NO_TIME
    assert {record.attack for record in report.records} == {"none", "grey"}
    assert report.cost.budget == 600.0


@pytest.mark.parametrize(("budget", "order"), [(None, ["none", "jpeg10", "grey"]), (6e4, ["none", "grey", "jpeg10"])])
def test_with_a_budget_what_tells_most_for_its_time_comes_first(
    ask: Ask, monkeypatch: pytest.MonkeyPatch, budget: float | None, order: list[str]
) -> None:
    monkeypatch.setattr(Timing, "works", lambda self, of: [1000.0 if takes(one, "jpeg10") else 100.0 for one in of])
    events = list[Event]()
    run_audit(ask(budget=budget), Runtime("cpu"), events.append)
    assert [event.attack for event in events if isinstance(event, AttackTried)] == order


def test_what_had_no_time_is_taken_up_where_learners_turn_out_to_be_faster(
    ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is counted but what there is time for."""

    def works(self: Timing, of: Iterable[list[Trial]]) -> list[float]:
        slow = len(counted) < 5  # three plain learners, one of each condition, and both of grey
        return [1000.0 if slow and takes(one, "jpeg10") else 0.0 for one in of]

    def counting(self: Timing, training: Training) -> None:
        counted.append(training)
        count(self, training)

    counted, count = list[Training](), Timing.count
    monkeypatch.setattr(Timing, "works", works)
    monkeypatch.setattr(Timing, "count", counting)
    events = list[Event]()
    result = run_audit(ask(budget=600.0), Runtime("cpu"), events.append)
    assert [event.attacks for event in events if isinstance(event, AuditTimed)] == [1, 1]
    tried = [event for event in events if isinstance(event, AttackTried)]
    assert [(one.attack, one.done, one.total) for one in tried] == [("none", 3, 5), ("grey", 5, 5), ("jpeg10", 7, 7)]
    assert "jpeg10" not in {left.attack for left in result.report.not_run}


@pytest.fixture
def _halved_whatever_its_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mtlue.jobs.learners.reading.FEWEST_SHARED", 4)


@pytest.fixture
def _grey_is_strongest(monkeypatch: pytest.MonkeyPatch) -> None:
    """grey gets back most, then jpeg10."""
    trained = Trials.records

    def told(self: Trials, trainings: list[object]) -> list[Record]:
        return [scored(record) for record in trained(self, trainings)]  # type: ignore[arg-type]

    def scored(record: Record) -> Record:
        shares = {"none": 0.2, "jpeg10": 0.4, "grey": 0.6}
        share = 1.0 if record.condition == "clean" else shares[record.attack or ""]
        trivial = {task: record.trivial[task][name] for task, name in record.headline.items()}
        scores = {
            task: {**record.metrics[task], name: trivial[task] + share * (1 - trivial[task])}
            for task, name in record.headline.items()
        }
        return replace(record, metrics=scores, replicates={})

    monkeypatch.setattr(Trials, "records", told)


@pytest.mark.usefixtures("_grey_is_strongest")
def test_the_strongest_get_more_seeds_until_their_order_stays(ask: Ask) -> None:
    events = list[Event]()
    result = run_audit(ask(more_seeds=2), Runtime("cpu"), events.append)
    added = [event.attacks for event in events if isinstance(event, SeedsAdded)]
    assert added == [("grey", "jpeg10", "none")]
    seeds = {one.attack: one.seeds for one in result.report.recoveries}
    assert seeds == {"grey": (0, 1), "jpeg10": (0, 1), "none": (0, 1)}


@pytest.mark.usefixtures("_grey_is_strongest")
def test_no_more_seeds_are_added_than_is_said_whatever_the_budget(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    """The order of the strongest never stays."""
    strongest, calls = AuditRun._strongest, itertools.count()
    monkeypatch.setattr(AuditRun, "_strongest", lambda self: strongest(self)[:: 1 if next(calls) % 2 else -1])
    events = list[Event]()
    run_audit(ask(attacks=("none", "grey"), more_seeds=1, budget=3600.0), Runtime("cpu"), events.append)
    assert len([event for event in events if isinstance(event, SeedsAdded)]) == 1


@pytest.mark.usefixtures("_grey_is_strongest")
@pytest.mark.parametrize(("begun", "trained"), [(0, 0), (1, 1), (3, 3), (9, 4)])
def test_no_learner_of_another_seed_is_begun_once_the_time_is_over(
    ask: Ask, monkeypatch: pytest.MonkeyPatch, begun: int, trained: int
) -> None:
    """Four: a plain one of clean images, which both attacks are compared with, two of grey and one of none."""
    counted, count, fits, first = list[Training](), Timing.count, Timing.fits, 3 + 2

    def counting(self: Timing, training: Training) -> None:
        counted.append(training)
        count(self, training)

    def fitting(self: Timing, trials: list[Trial]) -> bool:
        return fits(self, trials) and (not added or len(counted) < first + begun)

    added = list[Event]()
    monkeypatch.setattr(Timing, "count", counting)
    monkeypatch.setattr(Timing, "fits", fitting)
    request = ask(attacks=("none", "grey"), more_seeds=1, budget=3600.0)
    result = run_audit(
        request, Runtime("cpu"), lambda event: added.append(event) if isinstance(event, SeedsAdded) else None
    )
    assert result.trained == first + trained


def test_attacks_that_need_clean_images_are_left_out_where_there_are_none(tmp_path: Path) -> None:
    clean, test = digits_dataset("train", 30), digits_dataset("test", 20)
    data = ComparisonData("digits", clean, clean, test, mtlue.Pipeline((32, 32)), "lsp-patch", 8 / 255)
    report = audit_images(data, replace(PLAN, attacks=("none", "dilution5")), tmp_path, Runtime("cpu")).report
    assert {record.attack for record in report.records} == {"none"}
    assert {left.attack: left.why for left in report.not_run}["dilution5"] == TOO_FEW_TO_SHARE


def test_few_test_images_are_not_halved_for_an_attacker(protected: Path, tmp_path: Path) -> None:
    request = AuditRequest.of(protected, {}, replace(PLAN, attacks=("none", "dilution20")), tmp_path / "a")
    report = run_audit(request, Runtime("cpu")).report
    assert {record.test_images for record in report.records} == {20}
    assert {left.attack: left.why for left in report.not_run}["dilution20"] == TOO_FEW_TO_SHARE


@pytest.mark.usefixtures("_halved_whatever_its_size")
def test_an_attack_with_clean_images_has_its_control(protected: Path, tmp_path: Path) -> None:
    request = AuditRequest.of(protected, {}, replace(PLAN, attacks=("none", "dilution20")), tmp_path / "a")
    report = run_audit(request, Runtime("cpu")).report
    assert [record.condition for record in report.records if record.attack == "dilution20"] == [
        "clean", "protected", "own"
    ]  # fmt: skip


def test_weights_of_ones_own_take_the_place_of_the_packages(tmp_path: Path) -> None:
    file = tmp_path / "mine.pth"
    torch.save({"conv1.weight": torch.zeros(1)}, file)
    plan = AuditPlan(weights=file, weights_backbone="resnet18")
    learner = plan.attack("pretrained").learner_of(plan.learner)
    assert (learner.backbone, learner.init) == ("resnet18", str(file))
    assert AuditPlan().attack("pretrained").learner_of(plan.learner).init == "package"
    assert plan.attack("grey") == AuditPlan().attack("grey")


def test_the_data_are_remembered_wherever_the_command_is_started(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder.parent)
    data = DataOptions("table", Path("photos"), labels=Path("labels.csv"), test_fraction=0.4)
    run_protect(ProtectRequest(data, tmp_path / "p", method=MethodChoice("lsp-patch"), seed=0), Runtime("cpu"))
    monkeypatch.chdir(tmp_path)
    request = AuditRequest.of(tmp_path / "p", {})
    assert request.data == replace(data, data=folder)
    request.examine()
    moved = folder.rename(folder.with_name("moved"))
    with pytest.raises(InputError, match="is not a folder"):
        request.examine()
    AuditRequest.of(tmp_path / "p", {"data": moved}).examine()


def test_held_out_tasks_are_read_where_the_released_ones_are_named(protected: Path) -> None:
    request = AuditRequest(protected, replace(DATA, tasks=["left"]), replace(PLAN, holdout=("right",)))
    assert request.as_read.tasks == ["left", "right"]
    assert replace(request, data=DATA).as_read == DATA


def test_where_every_task_is_released_none_can_be_held_out(protected: Path, tmp_path: Path) -> None:
    request = AuditRequest(protected, DATA, replace(PLAN, holdout=("left",)), tmp_path / "a")
    with pytest.raises(InputError, match=r"leave it out when you protect \(tasks\)$"):
        run_audit(request, Runtime("cpu"))


def test_python_asks_the_same(protected: Path, tmp_path: Path) -> None:
    result = mtlue.audit(
        str(protected),
        out=tmp_path / "a",
        only=["grey"],
        settings=["mtl"],
        learner_epochs=1,
        more_seeds=0,
        runtime=Runtime("cpu"),
    )
    assert {record.attack for record in result.records} == {"none", "grey"}
    assert {one.attack for one in result.report.recoveries} == {"none", "grey"}
    assert all(step.text for step in result.report.verdict)
    assert json.loads((tmp_path / "a/audit.json").read_text())["complete"]


def test_a_new_release_takes_away_what_was_found_of_the_old_one(protected: Path, tmp_path: Path) -> None:
    out = shutil.copytree(protected, tmp_path / "again")
    run_audit(AuditRequest.of(out, {}, PLAN), Runtime("cpu"))
    again = ProtectRequest(DATA, out, overwrite=True, method=MethodChoice("lsp-patch"), seed=1)
    run_protect(again, Runtime("cpu"))
    assert not (out / "audit/audit.json").exists()
    assert run_audit(AuditRequest.of(out, {}, PLAN), Runtime("cpu")).trained == 3  # on protected images


@pytest.mark.parametrize("processes", [1, 2])
def test_notes_of_countermeasures_are_told_once(tmp_path: Path, processes: int) -> None:
    """Of two trials, on clean and on protected images, in this process and in others."""
    plan, events = replace(PLAN, attacks=("none", "dilution:share=1")), list[Event]()
    data, out = replace(DATA, limit_train=55, limit_test=100), tmp_path / "p"
    run_protect(ProtectRequest(data, out, method=MethodChoice("lsp-patch"), seed=0), Runtime("cpu"))
    run_audit(AuditRequest.of(out, {}, plan, tmp_path / "a", processes), Runtime("cpu"), events.append)
    notes = [event.text for event in events if isinstance(event, Note)]
    assert [note for note in notes if "dilution" in note] == [
        "dilution by 100%: 50 clean images of the attacker's own, not 55"
    ]


def test_an_estimate_goes_by_what_earlier_learners_took(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    run_audit(ask(attacks=("none",)), Runtime("cpu"))
    monkeypatch.setattr(Clock, "training", lambda self, training: 1.0)
    monkeypatch.setattr(Trials, "seconds", lambda self, training: 7.0)
    events = list[Event]()
    run_audit(ask(), Runtime("cpu"), events.append)
    (planned,) = [event for event in events if isinstance(event, AuditPlanned)]
    assert {one.attack: one.seconds for one in planned.attacks} == {"none": 0.0, "jpeg10": 14.0, "grey": 14.0}


def test_that_too_few_test_images_say_nothing_is_told_before_the_plan(tmp_path: Path) -> None:
    clean, test = digits_dataset("train", 30), digits_dataset("test", 10)
    data = ComparisonData("digits", clean, clean, test, mtlue.Pipeline((32, 32)), "lsp-patch", 8 / 255)
    events = list[Event]()

    def stop(event: Event) -> None:
        events.append(event)
        if isinstance(event, AuditPlanned):
            raise Killed

    with pytest.raises(Killed):
        audit_images(data, replace(PLAN, attacks=("none",)), tmp_path, Runtime("cpu"), stop)
    assert any(isinstance(event, FewTested) and event.text.startswith("10 test images: ") for event in events)
