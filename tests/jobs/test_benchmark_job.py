"""A grid's run: each cell once, whatever happens in between."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mtlue import InputError, Runtime
from mtlue.evaluation.grids.cells import DatasetSpec
from mtlue.evaluation.grids.grid import Grid
from mtlue.evaluation.learners import work
from mtlue.evaluation.records import Record, read_records
from mtlue.jobs.events import CellFailed, Event, LearnerFinished
from mtlue.jobs.grids.benchmark import Benchmark, BenchmarkResult, estimate_benchmark, run_benchmark
from mtlue.jobs.grids.data import GridData, LoadedData
from mtlue.jobs.learners.report import run_report
from mtlue.jobs.learners.report_request import ReportRequest
from mtlue.jobs.learners.results_file import refuse_other_release
from mtlue.jobs.learners.run_folder import RunFolder
from mtlue.jobs.requests.auditor import BenchmarkRequest

SMALL: dict[str, Any] = {
    "datasets": {"digits": {"limit_train": 40, "limit_test": 20}},
    "methods": ["clean", "lsp-patch"],
    "settings": ["mtl"],
    "seeds": 1,
    "learner_epochs": 1,
}


@pytest.fixture(autouse=True)
def _timed_quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work, "_SECONDS", 0.01)


def run(folder: Path, **values: Any) -> BenchmarkResult:
    return run_benchmark(BenchmarkRequest(Grid.of({**SMALL, **values}), folder), Runtime("cpu"))


def test_a_grid_runs_once_and_goes_on_where_it_was(tmp_path: Path) -> None:
    result = run(tmp_path)
    assert not result.failures
    assert [record.label or record.condition for record in result.records] == ["clean", "lsp-patch"]
    stamps = {path: path.stat().st_mtime_ns for path in (tmp_path / "cells").iterdir()}
    assert len(stamps) == 2
    wider = run(tmp_path, seeds=2)
    assert len(wider.records) == 4
    assert {path: path.stat().st_mtime_ns for path in stamps} == stamps
    assert len(list((tmp_path / "shared").glob("*.npy"))) == 1
    assert read_records(tmp_path / "results.json") == wider.records


def test_an_interrupted_grid_is_known_as_such(tmp_path: Path) -> None:
    def kill(event: Event) -> None:
        if isinstance(event, LearnerFinished):
            raise KeyboardInterrupt

    request = BenchmarkRequest(Grid.of(SMALL), tmp_path)
    with pytest.raises(KeyboardInterrupt):
        run_benchmark(request, Runtime("cpu"), kill)
    assert not run_report(ReportRequest(tmp_path), Runtime("cpu")).complete
    run_benchmark(request, Runtime("cpu"))
    assert run_report(ReportRequest(tmp_path), Runtime("cpu")).complete


def test_every_cell_is_told_and_read_at_most_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    events: list[Event] = []
    request = BenchmarkRequest(Grid.of({**SMALL, "methods": ["clean"], "seeds": 3}), tmp_path)
    run_benchmark(request, Runtime("cpu"), events.append)
    finished = [event for event in events if isinstance(event, LearnerFinished)]
    assert [(event.number, event.total) for event in finished] == [(1, 3), (2, 3), (3, 3)]
    read: list[Path] = []

    def noted(path: Path) -> list[Record]:
        read.append(path)
        return read_records(path)

    monkeypatch.setattr("mtlue.jobs.learners.run_folder.read_records", noted)
    run_benchmark(request, Runtime("cpu"))
    assert len(read) == len(set(read)) == 3


def test_processed_images_are_shared_by_all_learners(tmp_path: Path) -> None:
    result = run(tmp_path, countermeasures=["jpeg:quality=31", "none"], seeds=2)
    assert [record.learner.countermeasure for record in result.records] == ["jpeg:quality=31"] * 2 + ["none"] * 2 + [
        "jpeg:quality=31"
    ] * 2 + ["none"] * 2
    assert len(list((tmp_path / "shared/treated").glob("*.npy"))) == 3  # clean, perturbed and test images


def test_records_of_other_images_are_not_mixed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    request = BenchmarkRequest(Grid.of({**SMALL, "methods": ["clean"]}), tmp_path)
    run_benchmark(request, Runtime("cpu"))
    changed = Benchmark(request, Runtime("cpu"))
    loaded = changed.data.load(request.grid.datasets()[0])
    monkeypatch.setitem(changed.data._loaded, "digits", replace(loaded, test=loaded.train))
    result = changed.run()
    assert "made from other images or labels" in result.failures[0].reason
    assert "bring those images back, or choose another out" in result.failures[0].reason


def test_records_have_the_name_that_their_dataset_has_now(tmp_path: Path) -> None:
    run(tmp_path)
    renamed = {"twos": {"dataset": "digits", **SMALL["datasets"]["digits"]}}
    again = run(tmp_path, datasets=renamed)
    assert [record.dataset for record in again.records] == ["twos", "twos"]
    assert read_records(tmp_path / "results.json") == again.records
    assert len(list((tmp_path / "cells").iterdir())) == 2


def test_an_evaluation_does_not_replace_a_grids_records(tmp_path: Path) -> None:
    run(tmp_path)
    with pytest.raises(InputError, match="holds a grid's records: name another folder"):
        refuse_other_release(RunFolder(tmp_path), "a" * 64)


def test_a_dataset_that_cannot_be_read_leaves_its_records_in_the_list(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    datasets = {**SMALL["datasets"], "few": {"dataset": "digits", "limit_train": 20, "limit_test": 10}}
    request = BenchmarkRequest(Grid.of({**SMALL, "datasets": datasets, "methods": ["clean"]}), tmp_path)
    before = run_benchmark(request, Runtime("cpu"))
    assert len(before.records) == 2
    load = GridData.load

    def gone(self: GridData, spec: DatasetSpec) -> LoadedData:
        if spec.name == "few":
            raise InputError("its folder is gone")
        return load(self, spec)

    monkeypatch.setattr(GridData, "load", gone)
    result = run_benchmark(request, Runtime("cpu"))
    assert [failure.reason for failure in result.failures] == ["its folder is gone"]
    assert result.records == before.records == read_records(tmp_path / "results.json")


def test_a_failed_cell_is_reported_and_stops_no_other(tmp_path: Path) -> None:
    events: list[Event] = []
    methods = {"left alone": {"method": "lsp-patch", "unprotected": ["nose"]}, "clean": None}
    request = BenchmarkRequest(Grid.of({**SMALL, "methods": methods}), tmp_path)
    result = run_benchmark(request, Runtime("cpu"), events.append)
    assert len(result.records) == 1
    (failure,) = result.failures
    assert "unknown task 'nose'" in failure.reason
    assert [event for event in events if isinstance(event, CellFailed)]


def test_a_dataset_that_is_not_there_stops_no_other(tmp_path: Path) -> None:
    datasets = {**SMALL["datasets"], "faces": {"dataset": "utkface", "data": "nowhere"}}
    result = run(tmp_path, methods=["clean"], datasets=datasets)
    assert [record.dataset for record in result.records] == ["digits"]
    assert [failure.what for failure in result.failures] == ["dataset faces"]
    assert "nowhere" in result.failures[0].reason


def test_an_unexpected_error_of_a_dataset_stops_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    same = GridData.check_same

    def check(self: GridData, spec: DatasetSpec) -> None:
        if spec.name == "odd":
            raise RuntimeError("a decoder gave up")
        same(self, spec)

    monkeypatch.setattr(GridData, "check_same", check)
    result = run(tmp_path, methods=["clean"], datasets={**SMALL["datasets"], "odd": {"dataset": "digits"}})
    assert [record.dataset for record in result.records] == ["digits"]
    (failure,) = result.failures
    assert failure.what == "dataset odd"
    assert "RuntimeError: a decoder gave up (see " in failure.reason
    (kept,) = (tmp_path / "failed").iterdir()
    assert "in check" in kept.read_text()


EXPECTED = {"train_images": 40, "test_images": 20, "shape": [3, 32, 32], "view": [28, 28], "classes": [10, 10]}
STATED = {
    **SMALL,
    "datasets": {"digits": {"limit_train": 40, "limit_test": 20, "expect": EXPECTED}},
    "settings": ["mtl", "stl"],
    "stl_tasks": ["right"],
}


@pytest.mark.parametrize("named", [True, False])
def test_a_dry_run_knows_what_is_done_where_the_grid_states_a_size(tmp_path: Path, named: bool) -> None:
    request = BenchmarkRequest(Grid.of(STATED), tmp_path)
    before = estimate_benchmark(request, Runtime("cpu")).lines
    assert [(line.learners, line.done) for line in before] == [(2, 0)] * 2
    run_benchmark(request, Runtime("cpu"))
    if not named:  # as an earlier version wrote it
        (file,) = (tmp_path / "data").iterdir()
        saved = json.loads(file.read_text())
        del saved["tasks"]
        file.write_text(json.dumps(saved))
    after = estimate_benchmark(request, Runtime("cpu")).lines
    assert [(line.done, line.seconds) for line in after] == [(2, 0.0)] * 2


def test_a_dry_run_counts_no_images_that_are_made_already(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mtlue.evaluation.grids.estimate.learner_work", lambda cell, size: 0.0)
    monkeypatch.setattr("mtlue.evaluation.grids.estimate.method_work", lambda perturbed, size: 1.0)
    run(tmp_path, methods=["lsp-patch"])
    wider = Grid.of({**SMALL, "methods": ["lsp-patch"], "seeds": 2})
    for place, done, is_left in ((tmp_path, 1, False), (tmp_path / "other", 0, True)):
        (line,) = estimate_benchmark(BenchmarkRequest(wider, place), Runtime("cpu")).lines
        assert (line.done, line.seconds > 0) == (done, is_left)


def test_a_damaged_cell_is_named(tmp_path: Path) -> None:
    run(tmp_path, methods=["clean"])
    (cell,) = (tmp_path / "cells").glob("*.json")
    cell.write_text(json.dumps([]))
    with pytest.raises(ValueError, match=r"is damaged: delete it, and its learner will be trained again"):
        run(tmp_path, methods=["clean"])
