"""A zip file of images is read as the folder that it holds."""

import json
import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from conftest import Outcome, save_image
from mtlue.arrays import upkeep
from mtlue.arrays.upkeep import kept_in
from mtlue.data.files.folders import require_folder
from mtlue.data.options import DataOptions
from mtlue.errors import InputError

Run = Callable[..., Outcome]


def photos(folder: Path, count: int = 6) -> Path:
    """A folder with a table, whose images are 17x23."""
    for number in range(count):
        save_image(folder / f"in/{number}.png", (17, 23), seed=number)
    rows = "".join(f"in/{n}.png,{'cat' if n % 2 else 'dog'},{'test' if n > 3 else 'train'}\n" for n in range(count))
    (folder / "labels.csv").write_text(f"file,kind,split\n{rows}")
    return folder


@pytest.fixture
def zipped(tmp_path: Path) -> Path:
    folder = photos(tmp_path / "made/photos")
    return Path(shutil.make_archive(str(tmp_path / "my photos"), "zip", folder.parent, "photos"))


def test_a_zip_is_inspected_and_protected_as_its_folder(mtlue: Run, zipped: Path, tmp_path: Path) -> None:
    seen = mtlue("inspect", zipped, "--cache", tmp_path / "cache")
    assert seen.status == 0, seen.err
    assert "6 images" in seen.out
    assert f"unpacking {zipped}" in " ".join(seen.err.split())
    out = tmp_path / "out"
    done = mtlue("protect", zipped, "--out", out, "--method", "noise", "--cache", tmp_path / "cache")
    assert done.status == 0, done.err
    said = " ".join(f"{done.out} {done.err}".split())
    assert f"the files of {zipped} were unpacked, clean, into" in said
    assert "unpacking" not in said  # once
    assert json.loads((out / "private/config.json").read_text())["data"]["data"] == str(zipped)
    again = mtlue("verify", out, "--data", zipped, "--cache", tmp_path / "cache")
    assert again.status == 0, again.err


def test_clearing_the_cache_removes_what_was_unpacked(mtlue: Run, zipped: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    root = require_folder(DataOptions(data=zipped, cache=cache))
    assert (root / "labels.csv").is_file()
    mtlue("inspect", zipped, "--cache", cache)
    assert {one.source for one in kept_in(cache)} == {f"{zipped}, unpacked"}
    upkeep._held.clear()  # as with the process of a command that ended
    assert mtlue("cache", "--cache", cache, "--clear").status == 0
    assert not root.exists()
    assert kept_in(cache) == []


def test_another_zip_of_the_same_name_is_unpacked_anew(zipped: Path, tmp_path: Path) -> None:
    options = DataOptions(data=zipped, cache=tmp_path / "cache")
    first = require_folder(options)
    assert require_folder(options) == first
    zipped.unlink()
    shutil.make_archive(str(zipped.with_suffix("")), "zip", photos(tmp_path / "others", 8))
    os.utime(zipped, (time.time() + 5,) * 2)
    second = require_folder(options)
    assert second != first
    assert len(list(second.glob("in/*"))) == 8


def test_without_a_cache_it_lies_in_a_temporary_folder(zipped: Path, tmp_path: Path) -> None:
    options = DataOptions(data=zipped, no_cache=True, cache=tmp_path / "cache")
    assert require_folder(options) == require_folder(options)
    assert not (tmp_path / "cache").exists()


def test_what_is_no_zip_file_is_named(mtlue: Run, tmp_path: Path) -> None:
    (tmp_path / "photos.zip").write_bytes(b"PK, but no more")
    outcome = mtlue("inspect", tmp_path / "photos.zip", "--cache", tmp_path / "cache")
    assert outcome.status == 2
    assert f"--data {tmp_path / 'photos.zip'}: the file is damaged, or no zip file" in " ".join(outcome.err.split())
    assert [path for path in (tmp_path / "cache").rglob("*") if path.is_file()] == []


def test_messages_call_what_lies_inside_by_the_name_of_the_zip(mtlue: Run, tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    shutil.make_archive(str(tmp_path / "photos/inner"), "zip", photos(tmp_path / "made"))
    nested = shutil.make_archive(str(tmp_path / "nested"), "zip", tmp_path / "photos")
    outcome = mtlue("inspect", nested, "--cache", tmp_path / "cache")
    said = " ".join(outcome.err.split())
    assert outcome.status == 2
    assert f"no image below {nested}, but inner.zip, packed once more: unpack that first" in said
    (tmp_path / "made/labels.csv").write_text("file,kind\nother.png,cat\n")
    table = shutil.make_archive(str(tmp_path / "table"), "zip", tmp_path / "made")
    said = " ".join(mtlue("inspect", table, "--cache", tmp_path / "cache").err.split())
    assert f"no row of {table}/labels.csv has a usable image" in said
    assert str(tmp_path / "cache") not in said


def test_a_disk_without_room_is_said(zipped: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mtlue.archives.zips.SPARE", shutil.disk_usage(tmp_path).total)
    with pytest.raises(InputError, match=r"my photos\.zip: the zip file would take .* where there is more room"):
        require_folder(DataOptions(data=zipped, cache=tmp_path / "cache"))


def test_a_release_in_a_zip_is_known_as_one(mtlue: Run, zipped: Path, tmp_path: Path) -> None:
    out, cache = tmp_path / "out", ("--cache", tmp_path / "cache")
    assert mtlue("protect", zipped, "--out", out, "--method", "noise", *cache).status == 0
    again = shutil.make_archive(str(tmp_path / "downloaded"), "zip", out, "release")
    twice = mtlue("protect", again, "--out", tmp_path / "two", "--method", "noise", *cache)
    assert twice.status == 0, twice.err
    assert f"{again} is a release that mtlue wrote" in " ".join(f"{twice.out} {twice.err}".split())
