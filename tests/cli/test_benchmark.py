"""``mtlue benchmark`` as a process: killed, it goes on; two at once share the work."""

import json
import os
import shutil
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from conftest import Outcome, start_mtlue
from mtlue.evaluation import benchmark
from mtlue.evaluation.records import Record

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
    killed = start_mtlue("benchmark", grid, "--out", out)
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


def test_bad_grids_and_options_are_one_line(tmp_path: Path, mtlue: Callable[..., Outcome]) -> None:
    grid = tmp_path / "grid.yaml"
    grid.write_text("datasets: [digits]\nmethods: [prayer]\n")
    refused = mtlue("benchmark", grid, "--out", tmp_path / "out")
    assert refused.status == 2
    assert "unknown method 'prayer'" in refused.err
    grid.write_text(GRID)
    assert "--workers 0" in mtlue("benchmark", grid, "--out", tmp_path / "out", "--workers", 0).err


def test_folders_that_vanish_or_cannot_be_reached_end_in_a_sentence(
    tmp_path: Path, mtlue: Callable[..., Outcome], monkeypatch: pytest.MonkeyPatch
) -> None:
    grid, out = tmp_path / "grid.yaml", tmp_path / "out"
    grid.write_text(GRID.replace("seeds: 2", "seeds: 1"))
    run = benchmark.run_learner

    def remove(*arguments: Any) -> Record:
        shutil.rmtree(out)
        return run(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(benchmark, "run_learner", remove)
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


def test_a_huge_grid_is_refused_with_its_size(tmp_path: Path, mtlue: Callable[..., Outcome]) -> None:
    grid = tmp_path / "grid.yaml"
    grid.write_text(GRID.replace("seeds: 2", "seeds: 1000000000"))
    refused = mtlue("benchmark", grid, "--out", tmp_path / "out", "--dry-run")
    assert refused.status == 2
    assert "this grid has 6,000,000,000 learners or more, 100,000 at most can be run" in refused.err
