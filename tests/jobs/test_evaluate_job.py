"""``evaluate`` and ``analyse`` as jobs: an interrupted run goes on where it was, and mixes nothing."""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from torch import Tensor

from mtlue import InputError, Runtime
from mtlue.data.derived import write_images
from mtlue.data.options import DataOptions
from mtlue.evaluation.learner import Learner
from mtlue.evaluation.learners import protocol
from mtlue.evaluation.learners.plan import EvaluationPlan
from mtlue.evaluation.records import read_records, write_records
from mtlue.jobs.events import Event, LearnerFinished, LearnersPlanned, LearnerStarted, Note, Resumed
from mtlue.jobs.learners.analyse import run_analyse
from mtlue.jobs.learners.evaluate import run_evaluate
from mtlue.jobs.learners.report import run_report
from mtlue.jobs.learners.report_request import ReportRequest
from mtlue.jobs.protection.protect import run_protect
from mtlue.jobs.requests.auditor import AnalyseRequest, EvaluateRequest
from mtlue.jobs.requests.owner import ProtectRequest
from mtlue.methods.options import MethodChoice
from mtlue.release.form import ReleaseForm
from mtlue.training import Recipe

DATA = DataOptions("digits", limit_train=40, limit_test=20)
QUICK = Learner(recipe=Recipe(epochs=1, batch_size=16))
PLAN = EvaluationPlan(QUICK, seeds=(0,), countermeasures=("none", "bits2"))
LEARNERS = (1 + 2) * 3 * 2  # mtl and one per task, three conditions, two countermeasures


class Killed(BaseException):
    """As a signal."""


@pytest.fixture(scope="module")
def protected(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("protected") / "p"
    run_protect(ProtectRequest(DATA, out, method=MethodChoice("lsp-patch"), seed=0), Runtime("cpu"))
    return out


@pytest.fixture
def request_of(protected: Path, tmp_path: Path) -> Callable[[EvaluationPlan], EvaluateRequest]:
    return lambda plan: EvaluateRequest(DATA, protected, tmp_path / "e", plan)


def killer(after: int) -> Callable[[Event], None]:
    """A listener that kills a job when it has finished so many learners."""
    finished = 0

    def listen(event: Event) -> None:
        nonlocal finished
        if isinstance(event, LearnerStarted) and finished == after:
            raise Killed
        finished += isinstance(event, LearnerFinished)

    return listen


def test_a_killed_evaluation_trains_only_what_is_left(
    request_of: Callable[[EvaluationPlan], EvaluateRequest], tmp_path: Path
) -> None:
    request = request_of(PLAN)
    with pytest.raises(Killed):
        run_evaluate(request, Runtime("cpu"), killer(after=4))
    kept = read_records(request.out / "results.json")
    assert len(kept) == 4
    assert not run_report(ReportRequest(request.out), Runtime("cpu")).complete
    events: list[Event] = []
    result = run_evaluate(request, Runtime("cpu"), events.append)
    assert Resumed("learners", 4, LEARNERS) in events
    assert sum(isinstance(event, LearnerStarted) for event in events) == result.trained == LEARNERS - 4
    assert result.records[:4] == kept
    assert read_records(request.out / "results.json") == result.records
    assert not (request.out / "temporary").exists()
    assert run_report(ReportRequest(request.out), Runtime("cpu")).complete
    whole = run_evaluate(replace(request, out=tmp_path / "whole"), Runtime("cpu"))
    assert [record.metrics for record in whole.records] == [record.metrics for record in result.records]
    assert run_evaluate(request, Runtime("cpu")).trained == 0


def test_results_are_those_of_the_request_in_its_order(
    request_of: Callable[[EvaluationPlan], EvaluateRequest],
) -> None:
    narrow = replace(PLAN, settings=("mtl",), countermeasures=("none",))
    assert run_evaluate(request_of(narrow), Runtime("cpu")).trained == 3
    wider = replace(narrow, seeds=(1, 0), conditions=("protected", "clean"))
    result = run_evaluate(request_of(wider), Runtime("cpu"))
    assert result.trained == 2
    order = [(record.learner.seed, record.condition) for record in result.records]
    assert order == [(1, "protected"), (1, "clean"), (0, "protected"), (0, "clean")]
    again = run_evaluate(request_of(narrow), Runtime("cpu"))
    assert again.trained == 0
    assert len(read_records(request_of(narrow).out / "results.json")) == 3


def test_other_images_learners_and_protocols_are_trained_again(
    request_of: Callable[[EvaluationPlan], EvaluateRequest], monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = replace(PLAN, settings=("mtl",), conditions=("clean",), countermeasures=("none",))
    request = request_of(plan)
    assert run_evaluate(request, Runtime("cpu")).trained == 1
    fewer = replace(request, data=replace(DATA, limit_train=30))
    assert run_evaluate(fewer, Runtime("cpu")).trained == 1
    slower = replace(request, plan=replace(plan, learner=replace(QUICK, recipe=replace(QUICK.recipe, epochs=2))))
    assert run_evaluate(slower, Runtime("cpu")).trained == 1
    assert run_evaluate(request, Runtime("cpu")).trained == 0
    assert run_evaluate(request, Runtime("cpu", seed=5)).trained == 0  # it draws the noise alone
    noised = replace(request, plan=replace(plan, conditions=("noise",)))
    assert [run_evaluate(noised, Runtime("cpu", seed=seed)).trained for seed in (0, 5, 0)] == [1, 1, 0]
    with monkeypatch.context() as another:
        another.setattr("mtlue.evaluation.keys.PROTOCOL", 99)
        assert run_evaluate(request, Runtime("cpu")).trained == 1
    monkeypatch.setattr("mtlue._version.__version__", "99.0")
    assert run_evaluate(request, Runtime("cpu")).trained == 0


def test_nothing_whole_lies_in_memory(
    request_of: Callable[[EvaluationPlan], EvaluateRequest], monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes: list[int] = []

    def watched(batches: Iterable[Tensor], shape: tuple[int, ...], file: Path) -> object:
        return write_images(noted(batches), shape, file)

    def noted(batches: Iterable[Tensor]) -> Iterator[Tensor]:
        for batch in batches:
            sizes.append(len(batch))
            yield batch

    monkeypatch.setattr(protocol, "write_images", watched)
    monkeypatch.setattr(protocol, "at_once", lambda dataset: 16)
    plan = replace(PLAN, settings=("mtl",), conditions=("noise",), countermeasures=("none",))
    run_evaluate(request_of(plan), Runtime("cpu"))
    assert sizes == [16, 16, 8]


def test_a_killed_analysis_goes_on(protected: Path, tmp_path: Path) -> None:
    plan = EvaluationPlan(QUICK, seeds=(0, 1))
    request = AnalyseRequest(DATA, (protected,), tmp_path / "a", plan, shown=10)
    started: list[str] = []

    def listen(event: Event) -> None:
        if isinstance(event, LearnerStarted):
            started.append(event.description)
            if len(started) == 3:
                raise Killed

    with pytest.raises(Killed):
        run_analyse(request, Runtime("cpu"), listen)
    assert len(json.loads((tmp_path / "a/analysis.json").read_text())["tasks"]) == 2 * 2  # learners x tasks
    result = run_analyse(request, Runtime("cpu"), listen)
    assert len(started) == 3 + 2
    assert [(one.images, one.seed) for one in result.learners] == [
        ("clean", 0), ("lsp-patch", 0), ("clean", 1), ("lsp-patch", 1)
    ]  # fmt: skip
    assert {name: tuple(features.shape) for name, features in result.features.items()} == {
        "clean": (10, 256), "lsp-patch": (10, 256)
    }  # fmt: skip
    whole = run_analyse(replace(request, out=tmp_path / "whole"), Runtime("cpu"))
    assert whole.learners == result.learners


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"protected": ()}, "names no release"),
        ({"shown": 1}, "plot_images 1: give 2 to 20000"),
        ({"protected": (Path("nowhere"),)}, "nowhere"),
    ],
)
def test_requests_are_checked_before_anything_is_read(
    protected: Path, tmp_path: Path, change: dict[str, Any], message: str
) -> None:
    request = replace(AnalyseRequest(DATA, (protected,), tmp_path / "a"), **change)
    with pytest.raises(InputError, match=message):
        run_analyse(request, Runtime("cpu"))
    assert not (tmp_path / "a").exists()


@pytest.mark.parametrize("epochs", [1, 500])
def test_what_will_be_trained_is_told_before_it_starts(
    request_of: Callable[[EvaluationPlan], EvaluateRequest], epochs: int
) -> None:
    """A long one with its time, which depends on the machine."""
    plan = replace(PLAN, learner=replace(QUICK, recipe=Recipe(epochs=epochs, batch_size=16)))
    events: list[Event] = []

    def listen(event: Event) -> None:
        events.append(event)
        if isinstance(event, LearnerStarted):
            raise Killed

    with pytest.raises(Killed):
        run_evaluate(request_of(plan), Runtime("cpu"), listen)
    planned = next(event for event in events if isinstance(event, LearnersPlanned))
    assert (planned.learners, planned.done) == (LEARNERS, 0)
    assert planned.seconds is None if epochs == 1 else planned.seconds


def test_a_report_takes_several_evaluations_of_one_dataset(
    request_of: Callable[[EvaluationPlan], EvaluateRequest], tmp_path: Path
) -> None:
    narrow = replace(PLAN, settings=("mtl",), countermeasures=("none",), conditions=("clean",))
    first = request_of(narrow)
    second = replace(first, out=tmp_path / "more", plan=replace(narrow, seeds=(1,)))
    for request in (first, second):
        run_evaluate(request, Runtime("cpu"))
    both = run_report(ReportRequest(first.out, others=(second.out,)), Runtime("cpu"))
    assert [record.learner.seed for record in both.records] == [0, 1]
    assert both.complete
    other = [replace(record, dataset="faces") for record in both.records]
    write_records(second.out / "results.json", other)
    with pytest.raises(InputError, match=r"different datasets \(digits, faces\)"):
        ReportRequest(first.out, others=(second.out,)).records_of()


def test_learners_of_a_lossy_release_know_how_far_its_files_may_be_away(tmp_path: Path) -> None:
    form = ReleaseForm(format="jpeg", quality=20)
    run_protect(
        ProtectRequest(DATA, tmp_path / "p", method=MethodChoice("lsp-patch"), seed=0, form=form), Runtime("cpu")
    )
    allowed = json.loads((tmp_path / "p/release/manifest.json").read_text())["largest_change"]
    assert allowed > 8
    plan = EvaluationPlan(QUICK, seeds=(0,), settings=("mtl",), conditions=("clean", "noise", "protected"))
    records = run_evaluate(EvaluateRequest(DATA, tmp_path / "p", tmp_path / "e", plan), Runtime("cpu")).records
    assert {one.condition: one.largest_change for one in records} == {
        "clean": None,
        "noise": None,
        "protected": allowed,
    }


def test_records_of_another_release_are_not_replaced(
    request_of: Callable[[EvaluationPlan], EvaluateRequest], tmp_path: Path
) -> None:
    request = request_of(replace(PLAN, settings=("mtl",), countermeasures=("none",), conditions=("clean",)))
    run_evaluate(request, Runtime("cpu"))
    run_protect(ProtectRequest(DATA, tmp_path / "q", method=MethodChoice("noise"), seed=0), Runtime("cpu"))
    other, before = replace(request, protected=tmp_path / "q"), (request.out / "results.json").read_bytes()
    with pytest.raises(InputError, match="holds the evaluation of another release: name another folder"):
        run_evaluate(other, Runtime("cpu"))
    assert (request.out / "results.json").read_bytes() == before
    for name in ("results.json", "planned.json"):
        (request.out / name).unlink()
    notes: list[Event] = []
    run_evaluate(other, Runtime("cpu"), notes.append)
    assert not [event for event in notes if isinstance(event, Note)]


def test_a_report_shows_no_other_release_than_the_one_that_its_scores_are_of(
    request_of: Callable[[EvaluationPlan], EvaluateRequest], tmp_path: Path
) -> None:
    request = request_of(replace(PLAN, settings=("mtl",), countermeasures=("none",), conditions=("clean",)))
    run_evaluate(request, Runtime("cpu"))
    run_protect(ProtectRequest(DATA, tmp_path / "q", method=MethodChoice("noise"), seed=0), Runtime("cpu"))
    ReportRequest(request.out, protected=request.protected).check()
    with pytest.raises(InputError, match=r"q is not the release that .*e is the evaluation of, or was made again"):
        ReportRequest(request.out, protected=tmp_path / "q").check()
    (request.out / "planned.json").unlink()  # as an earlier version left it
    ReportRequest(request.out, protected=tmp_path / "q").check()


def test_a_folder_is_a_releases_before_its_first_learner_ends(
    request_of: Callable[[EvaluationPlan], EvaluateRequest], tmp_path: Path
) -> None:
    request = request_of(PLAN)
    with pytest.raises(Killed):
        run_evaluate(request, Runtime("cpu"), killer(0))
    run_protect(ProtectRequest(DATA, tmp_path / "q", method=MethodChoice("noise"), seed=0), Runtime("cpu"))
    with pytest.raises(InputError, match="holds the evaluation of another release"):
        run_evaluate(replace(request, protected=tmp_path / "q"), Runtime("cpu"))


def test_records_that_leave_the_list_for_another_plan_are_counted(
    request_of: Callable[[EvaluationPlan], EvaluateRequest],
) -> None:
    narrow = replace(PLAN, settings=("mtl",), countermeasures=("none",), conditions=("clean",))
    request, notes = request_of(replace(narrow, seeds=(0, 1))), list[str]()

    def listen(event: Event) -> None:
        notes.extend([event.text] if isinstance(event, Note) else [])

    run_evaluate(request, Runtime("cpu"), listen)
    assert not notes
    run_evaluate(replace(request, plan=replace(narrow, seeds=(1, 2))), Runtime("cpu"), listen)
    assert [note.split(" leaves ")[0] for note in notes] == ["1 record of another plan"]
    again = run_evaluate(request, Runtime("cpu"), listen)
    assert (again.trained, len(again.records), len(notes)) == (0, 2, 2)
