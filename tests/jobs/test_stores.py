"""Releases in shards that go to an object store: whole or not there, the key never, and proved where they lie."""

import hashlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import fsspec
import pytest

from mtlue import Runtime
from mtlue.cli import main
from mtlue.data.options import DataOptions
from mtlue.data.shards.remote import RemoteFile, RemoteFolder
from mtlue.errors import InputError, OutputError, VerificationError
from mtlue.jobs.protection.protect import run_protect
from mtlue.jobs.releases.apply import run_apply
from mtlue.jobs.releases.verify import run_verify
from mtlue.jobs.requests.owner import ApplyRequest, ProtectRequest, VerifyRequest
from mtlue.methods.options import MethodChoice
from mtlue.release.form import PACKINGS, ReleaseForm
from mtlue.release.layout import OutputFolder
from mtlue.release.shards.store import MARK, ReleaseStore, reserved_store
from shard_files import write_tars

RUNTIME = Runtime("cpu")
STORE = "memory://bucket/faces"
KINDS = pytest.mark.parametrize("kind", PACKINGS.rows)


@pytest.fixture(autouse=True)
def _no_state_of_the_users(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("images")
    write_tars(folder / "a-train.tar", range(9))
    write_tars(folder / "b-train.tar", range(9, 12))
    write_tars(folder / "c-test.tar", range(12, 16))
    return folder


@pytest.fixture(scope="module")
def private(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("fitted") / "out"
    method = MethodChoice("noise")
    run_protect(ProtectRequest(DataOptions("shards", root), out, method=method, seed=3), RUNTIME)
    return out / "private"


def request(private: Path, root: Path, out: Path, kind: str = "parquet", store: str | None = STORE) -> ApplyRequest:
    return ApplyRequest(DataOptions("shards", root), out, form=ReleaseForm(kind), store=store, private=private)


def names(store: str = STORE) -> list[str]:
    return [file.name for file in RemoteFolder(store).everything()]


@KINDS
def test_a_release_in_a_store_is_that_of_a_folder(
    kind: str, root: Path, private: Path, tmp_path: Path, bucket: fsspec.AbstractFileSystem
) -> None:
    suffix = ".parquet" if kind == "parquet" else ".tar"
    run_apply(request(private, root, tmp_path / "here", kind, None), RUNTIME)
    result = run_apply(request(private, root, tmp_path / "out", kind), RUNTIME)
    stems = ["test-00000", "train-00000", "train-00001"]
    assert names() == [
        *(f"data/{stem}{suffix}" for stem in stems),
        "manifest.json",
        *(f"manifests/{stem}.json" for stem in stems),
    ]
    for file in (tmp_path / "here/release/data").iterdir():
        stored = f"/bucket/faces/data/{file.name.partition('-of-')[0]}{suffix}"
        assert bucket.cat_file(stored) == file.read_bytes()
    assert bucket.cat_file("/bucket/faces/manifest.json") == (tmp_path / "out/release/manifest.json").read_bytes()
    assert not (tmp_path / "out/release/data").exists()
    assert (tmp_path / "out/private/ids.csv").read_bytes() == (tmp_path / "here/private/ids.csv").read_bytes()
    clean = DataOptions("shards", root)
    for asked in (VerifyRequest(store=STORE, clean=clean), VerifyRequest(tmp_path / "out", clean)):
        proved = run_verify(asked, RUNTIME)
        assert (proved.manifest, proved.proof.largest_change) == (result.manifest, 8)


def test_by_the_command_line_and_read_back(
    root: Path, tmp_path: Path, bucket: fsspec.AbstractFileSystem, capsys: pytest.CaptureFixture[str]
) -> None:
    out = str(tmp_path / "out")
    fast = ["--dataset", "shards", "--method", "lsp-patch", "--self-check", "false", "--format", "webdataset:rows=5"]
    assert main(["protect", str(root), *fast, "--out", out, "--store", STORE]) == 0
    assert f"publish: {STORE}" in capsys.readouterr().out
    assert len(names()) == 2 * 4 + 1
    secrets = [path.read_bytes() for path in (tmp_path / "out/private").iterdir()]
    stored = [bucket.cat_file(f"/bucket/faces/{name}") for name in names()]
    assert not {hashlib.sha256(one).digest() for one in secrets} & {hashlib.sha256(one).digest() for one in stored}
    assert main(["verify", STORE, "--dataset", "shards", "--data", str(root)]) == 0
    assert "largest change of any pixel: 8 levels; epsilon allows 8" in capsys.readouterr().out
    assert main(["audit", out]) == 2
    assert f"copy {STORE}/data to" in " ".join(capsys.readouterr().err.split())
    cache = ["--cache", str(tmp_path / "cache")]
    assert main(["inspect", "--dataset", f"remote-shards:root={STORE}", *cache]) == 0
    fsspec.filesystem("memory").get("/bucket/faces/data", str(tmp_path / "out/release/data"), recursive=True)
    assert main(["verify", out]) == 0


def test_what_is_wrong_with_a_store_is_said_before_anything_is_read(
    root: Path, private: Path, tmp_path: Path, bucket: fsspec.AbstractFileSystem
) -> None:
    bucket.pipe_file("/bucket/taken/data/clean.tar", b"mine")
    run_apply(request(private, root, tmp_path / "first"), RUNTIME)
    for store, kind, message in (
        ("bucket/faces", "parquet", "is no address"),
        ("nonsense://x", "parquet", "cannot be read: ValueError"),
        ("memory://bucket/taken", "parquet", r"not empty \(data/clean.tar\)"),
        (STORE, "parquet", "already holds a release"),
        (STORE, "png", "store takes shards"),
    ):
        with pytest.raises((InputError, OutputError), match=message):
            request(private, root, tmp_path / "out", kind, store).check()
        assert not (tmp_path / "out").exists()
    assert bucket.cat_file("/bucket/taken/data/clean.tar") == b"mine"


def test_nothing_stays_there_where_the_last_shard_is_bad(
    root: Path, private: Path, tmp_path: Path, bucket: fsspec.AbstractFileSystem
) -> None:
    for path in root.iterdir():
        (tmp_path / "in").mkdir(exist_ok=True)
        (tmp_path / "in" / path.name).write_bytes(path.read_bytes())
    write_tars(tmp_path / "in/d-test.tar", [3])
    with pytest.raises(InputError, match="id 'i3' appears in"):
        run_apply(request(private, tmp_path / "in", tmp_path / "out"), RUNTIME)
    assert names() == []
    assert not (tmp_path / "out").exists()


def test_a_manifest_that_does_not_get_there_loses_nothing(
    root: Path, private: Path, tmp_path: Path, bucket: fsspec.AbstractFileSystem, monkeypatch: pytest.MonkeyPatch
) -> None:
    def put(folder: RemoteFolder, name: str, path: Path) -> None:
        if name == "manifest.json":
            raise OutputError(f"{folder.root} cannot be written: ConnectionError: gone")
        put_there(folder, name, path)

    put_there = RemoteFolder.put
    with monkeypatch.context() as gone:
        gone.setattr(RemoteFolder, "put", put)
        with pytest.raises(OutputError, match=r"gone: all shards are there.* same command"):
            run_apply(request(private, root, tmp_path / "out"), RUNTIME)
    with pytest.raises(VerificationError, match="holds no whole release"):
        run_verify(VerifyRequest(store=STORE), RUNTIME)
    assert request(private, root, tmp_path / "out").finish_store()
    assert MARK not in names()
    assert run_verify(VerifyRequest(tmp_path / "out"), RUNTIME).proof.images == 16


class Killed(BaseException):
    """What ends a run at once, as a kill does: nothing that it would do then is done."""


def kill_at(step: str, out: Path, run: Callable[[], object]) -> None:
    """Let a run end where it would do this to the store, and do nothing at all there from then on.

    Args:
        step: method of the store; ``end`` is only ended at once the release is in its place.
        out: the output folder.
        run: what is ended.
    """
    there = getattr(ReleaseStore, step)

    def killed(store: ReleaseStore, *given: str) -> None:
        if step == "end" and not (out / "release").exists():
            there(store, *given)
        else:
            raise Killed

    with pytest.MonkeyPatch.context() as now:
        now.setattr(ReleaseStore, step, killed)
        now.setattr(ReleaseStore, "give_up", lambda _: True)
        with pytest.raises(Killed):
            run()


@pytest.mark.parametrize("overwrite", [False, True])
@pytest.mark.parametrize("step", ["finish", "end"])
def test_the_same_command_finishes_what_was_killed_before_the_last_file_or_after_it(
    step: str,
    overwrite: bool,
    root: Path,
    private: Path,
    tmp_path: Path,
    bucket: fsspec.AbstractFileSystem,
    capsys: pytest.CaptureFixture[str],
) -> None:
    again = ["--overwrite", "true"] if overwrite else []
    command = ["apply", str(private), str(root), "--dataset", "shards", "--format", "parquet", "--store", STORE]
    command += ["--out", str(tmp_path / "out"), *again]
    kill_at(step, tmp_path / "out", lambda: main(command))
    assert MARK in names()
    files = {name: (tmp_path / "out" / name).read_bytes() for name in ("release/manifest.json", "private/config.json")}
    capsys.readouterr()
    assert main([*command, "--splits", "test"]) == 2
    assert "other options: run that command again" in " ".join(capsys.readouterr().err.split())
    assert main(command) == 0
    told = capsys.readouterr()
    assert f"publish: {STORE}" in told.out
    assert "an interrupted run had written all but the last file" in " ".join(told.err.split())
    assert MARK not in names()
    assert {name: (tmp_path / "out" / name).read_bytes() for name in files} == files
    assert run_verify(VerifyRequest(tmp_path / "out"), RUNTIME).proof.images == 16
    assert main(command) == 2


def test_a_caller_from_python_hears_that_the_release_is_there(
    root: Path, private: Path, tmp_path: Path, bucket: fsspec.AbstractFileSystem
) -> None:
    kill_at("finish", tmp_path / "out", lambda: run_apply(request(private, root, tmp_path / "out"), RUNTIME))
    with pytest.raises(OutputError, match="is whole, too, from now on"):
        run_apply(request(private, root, tmp_path / "out"), RUNTIME)
    assert run_verify(VerifyRequest(tmp_path / "out"), RUNTIME).proof.images == 16


def test_a_store_that_lacks_more_than_its_manifest_is_begun_anew(
    root: Path, private: Path, tmp_path: Path, bucket: fsspec.AbstractFileSystem
) -> None:
    kill_at("finish", tmp_path / "out", lambda: run_apply(request(private, root, tmp_path / "out"), RUNTIME))
    bucket.rm("/bucket/faces/data/test-00000.parquet")
    with pytest.raises(OutputError, match="already holds private and release"):
        run_apply(request(private, root, tmp_path / "out"), RUNTIME)
    run_apply(replace(request(private, root, tmp_path / "out"), overwrite=True), RUNTIME)
    assert run_verify(VerifyRequest(tmp_path / "out"), RUNTIME).proof.images == 16


def test_shards_of_a_newer_killed_run_never_get_the_older_releases_manifest(
    root: Path, private: Path, tmp_path: Path, bucket: fsspec.AbstractFileSystem
) -> None:
    asked = replace(request(private, root, tmp_path / "out"), overwrite=True)
    run_apply(asked, RUNTIME)
    bucket.rm("/bucket/faces", recursive=True)
    kill_at("seal", tmp_path / "out", lambda: run_apply(asked, RUNTIME))
    assert not asked.finish_store()
    assert "manifest.json" not in names()


@pytest.mark.parametrize("step", ["put", "remove"])
def test_an_interrupt_once_the_release_is_there_says_what_finishes_it(
    step: str,
    root: Path,
    private: Path,
    tmp_path: Path,
    bucket: fsspec.AbstractFileSystem,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    there = getattr(RemoteFolder, step)

    def interrupted(folder: RemoteFolder, *given: object) -> None:
        if (tmp_path / "out/release").exists():
            raise KeyboardInterrupt
        there(folder, *given)

    with monkeypatch.context() as now:
        now.setattr(RemoteFolder, step, interrupted)
        with pytest.raises(KeyboardInterrupt) as interrupt:
            run_apply(request(private, root, tmp_path / "out"), RUNTIME)
    assert f"run the same command again to finish {STORE}" in interrupt.value.__notes__
    assert request(private, root, tmp_path / "out").finish_store()
    assert run_verify(VerifyRequest(tmp_path / "out"), RUNTIME).proof.images == 16


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("data/test-00000.parquet", b"other", "test-00000.parquet was changed"),
        ("data/test-00000.parquet", None, "test-00000.parquet is missing"),
        ("data/more.parquet", b"more", "more.parquet is not in the manifest"),
        ("generator.safetensors", b"key", "generator.safetensors is not in the manifest"),
        ("README.md", b"\0", "README.md is not in the manifest"),
        ("manifest.json", None, "holds no whole release"),
        ("manifest.json", b"{}", "memory://bucket/faces holds no release in shards"),
    ],
)
def test_what_was_changed_there_is_found(
    name: str,
    content: bytes | None,
    message: str,
    root: Path,
    private: Path,
    tmp_path: Path,
    bucket: fsspec.AbstractFileSystem,
) -> None:
    run_apply(request(private, root, tmp_path / "out"), RUNTIME)
    bucket.rm(f"/bucket/faces/{name}") if content is None else bucket.pipe_file(f"/bucket/faces/{name}", content)
    with pytest.raises(VerificationError, match=message):
        run_verify(VerifyRequest(store=STORE), RUNTIME)


def test_another_release_than_the_owners_is_found(
    root: Path, private: Path, tmp_path: Path, bucket: fsspec.AbstractFileSystem
) -> None:
    run_apply(request(private, root, tmp_path / "out"), RUNTIME)
    bucket.rm("/bucket/faces", recursive=True)
    run_apply(request(private, root, tmp_path / "other", "webdataset"), RUNTIME)
    assert run_verify(VerifyRequest(store=STORE), RUNTIME).proof.images == 16
    with pytest.raises(VerificationError, match="is not the one in"):
        run_verify(VerifyRequest(tmp_path / "out"), RUNTIME)


def test_what_a_killed_run_left_is_cleared_by_the_same_command_alone(
    root: Path, private: Path, tmp_path: Path, bucket: fsspec.AbstractFileSystem
) -> None:
    with reserved_store(STORE, OutputFolder(tmp_path / "out")):
        mark = bucket.cat_file(f"/bucket/faces/{MARK}")
    for name, content in ((MARK, mark), ("data/train-00007.parquet", b"left"), ("manifests/train-00007.json", b"{}")):
        bucket.pipe_file(f"/bucket/faces/{name}", content)
    with pytest.raises(OutputError, match="another run writes to"):
        request(private, root, tmp_path / "other").check()
    assert len(names()) == 3
    run_apply(request(private, root, tmp_path / "out"), RUNTIME)
    assert MARK not in names()
    assert run_verify(VerifyRequest(store=STORE), RUNTIME).proof.images == 16


def test_a_folder_is_a_store_too(root: Path, private: Path, tmp_path: Path) -> None:
    store = f"file://{tmp_path / 'store'}"
    run_apply(request(private, root, tmp_path / "out", "parquet:rows=2", store), RUNTIME)
    assert len(names(store)) == 2 * 9 + 1
    assert run_verify(VerifyRequest(tmp_path / "out"), RUNTIME).proof.images == 16


def test_a_name_that_leads_out_of_a_store_is_refused(tmp_path: Path, bucket: fsspec.AbstractFileSystem) -> None:
    bucket.pipe_file("/bucket/x.parquet", b"x")
    with pytest.raises(InputError, match="leads out of it"):
        RemoteFolder(STORE).copy([RemoteFile("../x.parquet", "/bucket/x.parquet", "")], tmp_path / "in")
    assert not (tmp_path / "x.parquet").exists()


def test_files_that_another_program_put_there_stay(tmp_path: Path, bucket: fsspec.AbstractFileSystem) -> None:
    def write() -> None:
        with reserved_store(STORE, OutputFolder(tmp_path)) as store:
            store.folder.write("data/train-00000.parquet", b"ours")
            bucket.pipe_file("/bucket/faces/notes.txt", b"theirs")
            raise ValueError("stop")

    with pytest.raises(ValueError, match="stop"):
        write()
    assert names() == ["notes.txt"]
