"""Shards that are protected one by one, wherever, and then made into a release: as one process makes it."""

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mtlue import Runtime
from mtlue.data.options import DataOptions
from mtlue.errors import InputError, VerificationError
from mtlue.jobs.events import Event, Resumed
from mtlue.jobs.machines.pools import Computing
from mtlue.jobs.protection.protect import run_protect
from mtlue.jobs.releases import apply_kept
from mtlue.jobs.releases import verify as verify_job
from mtlue.jobs.releases.apply import run_apply
from mtlue.jobs.releases.kept_parts import KeptParts
from mtlue.jobs.releases.verify import run_verify
from mtlue.jobs.requests.cluster import ClusterOptions
from mtlue.jobs.requests.owner import ApplyRequest, ProtectRequest, VerifyRequest
from mtlue.methods.options import MethodChoice
from mtlue.release.form import PACKINGS, ReleaseForm
from shard_files import write_tars

RUNTIME = Runtime("cpu")
CLUSTER = ClusterOptions("auto")


class Later:
    """A pool in this process, which begins with the last items; it ends after some of them where it is told to."""

    width = 3
    most: int | None = None

    def __init__(self, options: ClusterOptions, runtime: Runtime, work: Callable[[Computing], Any]) -> None:
        self._work = work(Computing.like(runtime))
        self._state = self._work.opened(self._work.spec)
        self._begun: dict[Future[Any], int] = {}

    def submit(self, item: int) -> Future[Any]:
        future: Future[Any] = Future()
        future.set_result(None)
        self._begun[future] = item
        return future

    def result(self, future: Future[Any]) -> Any:
        if Later.most == 0:
            raise KeyboardInterrupt
        Later.most = None if Later.most is None else Later.most - 1
        return self._work.done(self._state, self._begun[future])

    def close(self) -> None:
        """There is nothing to end."""


@pytest.fixture(autouse=True)
def pool(monkeypatch: pytest.MonkeyPatch) -> type[Later]:
    for module in (apply_kept, verify_job):
        monkeypatch.setattr(module, "ClusterPool", Later)
    monkeypatch.setattr(ClusterOptions, "check", lambda self: None)  # Ray is not needed
    monkeypatch.setattr(Later, "most", None)
    return Later


@pytest.fixture
def root(tmp_path: Path) -> Path:
    write_tars(tmp_path / "in/a-train.tar", range(5))
    write_tars(tmp_path / "in/b-train.tar", range(5, 12))
    write_tars(tmp_path / "in/c-test.tar", range(12, 13))
    return tmp_path / "in"


@pytest.fixture
def ask(root: Path, tmp_path: Path) -> Callable[..., ApplyRequest]:
    data, fitted = DataOptions("shards", root), tmp_path / "fitted"
    run_protect(ProtectRequest(data, fitted, method=MethodChoice("noise"), seed=3), RUNTIME)

    def ask(out: str, form: str = "parquet", native: bool = False, **more: Any) -> ApplyRequest:
        return ApplyRequest(
            data, tmp_path / out, form=ReleaseForm(form, lossy=True), private=fitted / "private", **more
        )

    return ask


def contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("kind", [*PACKINGS.rows, "parquet:images=jpeg,rows=3"])
@pytest.mark.parametrize("splits", [None, ("test",)])
def test_the_release_is_that_of_one_process(
    kind: str, splits: tuple[str, ...] | None, ask: Callable[..., ApplyRequest]
) -> None:
    one, two = list[Event](), list[Event]()
    more = {"native": splits is not None, "splits": splits, "fidelity": True}
    first = run_apply(ask("one", kind, **more), RUNTIME, one.append)
    second = run_apply(ask("two", kind, cluster=CLUSTER, **more), RUNTIME, two.append)
    assert contents(ask("two").out) == contents(ask("one").out)
    assert [type(event) for event in two] == [type(event) for event in one]
    assert (second.manifest, second.changed, second.files) == (first.manifest, first.changed, first.files)
    assert contents(ask("two").out).keys() >= {"release/manifest.json", "private/ids.csv", "private/fidelity.json"}
    check = VerifyRequest(ask("two").out, ask("two").data)
    assert run_verify(replace(check, cluster=CLUSTER), RUNTIME) == run_verify(check, RUNTIME)


def interrupted(request: ApplyRequest, after: int, pool: type[Later]) -> list[str]:
    """Names of the parts that are there when a run has ended after some of them."""
    pool.most = after
    with pytest.raises(KeyboardInterrupt):
        run_apply(request, RUNTIME)
    pool.most = None
    return sorted(path.name for path in request.folder.parts.iterdir())


def test_what_stands_is_not_done_again_unless_it_has_changed(
    ask: Callable[..., ApplyRequest], root: Path, pool: type[Later]
) -> None:
    request = ask("two", cluster=CLUSTER)
    standing = interrupted(request, 2, pool)
    assert len(standing) == 2
    changed = sorted(root.iterdir())[int(standing[0].split("-")[0])]
    write_tars(changed, [77, 78])
    events: list[Event] = []
    run_apply(request, RUNTIME, events.append)
    resumed = [event for event in events if isinstance(event, Resumed)]
    assert resumed == [Resumed("shards", 1, 3)]
    run_apply(ask("one"), RUNTIME)
    assert contents(request.out) == contents(ask("one").out)
    assert not request.folder.parts.exists()


def test_a_run_without_a_cluster_goes_on_with_what_one_has_left(
    ask: Callable[..., ApplyRequest], pool: type[Later]
) -> None:
    request, events = ask("two", cluster=CLUSTER), list[Event]()
    interrupted(request, 1, pool)
    run_apply(replace(request, cluster=ClusterOptions()), RUNTIME, events.append)
    assert [event for event in events if isinstance(event, Resumed)] == [Resumed("shards", 1, 3)]
    assert sorted(path.name for path in request.out.iterdir()) == ["private", "release"]


def test_a_run_of_one_process_goes_on_where_it_was(
    ask: Callable[..., ApplyRequest], monkeypatch: pytest.MonkeyPatch
) -> None:
    kept: list[int] = []

    def keep(parts: KeptParts, number: int, *more: Any) -> None:
        if len(kept) == 2:
            raise KeyboardInterrupt
        keep_there(parts, number, *more)
        kept.append(number)

    keep_there = KeptParts.keep
    monkeypatch.setattr(KeptParts, "keep", keep)
    request, events = ask("two"), list[Event]()
    with pytest.raises(KeyboardInterrupt):
        run_apply(request, RUNTIME)
    assert not request.folder.release.path.exists()
    assert request.folder.parts.stat().st_mode & 0o077 == 0
    monkeypatch.setattr(KeptParts, "keep", keep_there)
    run_apply(request, RUNTIME, events.append)
    assert [event for event in events if isinstance(event, Resumed)] == [Resumed("shards", 2, 3)]
    run_apply(ask("one"), RUNTIME)
    assert contents(request.out) == contents(ask("one").out)


def test_a_store_is_filled_by_a_cluster_too(ask: Callable[..., ApplyRequest], tmp_path: Path) -> None:
    stores = {name: tmp_path / f"store of {name}" for name in ("one", "two")}
    for name, more in (("one", {}), ("two", {"cluster": CLUSTER})):
        run_apply(ask(name, store=f"file://{stores[name]}", **more), RUNTIME)
    assert contents(stores["two"]) == contents(stores["one"])
    address = f"file://{stores['two']}"
    for check in (VerifyRequest(tmp_path / "two", ask("two").data), VerifyRequest(store=address)):
        one = run_verify(check, RUNTIME)
        assert one.proof.images == 13
        assert run_verify(replace(check, cluster=CLUSTER), RUNTIME) == one
    shard = next((stores["two"] / "data").iterdir())
    shard.write_bytes(shard.read_bytes()[:-1])
    for cluster in (ClusterOptions(), CLUSTER):
        with pytest.raises(VerificationError, match=f"^{address} failed the check: data/{shard.name} was changed"):
            run_verify(VerifyRequest(store=address, cluster=cluster), RUNTIME)


def test_faults_are_those_of_one_process(ask: Callable[..., ApplyRequest], root: Path, tmp_path: Path) -> None:
    write_tars(root / "d-train.tar", range(3))
    for cluster in (ClusterOptions(), CLUSTER):
        with pytest.raises(InputError, match=r"appears in shards:pattern=.*a-train.* and in .*d-train"):
            run_apply(ask("out", cluster=cluster), RUNTIME)
        assert not (tmp_path / "out/release").exists()
    (root / "d-train.tar").unlink()
    run_apply(ask("two"), RUNTIME)
    shard = next((tmp_path / "two/release/data").iterdir())
    shard.write_bytes(shard.read_bytes()[:-1])
    for cluster in (ClusterOptions(), CLUSTER):
        with pytest.raises(VerificationError, match=shard.name):
            run_verify(VerifyRequest(tmp_path / "two", cluster=cluster), RUNTIME)
