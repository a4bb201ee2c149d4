"""Jobs on a cluster of two nodes: what is killed is done by the others, and the results are those of one process."""

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import torch
import yaml
from audited import PLAN, protected_digits

from mtlue import Runtime
from mtlue.evaluation.grid import Grid
from mtlue.evaluation.records import Record
from mtlue.jobs.audit import run_audit
from mtlue.jobs.audit_events import AttackTried
from mtlue.jobs.audit_requests import AuditRequest, BenchmarkRequest
from mtlue.jobs.benchmark import run_benchmark
from mtlue.jobs.events import Event, LearnerFinished
from two_nodes import TwoNodes, two_nodes

GRID = {
    "datasets": {"digits": {"limit_train": 40, "limit_test": 20}},
    "methods": ["clean", "lsp-patch"],
    "settings": ["mtl"],
    "seeds": 4,
    "learner_epochs": 1,
}


@pytest.fixture(scope="session")
def cluster() -> Iterator[TwoNodes]:
    with two_nodes() as cluster:
        yield cluster


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """As tasks that take a core each."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def compared(records: list[Record]) -> list[Record]:
    """Without what differs from run to run."""
    return [replace(record, seconds=0) for record in records]


def test_an_audit_goes_on_when_a_node_is_killed(cluster: TwoNodes, tmp_path: Path) -> None:
    plan = replace(PLAN, attacks=("none", "jpeg10", "grey"))
    request = AuditRequest.of(protected_digits(tmp_path / "protected"), {}, plan, tmp_path / "one")
    one = run_audit(request, Runtime("cpu"))
    tried: list[str] = []

    def kill(event: Event) -> None:
        if isinstance(event, AttackTried):
            tried.append(event.attack)
            if event.attack == "none":
                cluster.kill_second()

    two = run_audit(replace(request, out=tmp_path / "two", cluster=cluster.options), Runtime("cpu"), kill)
    cluster.renew_second()
    assert two.report.cost.processes == 2
    assert tried[0] == "none"
    assert compared(two.records) == compared(one.records)
    assert not list((tmp_path / "two").rglob("*.lock")), "nothing depends on locks between machines"


def killed(command: list[str], folder: Path, pattern: str) -> int:
    """Kill a command as soon as there is a file; returns how many there are then."""
    process = subprocess.Popen([sys.executable, "-m", "mtlue", *command], stderr=subprocess.PIPE)
    deadline = time.monotonic() + 60
    while not list(folder.glob(pattern)) and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    _, said = process.communicate()
    assert process.returncode == -signal.SIGKILL, said.decode()
    return len(list(folder.glob(pattern)))


def test_a_grid_goes_on_when_its_command_was_killed(cluster: TwoNodes, tmp_path: Path) -> None:
    file, out = tmp_path / "grid.yaml", tmp_path / "two"
    file.write_text(yaml.safe_dump(GRID))
    address = str(cluster.options.cluster)
    done = killed(
        ["benchmark", str(file), "--out", str(out), "--device", "cpu", "--cluster", address], out / "cells", "*.json"
    )
    assert 0 < done < 8
    before = {path: path.stat().st_mtime_ns for path in (out / "shared").glob("*.npy")}
    request = BenchmarkRequest(Grid.of(GRID), out, cluster=cluster.options)
    finished: list[Event] = []
    two = run_benchmark(request, Runtime("cpu"), finished.append)
    assert sum(isinstance(event, LearnerFinished) for event in finished) <= 8 - done
    assert {path: path.stat().st_mtime_ns for path in before} == before
    one = run_benchmark(BenchmarkRequest(Grid.of(GRID), tmp_path / "one"), Runtime("cpu"))
    assert compared(two.records) == compared(one.records)
    assert len(two.records) == 8
    perturbed = [(folder / "shared").glob("*.npy") for folder in (out, tmp_path / "one")]
    assert [path.read_bytes() for path in perturbed[0]] == [path.read_bytes() for path in perturbed[1]]
    assert not two.failures
