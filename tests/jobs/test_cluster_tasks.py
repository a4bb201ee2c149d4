"""What a task checks on its machine before it works, without a cluster."""

import os
from pathlib import Path
from typing import Any

import pytest

from mtlue.errors import InputError
from mtlue.jobs.machines import cluster
from mtlue.jobs.machines.cluster import Work

OPENED: list[Any] = []


def opened(spec: Any) -> Any:
    OPENED.append(spec)
    return spec


def done(state: int, item: int) -> int:
    return state + item


@pytest.fixture
def job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MTLUE_CACHE", "there")
    OPENED.clear()
    return cluster._Job.of(Work(opened, done, 40, Path()))


def test_a_process_opens_a_spec_once_and_is_where_the_command_is(
    job: Any, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))
    monkeypatch.delenv("MTLUE_CACHE")
    assert [cluster._run(job, item) for item in (1, 2)] == [41, 42]
    assert OPENED == [40]
    other = cluster._Job.of(Work(opened, done, 50, tmp_path))
    assert [cluster._run(other, item) for item in (1, 2)] == [51, 52]
    assert OPENED == [40, 50]
    assert Path.cwd() == tmp_path
    assert os.environ["MTLUE_CACHE"] == "there"


@pytest.mark.parametrize(
    ("share", "gpus", "room"),
    [(0.25, 8, 32), (0.3, 8, 24), (0.6, 8, 8), (0.1, 1, 10), (1, 8, 8), (2, 5, 2), (0, 0, 64)],
)
def test_a_share_of_a_gpu_lies_on_one_gpu(share: float, gpus: int, room: int) -> None:
    assert cluster.room_for({"CPU": 64, "GPU": gpus}, 1, share) == room


def test_other_versions_and_machines_without_the_files_are_refused(
    job: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = cluster._Job.of(Work(opened, done, 40, Path("not there")))
    with pytest.raises(InputError, match=r"does not reach .*not there .*need the same files by the same paths"):
        cluster._run(gone, 1)
    monkeypatch.setattr(cluster, "__version__", "0.0")
    with pytest.raises(InputError, match=r"has mtlue 0\.0, and the command is of .*: install the same version"):
        cluster._run(job, 1)
    assert OPENED == []
