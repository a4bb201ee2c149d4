"""``mtlue benchmark`` as a process: killed, it goes on; two at once share the work."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import mtlue.__main__
from conftest import Outcome
from forking import forked_mtlue
from mtlue.__main__ import leave_working_folder
from mtlue.cli.shared.workers import WorkerOptions
from mtlue.evaluation.learners.protocol import run_learner
from mtlue.evaluation.records import Record
from mtlue.jobs.grids import learners as grid_learners

GRID = """
datasets: {digits: {limit_train: 60, limit_test: 30}}
methods: [clean, lsp-patch, noise]
settings: [mtl, stl]
seeds: 2
learner_epochs: 1
"""


def cells(folder: Path) -> dict[Path, int]:
    return {path: path.stat().st_mtime_ns for path in (folder / "cells").glob("*.json")}


def test_a_killed_grid_goes_on_where_it_was(tmp_path: Path, mtlue: Callable[..., Outcome]) -> None:
    grid, out = tmp_path / "grid.yaml", tmp_path / "out"
    grid.write_text(GRID)
    killed = forked_mtlue("benchmark", grid, "--out", out)
    deadline = time.monotonic() + 120
    while len(cells(out)) < 3 and time.monotonic() < deadline:
        time.sleep(0.05)
    killed.send_signal(signal.SIGKILL)
    killed.communicate()
    before = cells(out)
    assert 3 <= len(before) < 18
    assert all(json.loads(path.read_text()) for path in before)
    done = mtlue("benchmark", grid, "--out", out)
    assert done.status == 0, done.err
    assert "18 records" in done.out
    after = cells(out)
    assert len(after) == 18
    assert {path: after[path] for path in before} == before
    planned = mtlue("benchmark", grid, "--out", out, "--dry-run")
    assert planned.status == 0
    assert "18 learners, 18 done; about 0 s left" in planned.out


def test_workers_share_the_cells(tmp_path: Path, mtlue: Callable[..., Outcome]) -> None:
    grid, out = tmp_path / "grid.yaml", tmp_path / "out"
    grid.write_text(GRID.replace("seeds: 2", "seeds: 1"))
    done = mtlue("benchmark", grid, "--out", out, "--workers", 2)
    assert done.status == 0, done.err
    assert len(cells(out)) == 9
    assert "ended with an error" not in done.err


def test_bad_grids_and_options_are_one_line(tmp_path: Path, mtlue: Callable[..., Outcome]) -> None:
    grid = tmp_path / "grid.yaml"
    grid.write_text("datasets: [digits]\nmethods: [prayer]\n")
    refused = mtlue("benchmark", grid, "--out", tmp_path / "out")
    assert refused.status == 2
    assert "unknown method 'prayer'" in refused.err
    grid.write_text(GRID)
    for workers, told in ((0, "give 1 or more"), (-1, "give 1 or more"), (10**9, "give 256 at most")):
        refused = mtlue("benchmark", grid, "--out", tmp_path / "out", "--workers", workers)
        assert f"--workers {workers}: {told}" in refused.err


JOBS = Path(__file__).parents[1] / "jobs"
AUDIT = """
import os
from pathlib import Path
from gpu_trials import Echo
from mtlue.jobs.audits.processes import Processes

if __name__ == "__main__":
    Path("out").mkdir()
    os.environ["CUDA_VISIBLE_DEVICES"] = "7"
    pool = Processes(Echo(Path("out"), 1), 1)
    pool.result(pool.submit(0))
    print(*pool.news())
    pool.close()
"""


class TestFilesOfTheWorkingFolder:
    """A folder of data may hold any file: none is taken for a part of the program."""

    @pytest.fixture
    def here(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        for name in ("mtlue", "torch", "yaml", "numpy", "json", "signal", "multiprocessing", "sitecustomize"):
            (tmp_path / f"{name}.py").write_text("open('was run', 'w').close()\nraise SystemExit(99)\n")
        monkeypatch.chdir(tmp_path)
        return tmp_path

    def test_workers_do_not_run_them(self, here: Path) -> None:
        grid = here / "grid.yaml"
        grid.write_text(GRID.replace("seeds: 2", "seeds: 1").replace("[mtl, stl]", "[mtl]"))
        words = [str(grid), "--workers", "2", "--out", str(here / "out")]
        worker = WorkerOptions(workers=2).start(1, "benchmark", words)
        assert worker.wait() == 0
        assert len(cells(here / "out")) == 3
        assert not (here / "was run").exists()

    def test_processes_of_an_audit_do_not_run_them(self, here: Path) -> None:
        path = os.pathsep.join(map(str, (Path(mtlue.__main__.__file__).parents[1], JOBS)))
        program = here / "bin/audit"  # as an installed program: its own folder is on the path
        program.parent.mkdir()
        program.write_text(AUDIT)
        environment = {**os.environ, "PYTHONPATH": path}
        done = subprocess.run([sys.executable, program], env=environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        assert done.stdout == "7\n"
        assert not (here / "was run").exists()

    def test_python_m_mtlue_leaves_the_folder(self, here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        others = sys.path[1:]
        monkeypatch.setattr(sys, "path", [str(here), *others])
        leave_working_folder()
        assert sys.path == others

    def test_but_not_where_it_is_the_one_with_the_package(self, monkeypatch: pytest.MonkeyPatch) -> None:
        sources = Path(mtlue.__main__.__file__).resolve().parents[1]
        monkeypatch.chdir(sources)
        monkeypatch.setattr(sys, "path", [str(sources), *sys.path])
        before = list(sys.path)
        leave_working_folder()
        assert sys.path == before


ABSURD = [
    ("seeds: 1000000000", "give 1000 at most"),
    ("learner_epochs: 1000000000000", "learner_epochs 1000000000000: give 1000000 at most"),
    ("batch_size: 1000000000000", "batch_size 1000000000000"),
    ("seeds: [9223372036854775808]", "which ones (0 to 2^63 - 1"),
    ("seeds: 1000\nbackbones: [" + ", ".join(["tiny"] * 101) + "]", "more than 100000 combinations"),
    (
        "datasets: {digits: {expect: {train_images: 9, test_images: 9, shape: [3, 9, 9], view: [9, 9], "
        "classes: [1000000000]}}}",
        "1000000000 classes: give 100000 at most",
    ),
    (
        "datasets: {digits: {expect: {train_images: 9, test_images: 9, shape: [3, 99999, 99999], view: [9, 9], "
        "classes: [2]}}}",
        "a side of 99999 pixels",
    ),
    ("methods: {tap: {epochs: 1000000000000}}", "epochs 1000000000000"),
]


@pytest.mark.parametrize(("line", "message"), ABSURD)
def test_absurd_numbers_are_refused_before_they_take_memory(
    mtlue: Callable[..., Outcome], tmp_path: Path, line: str, message: str
) -> None:
    grid = tmp_path / "grid.yaml"
    given = {each.partition(":")[0] for each in line.split("\n")}
    usual = ("datasets: {digits: {limit_train: 60, limit_test: 30}}", "methods: [noise]")
    grid.write_text("\n".join([*(each for each in usual if each.partition(":")[0] not in given), line]))
    refused = mtlue("benchmark", grid, "--out", tmp_path / "out", "--dry-run")
    assert refused.status == 2
    assert message in refused.err
    assert len(refused.err.splitlines()) == 1


def test_folders_that_vanish_or_cannot_be_reached_end_in_a_sentence(
    tmp_path: Path, mtlue: Callable[..., Outcome], monkeypatch: pytest.MonkeyPatch
) -> None:
    grid, out = tmp_path / "grid.yaml", tmp_path / "out"
    grid.write_text(GRID.replace("seeds: 2", "seeds: 1"))

    def remove(*arguments: Any) -> Record:
        shutil.rmtree(out)
        return run_learner(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(grid_learners, "run_learner", remove)
        assert mtlue("benchmark", grid, "--out", out).status in (0, 1, 2)
    assert mtlue("benchmark", grid, "--out", out).status == 0
    stat = Path.stat

    def forbidden(self: Path, **options: Any) -> os.stat_result:
        if self.parent.name in ("cells", "data"):
            raise PermissionError(13, "Permission denied", str(self))
        return stat(self, **options)

    monkeypatch.setattr(Path, "stat", forbidden)
    unreachable = mtlue("benchmark", grid, "--out", out)
    assert unreachable.status in (1, 2)
    assert "cannot be read (Permission denied): choose another --out" in unreachable.err
