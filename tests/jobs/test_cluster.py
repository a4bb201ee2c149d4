"""Jobs on a cluster of two nodes: what is killed is done by the others, and the results are those of one process."""

import signal
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from audited import PLAN, protected_digits

from forking import forked_mtlue
from mtlue import Runtime
from mtlue.data.options import DataOptions
from mtlue.errors import InputError, VerificationError
from mtlue.evaluation.grids.grid import Grid
from mtlue.evaluation.records import Record
from mtlue.jobs.audits.audit import run_audit
from mtlue.jobs.events import Event, LearnerFinished, Resumed
from mtlue.jobs.grids.benchmark import run_benchmark
from mtlue.jobs.protection.protect import run_protect
from mtlue.jobs.releases.apply import run_apply
from mtlue.jobs.releases.verify import run_verify
from mtlue.jobs.requests.auditor import AuditRequest, BenchmarkRequest
from mtlue.jobs.requests.owner import ApplyRequest, ProtectRequest, VerifyRequest
from mtlue.methods.options import MethodChoice
from mtlue.release.form import ReleaseForm
from shard_files import write_tars
from two_nodes import TwoNodes, two_nodes

GRID = {
    "datasets": {"digits": {"limit_train": 40, "limit_test": 20}},
    "methods": ["clean", "lsp-patch"],
    "settings": ["mtl"],
    "seeds": 4,
    "learner_epochs": 1,
}
CELLS, SHARDS = 8, 6


@pytest.fixture(scope="session")
def head() -> Iterator[TwoNodes]:
    with two_nodes() as cluster:
        yield cluster


@pytest.fixture
def cluster(head: TwoNodes) -> TwoNodes:
    head.start_second()
    return head


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


def test_a_grid_goes_on_where_it_was(cluster: TwoNodes, tmp_path: Path) -> None:
    request = BenchmarkRequest(Grid.of(GRID), tmp_path / "two", cluster=cluster.options)

    def end(event: Event) -> None:
        if isinstance(event, LearnerFinished):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_benchmark(request, Runtime("cpu"), end)
    before = {path: path.stat().st_mtime_ns for path in (request.out / "shared").glob("*.npy")}
    finished: list[Event] = []
    two = run_benchmark(request, Runtime("cpu"), finished.append)
    assert 0 < sum(isinstance(event, LearnerFinished) for event in finished) < CELLS
    assert before
    assert {path: path.stat().st_mtime_ns for path in before} == before
    one = run_benchmark(BenchmarkRequest(Grid.of(GRID), tmp_path / "one"), Runtime("cpu"))
    assert (compared(two.records), len(two.records), two.failures) == (compared(one.records), CELLS, [])
    perturbed = [(folder / "shared").glob("*.npy") for folder in (request.out, tmp_path / "one")]
    assert [path.read_bytes() for path in perturbed[0]] == [path.read_bytes() for path in perturbed[1]]


def test_an_audit_has_the_records_of_one_process(cluster: TwoNodes, tmp_path: Path) -> None:
    request = AuditRequest.of(protected_digits(tmp_path / "protected"), {}, PLAN, tmp_path / "one")
    one = run_audit(request, Runtime("cpu"))
    two = run_audit(replace(request, out=tmp_path / "two", cluster=cluster.options), Runtime("cpu"))
    assert two.report.cost.processes == 2
    assert compared(two.records) == compared(one.records)
    assert not list((tmp_path / "two").rglob("*.lock")), "nothing depends on locks between machines"


def test_a_release_in_a_store_is_proved_shard_by_shard(cluster: TwoNodes, tmp_path: Path) -> None:
    for number in range(2):
        write_tars(tmp_path / f"in/{number}-train.tar", range(9 * number, 9 * number + 9))
    data, store = DataOptions("shards", tmp_path / "in"), tmp_path / "store"
    request = ProtectRequest(data, tmp_path / "out", form=ReleaseForm("webdataset"), method=MethodChoice("noise"))
    run_protect(replace(request, store=f"file://{store}", seed=3), Runtime("cpu"))
    for clean in (None, data):
        check = VerifyRequest(store=f"file://{store}", clean=clean)
        assert run_verify(replace(check, cluster=cluster.options), Runtime("cpu")) == run_verify(check, Runtime("cpu"))
    shard = next((store / "data").iterdir())
    shard.write_bytes(shard.read_bytes()[:-1])
    with pytest.raises(VerificationError, match=f"^file://{store} failed the check: data/{shard.name} was changed"):
        run_verify(replace(check, cluster=cluster.options), Runtime("cpu"))


def test_what_a_cluster_cannot_do_is_refused(cluster: TwoNodes, tmp_path: Path) -> None:
    protected = protected_digits(tmp_path / "protected")
    large = replace(cluster.options, cluster_cpus=64)
    with pytest.raises(InputError, match=r"cluster_cpus 64, cluster_gpus 0: no machine of the cluster has that much"):
        run_audit(AuditRequest.of(protected, {}, PLAN, tmp_path / "audit", cluster=large), Runtime("cpu"))
    with pytest.raises(InputError, match="cluster shares out shards, and it is a release of files: leave it out"):
        run_verify(VerifyRequest(protected, cluster=cluster.options), Runtime("cpu"))
    request = ApplyRequest(
        DataOptions("digits"), tmp_path / "out", private=protected / "private", cluster=cluster.options
    )
    with pytest.raises(InputError, match="cluster shares out shards, and this is not from shards to shards"):
        run_apply(request, Runtime("cpu"))


def killed(command: list[str], folder: Path, pattern: str) -> int:
    """Kill a command as soon as there is a file; returns how many there are then."""
    process = forked_mtlue(*command)
    deadline = time.monotonic() + 600
    while not list(folder.glob(pattern)) and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    _, said = process.communicate()
    assert process.returncode == -signal.SIGKILL, said
    return len(list(folder.glob(pattern)))


def contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.long
def test_shards_are_protected_though_command_and_node_are_killed(cluster: TwoNodes, tmp_path: Path) -> None:
    root, out = tmp_path / "in", tmp_path / "two"
    for number in range(SHARDS):
        write_tars(root / f"{number}-{'test' if number == 2 else 'train'}.tar", range(9 * number, 9 * number + 9))
    data = DataOptions("shards", root)
    run_protect(ProtectRequest(data, tmp_path / "fitted", method=MethodChoice("noise"), seed=3), Runtime("cpu"))
    private = tmp_path / "fitted/private"
    request = ApplyRequest(data, tmp_path / "one", form=ReleaseForm("webdataset"), private=private)
    run_apply(request, Runtime("cpu"))
    command = ["apply", str(private), str(root), "--dataset", "shards", "--format", "webdataset", "--out", str(out)]
    done = killed([*command, "--device", "cpu", "--cluster", str(cluster.options.cluster)], out / ".mtlue-parts", "0*")
    assert 0 < done < SHARDS
    assert not (out / "release").exists()
    told: list[Event] = []

    def kill(event: Event) -> None:
        told.append(event)
        if isinstance(event, Resumed):
            cluster.kill_second()

    run_apply(replace(request, out=out, cluster=cluster.options), Runtime("cpu"), kill)
    (resumed,) = [event for event in told if isinstance(event, Resumed)]
    assert resumed.done is not None
    assert resumed.done >= done
    assert contents(out) == contents(tmp_path / "one")
    check = VerifyRequest(out, data)
    assert run_verify(replace(check, cluster=cluster.options), Runtime("cpu")) == run_verify(check, Runtime("cpu"))
