"""mtlue cache: what decoded images take, and how they are deleted; nothing else is."""

import gc
import pickle
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from filelock import FileLock

from conftest import Outcome
from mtlue import Runtime
from mtlue.arrays.mapped_array import MappedArray
from mtlue.arrays.upkeep import LOCK, Kept, by_folder, delete, kept_in
from mtlue.data.loading import load
from mtlue.data.options import DataOptions

Run = Callable[..., Outcome]


@pytest.fixture
def cache(mtlue: Run, folder: Path, tmp_path: Path) -> Path:
    """What inspect left, beside files of the user's own."""
    place = tmp_path / "kept"
    assert mtlue("inspect", folder, "--cache", place).status == 0
    (place / "thesis.txt").write_text("all of it")
    (place / "a" / ("0" * 31)).mkdir(parents=True)
    (place / ("f" * 32)).mkdir()
    (place / "b" / ("f" * 32)).mkdir(parents=True)
    return place


def test_what_is_kept_is_shown_with_the_folder_that_it_is_of(mtlue: Run, cache: Path, folder: Path) -> None:
    kept = kept_in(cache)
    assert {one.source for one in kept} == {str(folder.resolve())}
    assert sum(one.size for one in kept) >= 12 * 3 * 24 * 20
    shown = mtlue("cache", "--cache", cache)
    assert shown.status == 0
    assert f"{cache} holds " in shown.out
    assert "next: mtlue cache --clear deletes them" in shown.err


def test_a_folder_is_listed_once_with_its_copy(mtlue: Run, cache: Path, folder: Path, tmp_path: Path) -> None:
    """Headers, images and labels are stores of their own, and copies share some of them alone."""
    shutil.copytree(folder, tmp_path / "copy")
    for options in ((folder, "--size", "16"), (tmp_path / "copy",)):
        assert mtlue("inspect", *options, "--cache", cache).status == 0
    (one,) = by_folder(kept_in(cache))
    assert len(kept_in(cache)) > 2
    assert one.source == f"{folder.resolve()}; {(tmp_path / 'copy').resolve()}"
    assert one.size == sum(store.size for store in kept_in(cache))
    assert mtlue("cache", "--cache", cache).out.count("copy") == 1


def test_folders_without_a_store_in_common_stay_apart() -> None:
    path = Path("x")
    kept = [Kept(path, "a", 3, 1.0, ("1",)), Kept(path, "b", 4, 3.0, ("2",)), Kept(path, None, 1, 0.0)]
    assert [one.size for one in by_folder(kept)] == [4, 3, 1]
    both = [*kept, Kept(path, "a; b", 10, 2.0, ("1", "2"))]
    assert [(one.source, one.size, one.used) for one in by_folder(both)] == [("a; b", 17, 3.0), (None, 1, 0.0)]


def test_clearing_deletes_what_is_kept_and_nothing_else(mtlue: Run, cache: Path, folder: Path) -> None:
    done = mtlue("cache", "--cache", cache, "--clear")
    assert done.status == 0
    assert f"{cache} holds nothing" in done.out
    assert (cache / "thesis.txt").read_text() == "all of it"
    assert (cache / "a" / ("0" * 31)).is_dir()
    assert (cache / ("f" * 32)).is_dir()
    assert (cache / "b" / ("f" * 32)).is_dir()
    assert not list(cache.rglob("*.rows"))
    assert mtlue("inspect", folder, "--cache", cache).status == 0
    assert list(cache.rglob("*.rows"))


def test_what_is_in_use_stays(mtlue: Run, cache: Path) -> None:
    used = kept_in(cache)[0]
    with FileLock(used.path / LOCK):
        assert not delete(used)
        done = mtlue("cache", "--cache", cache, "--clear")
    assert "in use by another process" in done.out
    assert [one.path for one in kept_in(cache)] == [used.path]
    assert delete(used)


def test_what_is_read_from_stays_until_nobody_reads_from_it(mtlue: Run, cache: Path, folder: Path) -> None:
    data = load(DataOptions("table", data=folder, cache=cache), Runtime("cpu"))
    assert isinstance(data.samples.images, MappedArray)
    part = pickle.loads(pickle.dumps(data.samples.images.take(torch.tensor([1]))))  # as another process gets it
    del data
    gc.collect()
    done = mtlue("cache", "--cache", cache, "--clear")
    assert "in use by another process: left alone" in done.out
    assert part[0].shape[0] == 3
    del part
    assert "holds nothing" in mtlue("cache", "--cache", cache, "--clear").out
    assert kept_in(cache) == []


def test_unpacked_images_and_older_stores_are_kept_things_too(tmp_path: Path) -> None:
    (tmp_path / "parquet" / ("a" * 32)).mkdir(parents=True)
    (tmp_path / "parquet" / ("a" * 32) / "0.png").write_bytes(bytes(100))
    (tmp_path / "parquet/about.json").write_text('{"folder": "parquet"}')
    (tmp_path / ("b" * 32)).mkdir()
    (tmp_path / ("b" * 32) / LOCK).write_bytes(b"")
    assert [(one.size, one.source) for one in kept_in(tmp_path)] == [(100, None), (0, None)]
    assert all(map(delete, kept_in(tmp_path)))
    assert kept_in(tmp_path) == kept_in(tmp_path / "nowhere") == []


def test_a_damaged_note_on_a_store_is_passed_over(mtlue: Run, cache: Path) -> None:
    for about in cache.rglob("about.json"):
        about.write_text("{")
    assert [one.source for one in kept_in(cache)] == [None] * len(kept_in(cache))
    assert mtlue("cache", "--cache", cache, "--clear").status == 0
