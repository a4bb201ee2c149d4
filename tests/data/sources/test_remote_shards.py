"""The source ``remote-shards``: what fsspec's file systems hold reads as the same files in a folder do."""

import shutil
from pathlib import Path

import fsspec
import pytest
import torch

from mtlue import InputError, Runtime
from mtlue.cli import main
from mtlue.data.loading import load, part_state, parts
from mtlue.data.options import DataOptions
from mtlue.data.sources import source_of
from mtlue.data.sources.remote_shards import RemoteShards
from shard_files import WRITERS

ROOT = "memory://bucket/data"
SUFFIXES = pytest.mark.parametrize("suffix", WRITERS)


def uploaded(folder: Path, suffix: str, system: fsspec.AbstractFileSystem) -> Path:
    for name, numbers in (("a/[p]art-0", range(8)), ("a/part-1", range(8, 15))):
        WRITERS[suffix](folder / f"{name}{suffix}", numbers)
        system.put_file(str(folder / f"{name}{suffix}"), f"/bucket/data/{name}{suffix}")
    system.pipe_file("/bucket/data/.hidden/x.tar", b"")
    system.pipe_file("/bucket/data/readme.txt", b"text")
    return folder


def remote(cache: Path, more: str = "") -> DataOptions:
    return DataOptions(f"remote-shards:root={ROOT}{more}", cache=cache)


@SUFFIXES
def test_they_read_as_a_folder_of_them(suffix: str, tmp_path: Path, bucket: fsspec.AbstractFileSystem) -> None:
    folder, runtime = uploaded(tmp_path / "in", suffix, bucket), Runtime("cpu")
    local = load(DataOptions("shards", folder, no_cache=True), runtime)
    options = remote(tmp_path / "cache")
    found = load(options, runtime)
    assert found.listing.ids == local.listing.ids
    assert found.files == local.files
    assert torch.equal(found.samples.images[:], local.samples.images[:])
    assert any(f"shards of {ROOT} were copied, clean, into" in note for note in found.notes)
    each = [load(part, runtime) for part in parts(options)]
    assert [identifier for one in each for identifier in one.listing.ids] == list(local.listing.ids)
    assert len(load(remote(tmp_path / "cache", ",pattern=**/part-1*"), runtime).listing) == 7


def test_a_shard_that_changes_is_copied_again(tmp_path: Path, bucket: fsspec.AbstractFileSystem) -> None:
    runtime, cache = Runtime("cpu"), tmp_path / "cache"
    folder = uploaded(tmp_path / "in", ".tar", bucket)
    load(remote(cache), runtime)
    (kept,) = (path for path in (cache / "remote").iterdir() if path.is_dir())
    load(remote(cache), runtime)
    assert [path for path in (cache / "remote").iterdir() if path.is_dir()] == [kept]
    before = [part_state(part) for part in parts(remote(cache))]
    WRITERS[".tar"](folder / "a/part-1.tar", range(20, 25))
    bucket.put_file(str(folder / "a/part-1.tar"), "/bucket/data/a/part-1.tar")
    assert len(load(remote(cache), runtime).listing) == 13
    after = [part_state(part) for part in parts(remote(cache))]
    assert [one == other for one, other in zip(before, after, strict=True)] == [True, False]


def test_a_check_of_known_tasks_keeps_nothing(tmp_path: Path, bucket: fsspec.AbstractFileSystem) -> None:
    folder = uploaded(tmp_path / "in", ".parquet", bucket)
    tasks = load(DataOptions("shards", folder, no_cache=True), Runtime("cpu")).tasks
    source = source_of(f"remote-shards:root={ROOT}")
    assert isinstance(source, RemoteShards)
    found = source.check(remote(tmp_path / "cache"), tasks)
    assert found is not None
    assert set(found.tasks) == {"kind", "tone"}
    assert not (tmp_path / "cache").exists()


@pytest.mark.parametrize(
    ("dataset", "data", "message"),
    [
        ("remote-shards", None, "root '' of remote-shards is no address"),
        ("remote-shards:root=bucket/data", None, "no address"),
        ("remote-shards:root=memory://nothing", None, r"no shards \(.parquet, .tar\) at memory://nothing"),
        ("remote-shards:root=nonsense://x", None, "nonsense://x cannot be read: ValueError"),
        ("remote-shards:root=memory://x", Path(), "leave it out"),
    ],
)
def test_what_cannot_be_read(dataset: str, data: Path | None, message: str) -> None:
    with pytest.raises(InputError, match=message):
        load(DataOptions(dataset, data, no_cache=True), Runtime("cpu"))


def test_compressed_tars_are_not_left_out_without_a_word(tmp_path: Path, bucket: fsspec.AbstractFileSystem) -> None:
    uploaded(tmp_path / "in", ".tar", bucket)
    bucket.pipe_file("/bucket/data/a/part-2.tar.zst", b"")
    with pytest.raises(InputError, match=r"a/part-2\.tar\.zst: compressed tars are not read"):
        load(remote(tmp_path / "cache"), Runtime("cpu"))


def test_a_package_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(_: str) -> None:
        raise ImportError("Install s3fs to access S3")

    monkeypatch.setattr("fsspec.core.url_to_fs", missing)
    with pytest.raises(InputError, match="s3://x needs a package that is not installed: Install s3fs"):
        load(DataOptions("remote-shards:root=s3://x", no_cache=True), Runtime("cpu"))


def test_they_are_protected_and_new_ones_too(tmp_path: Path, bucket: fsspec.AbstractFileSystem) -> None:
    shutil.rmtree(uploaded(tmp_path / "in", ".tar", bucket))
    words = ["--dataset", f"remote-shards:root={ROOT}", "--cache", str(tmp_path / "cache")]
    out = tmp_path / "out"
    fast = ["--method", "lsp-patch", "--self-check", "false", "--format", "webdataset"]
    assert main(["protect", *words, *fast, "--out", str(out)]) == 0
    assert main(["apply", str(out / "private"), *words, "--format", "webdataset", "--out", str(tmp_path / "more")]) == 0
    assert main(["verify", str(tmp_path / "more")]) == 0
    assert "memory://" not in (out / "release/manifest.json").read_text()


def test_a_release_is_read_as_one_there_too(tmp_path: Path, bucket: fsspec.AbstractFileSystem) -> None:
    WRITERS[".tar"](tmp_path / "a.tar", range(8))
    bucket.put_file(str(tmp_path / "a.tar"), "/bucket/data/data/train_extra-00000.tar")
    options = remote(tmp_path / "cache")
    assert {*load(options, Runtime("cpu")).splits} == {"train"}
    bucket.pipe_file("/bucket/data/manifest.json", b'{"tool": "mtlue"}')
    assert {*load(options, Runtime("cpu")).splits} == {"train", "test"}  # no column says it: a share is held out
    source = source_of(options.dataset)
    assert isinstance(source, RemoteShards)
    found = source.check(options, ())
    assert found is not None
    assert found.splits == ("test", "train")
