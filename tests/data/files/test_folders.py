"""Folders without a table: classes by folder, metadata by split, labels in names."""

import errno
import os
import shutil
from pathlib import Path

import pytest

from conftest import SHARED, read_data, save_image, write_nyuv2, write_table
from mtlue import InputError, Runtime
from mtlue.data.files.folders import find_files, find_unusable
from mtlue.data.loading import Collection, load
from mtlue.data.options import DataOptions
from mtlue.tasks import ImageTask


def labels(collection: Collection, task: str) -> dict[str, str]:
    (found,) = [its for its in collection.tasks if its.name == task]
    assert isinstance(found, ImageTask)
    values = collection.samples.labels[task][:]
    return {file: found.format(value) for file, value in zip(collection.files, values, strict=True)}


class TestImageFolder:
    def test_a_folder_a_class(self, tmp_path: Path) -> None:
        for file in ("cat/1.png", "cat/deep/2.png", "dog/3.png", "dog/4.png", "stray.png"):
            save_image(tmp_path / file)
        collection = read_data("imagefolder", tmp_path)
        assert labels(collection, "label") == {
            "cat/1.png": "cat",
            "cat/deep/2.png": "cat",
            "dog/3.png": "dog",
            "dog/4.png": "dog",
        }
        assert [skipped.name for skipped in collection.skipped] == ["stray.png"]

    def test_a_folder_a_split(self, tmp_path: Path) -> None:
        for split in ("train", "Validation"):
            for i, kind in enumerate(("cat", "dog", "cat")):
                save_image(tmp_path / split / kind / f"{i}.png")
        collection = read_data("imagefolder", tmp_path)
        assert sorted(collection.splits) == ["test"] * 3 + ["train"] * 3
        assert any("validation images are used" in note for note in collection.notes)
        assert set(labels(collection, "label").values()) == {"cat", "dog"}

    @pytest.mark.parametrize("folders", [("",), ("train", "test")])
    def test_metadata_tables(self, folders: tuple[str, ...], tmp_path: Path) -> None:
        for folder in folders:
            rows = [{"file_name": f"sub/{i}.png", "kind": "ab"[i % 2], "tone": "cd"[i // 2]} for i in range(4)]
            for row in rows:
                save_image(tmp_path / folder / row["file_name"])
            write_table(tmp_path / folder, rows, "metadata.csv")
        collection = read_data("imagefolder", tmp_path)
        assert [task.name for task in collection.tasks] == ["kind", "tone"]
        assert len(collection.samples) == 4 * len(folders)
        if len(folders) == 2:
            assert {
                file.split("/")[0]: split for file, split in zip(collection.files, collection.splits, strict=True)
            } == {
                "train": "train",
                "test": "test",
            }

    def test_nothing_to_read_is_said(self, tmp_path: Path) -> None:
        save_image(tmp_path / "1.png")
        with pytest.raises(InputError, match="neither folders of classes nor a"):
            read_data("imagefolder", tmp_path)


class TestFileNames:
    PATTERN = r"(?P<kind>[a-z]+)-(?P<tone>dark|light)?-\d+"

    def test_groups_are_tasks(self, tmp_path: Path) -> None:
        for file in ("cat-dark-1.png", "dog-light-2.png", "cat--3.jpg", "in/dog-dark-4.png", "Notes-1.png"):
            save_image(tmp_path / file)
        collection = read_data("filenames", tmp_path, pattern=self.PATTERN)
        assert labels(collection, "tone")["cat--3.jpg"] == ""
        assert labels(collection, "kind")["in/dog-dark-4.png"] == "dog"
        assert [skipped.name for skipped in collection.skipped] == ["Notes-1.png"]

    def test_the_whole_path_can_be_matched(self, tmp_path: Path) -> None:
        for split in ("train", "test"):
            for i in range(4):
                save_image(tmp_path / split / f"{'ab'[i % 2]}{i}.png")
        collection = read_data("filenames", tmp_path, pattern=r"(?P<split>train|test)/(?P<kind>[ab])\d")
        assert [task.name for task in collection.tasks] == ["kind"]
        assert sorted(set(collection.splits)) == ["test", "train"]

    @pytest.mark.parametrize(
        ("pattern", "why"),
        [(None, "needs pattern"), ("(", "not a regular"), ("a+", "no named"), ("(?P<x>z)", "matches")],
    )
    def test_patterns_that_cannot_work_are_named(self, pattern: str | None, why: str, tmp_path: Path) -> None:
        save_image(tmp_path / "cat-dark-1.png")
        with pytest.raises(InputError, match=why):
            read_data("filenames", tmp_path, pattern=pattern)

    @pytest.mark.skipif(not (SHARED / "utkface").is_dir(), reason="the shared samples are not here")
    def test_real_names_agree_with_the_source_of_their_own(self) -> None:
        pattern = r"(?:.*/)?(?P<age>\d+)_(?P<gender>[01])_(?P<race>[0-4])_\d{15,17}(?:\.jpg)?(?:\.chip)?"
        by_name = read_data("filenames", SHARED / "utkface", pattern=pattern, limit_train=50, limit_test=20)
        own = read_data("utkface", SHARED / "utkface", size=32, limit_train=50, limit_test=20)
        names = {"0": "male", "1": "female"}
        genders = {file: names[value] for file, value in labels(by_name, "gender").items()}
        both = genders.keys() & labels(own, "gender").keys()
        assert both
        assert all(genders[file] == labels(own, "gender")[file] for file in both)


def test_adding_a_file_moves_no_other(tmp_path: Path) -> None:
    for i in range(30):
        save_image(tmp_path / "ab"[i % 2] / f"{i}.png", (8, 8))
    before = read_data("imagefolder", tmp_path)
    splits = dict(zip(before.files, before.splits, strict=True))
    save_image(tmp_path / "a/0000.png", (8, 8))
    shutil.rmtree(tmp_path / "b", ignore_errors=False)
    for i in range(1, 30, 2):
        save_image(tmp_path / "b" / f"{i}.png", (8, 8))
    after = read_data("imagefolder", tmp_path)
    assert all(split == splits.get(file, split) for file, split in zip(after.files, after.splits, strict=True))


def test_what_looks_like_an_image_and_is_not_used_is_named(folder: Path, tmp_path: Path) -> None:
    outside = save_image(tmp_path / "outside.png")
    (folder / "even/out.png").symlink_to(outside)
    (folder / "even/gone.png").symlink_to(tmp_path / "gone.png")
    (folder / "link").symlink_to(tmp_path)
    (folder / "even/phone.heic").write_bytes(b"x")
    (folder / "even/readme.txt").write_text("x")
    (folder / "even/twin.png").symlink_to(folder / "even/picture 0.png")
    files = find_files(folder)
    assert "even/twin.png" in files
    assert "even/out.png" not in files
    reasons = {one.name: one.reason for one in find_unusable(folder)}
    assert set(reasons) == {"even/out.png", "even/gone.png", "link", "even/phone.heic"}
    assert "points outside" in reasons["even/out.png"]
    collection = load(DataOptions("imagefolder", folder), Runtime("cpu"))
    assert {one.name for one in collection.skipped} == set(reasons)


def test_a_folder_that_cannot_be_opened_is_named(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scan = os.scandir

    def closed(path: Path) -> object:
        if Path(path) == folder / "closed":
            raise PermissionError(errno.EACCES, "Permission denied")
        return scan(path)

    (folder / "closed").mkdir()
    monkeypatch.setattr("os.scandir", closed)
    (one,) = find_unusable(folder)
    assert one.name == "closed"
    assert "cannot be opened (Permission denied)" in one.reason


def test_arrays_that_hold_labels_are_not_named_as_left_out(tmp_path: Path) -> None:
    """Label maps of tasks that are not chosen, or of images beyond a limit, are no strays."""
    root = write_nyuv2(tmp_path)
    limited = load(DataOptions("nyuv2", root, tasks=["depth"], limit_train=2), Runtime("cpu"))
    assert limited.skipped == []
