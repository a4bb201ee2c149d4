"""Folders as people lay them out, through the command line: which is a class, which is a split, and what is said."""

import csv
import json
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from conftest import Outcome, save_image
from mtlue.data.sources.class_folders import copied_folders, read_class_folders

Run = Callable[..., Outcome]
NOISE = ("--method", "noise", "--epsilon", 4)
QUICK = ("--learner-epochs", 1, "--batch-size", 4, "--settings", "stl")

LAYOUTS: dict[str, tuple[dict[str, tuple[str, str]], str]] = {
    "words joined to sets": (
        {"train_set/cat/1": ("cat", "train"), "train_set/dog/2": ("dog", "train"), "test_set/cat/3": ("cat", "test")},
        "taken for splits: test_set (test), train_set (train)",
    ),
    "several words": (
        {
            "training_data/cat/1": ("cat", "train"),
            "training_data/dog/2": ("dog", "train"),
            "testing-set/dog/3": ("dog", "test"),
        },
        "taken for splits",
    ),
    "capitals": (
        {
            "Train Images/cat/1": ("cat", "train"),
            "TrainImages/dog/1": ("dog", "train"),
            "valImages/dog/3": ("dog", "test"),
        },
        "validation images are used for it",
    ),
    "years": (
        {"train2017/cat/1": ("cat", "train"), "train2017/dog/1": ("dog", "train"), "test2017/dog/3": ("dog", "test")},
        "taken for splits",
    ),
    "splits inside classes": (
        {
            "cat/train/1": ("cat", "train"),
            "cat/test/2": ("cat", "test"),
            "dog/train/1": ("dog", "train"),
            "dog/test/2": ("dog", "test"),
        },
        "taken for splits: test (test), train (train)",
    ),
    "everything in one folder": (
        {
            "My Dataset/train/cat/1": ("cat", "train"),
            "My Dataset/train/dog/1": ("dog", "train"),
            "My Dataset/test/cat/1": ("cat", "test"),
        },
        "all classes lie in the folder 'My Dataset'",
    ),
    "splits in a folder of their own name": (
        {
            "seg_train/seg_train/sea/1": ("sea", "train"),
            "seg_train/seg_train/hill/1": ("hill", "train"),
            "seg_test/seg_test/sea/1": ("sea", "test"),
        },
        "taken for splits",
    ),
    "images inside classes": (
        {
            "train/n1/images/1": ("n1", "train"),
            "train/n2/images/2": ("n2", "train"),
            "val/n1/images/3": ("n1", "test"),
        },
        "'images' inside the classes' folders",
    ),
    "a class called like a split": (
        {
            "train/test/1": ("test", "train"),
            "train/cat/2": ("cat", "train"),
            "test/test/3": ("test", "test"),
            "test/cat/3": ("cat", "test"),
        },
        "taken for classes, though",
    ),
}
UNSPLIT: dict[str, tuple[dict[str, str], str]] = {
    "two levels": (
        {"animals/cat/1": "cat", "animals/dog/2": "dog", "plants/oak/3": "oak"},
        "--dataset filenames --pattern '(?P<level1>[^/]+)/(?P<level2>[^/]+)/.+' reads each level as a task",
    ),
    "classes called like splits": (
        {"dev/1": "dev", "eval/2": "eval", "cat/3": "cat", "crash test/4": "crash test"},
        "taken for classes, though their names hold words of splits: crash test, dev, eval",
    ),
    "subfolders of a class": (
        {"cat/1": "cat", "cat/deep/2": "cat", "dog/3": "dog"},
        "cat/deep is of class 'cat'",
    ),
}


def write_all(root: Path, names: Sequence[str]) -> None:
    for i, name in enumerate(names):
        save_image(root / f"{name}.png", (8, 8), seed=i)


def released(mtlue: Run, root: Path, out: Path) -> tuple[dict[str, tuple[str, str]], str]:
    """Name without suffix -> class and split, and what was printed."""
    data = ("--dataset", "imagefolder", "--data", root)
    done = mtlue("protect", *data, "--out", out, *NOISE)
    assert done.status == 0, done.err
    assert mtlue("verify", out, *data).status == 0
    with (out / "release/metadata.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    return {row["id"].removesuffix(".png"): (row["label"], row["split"]) for row in rows}, done.err


@pytest.mark.parametrize(("wanted", "note"), LAYOUTS.values(), ids=LAYOUTS)
def test_splits_and_classes(mtlue: Run, tmp_path: Path, wanted: dict[str, tuple[str, str]], note: str) -> None:
    write_all(tmp_path / "data", list(wanted))
    rows, printed = released(mtlue, tmp_path / "data", tmp_path / "out")
    assert rows == wanted
    assert note in " ".join(printed.split())


@pytest.mark.parametrize(("wanted", "note"), UNSPLIT.values(), ids=UNSPLIT)
def test_classes_alone(mtlue: Run, tmp_path: Path, wanted: dict[str, str], note: str) -> None:
    write_all(tmp_path / "data", list(wanted))
    rows, printed = released(mtlue, tmp_path / "data", tmp_path / "out")
    assert {name: label for name, (label, _) in rows.items()} == wanted
    assert note in " ".join(printed.split())


def test_a_copy_of_the_data_inside_itself_is_left_out(mtlue: Run, tmp_path: Path) -> None:
    write_all(tmp_path / "xray", ["train/NORMAL/1", "train/PNEUMONIA/2", "test/NORMAL/3", "val/NORMAL/4"])
    shutil.copytree(tmp_path / "xray", tmp_path / "xray/xray")
    rows, printed = released(mtlue, tmp_path / "xray", tmp_path / "out")
    assert rows == {
        "train/NORMAL/1": ("NORMAL", "train"),
        "train/PNEUMONIA/2": ("PNEUMONIA", "train"),
        "test/NORMAL/3": ("NORMAL", "test"),
        "val/NORMAL/4": ("NORMAL", "val"),
    }
    assert "repeats, byte for byte, the 4 images" in printed


def test_a_folder_that_differs_in_one_image_is_no_copy(tmp_path: Path) -> None:
    files = ["train/a/1.png", "train/b/2.png", "x/train/a/1.png", "x/train/b/2.png"]
    for file in files:
        save_image(tmp_path / file, (8, 8))
    assert copied_folders(files, tmp_path) == ["x"]
    save_image(tmp_path / files[-1], (8, 8), seed=1)
    assert copied_folders(files, tmp_path) == []


def test_folders_without_classes_are_explained(mtlue: Run, tmp_path: Path) -> None:
    write_all(tmp_path / "data", ["train/1", "test/2"])
    done = mtlue("inspect", "--dataset", "imagefolder", "--data", tmp_path / "data")
    assert done.status == 2
    assert "put a folder for each class into them" in done.err


def test_one_class_of_a_fitted_dataset_is_still_that_class() -> None:
    assert set(read_class_folders(["cat/1.png", "cat/2.png"]).classes.values()) == {"cat"}
    assert set(read_class_folders(["animals/cat/1.png"]).classes.values()) == {"cat"}


class TestTrainingAlone:
    """A dataset without test images: what ``evaluate`` says works."""

    @pytest.fixture
    def data(self, tmp_path: Path) -> Path:
        write_all(tmp_path / "data", [f"train/{kind}/{i}" for kind in ("cat", "dog") for i in range(12)])
        return tmp_path / "data"

    def evaluated(self, mtlue: Run, data: Path, protected: Path) -> Outcome:
        where = ("--dataset", "imagefolder", "--data", data, "--protected", protected)
        return mtlue("evaluate", *where, "--out", protected / "e", *QUICK)

    def test_the_advice(self, mtlue: Run, data: Path, tmp_path: Path) -> None:
        whole = ("--dataset", "imagefolder", "--data", data)
        assert mtlue("protect", *whole, "--out", tmp_path / "out", *NOISE).status == 0
        refused = self.evaluated(mtlue, data, tmp_path / "out")
        assert refused.status == 2
        assert f"add a folder {data}/test with folders of the same classes" in refused.err
        assert f"protect again with --data {data / 'train'}: then --test-fraction" in refused.err
        inner = ("--dataset", "imagefolder", "--data", data / "train")
        assert mtlue("protect", *inner, "--out", tmp_path / "again", *NOISE).status == 0
        assert self.evaluated(mtlue, data / "train", tmp_path / "again").status == 0
        write_all(data, ["test/cat/x", "test/dog/y"])
        added = self.evaluated(mtlue, data, tmp_path / "out")
        assert added.status == 0, added.err
        assert json.loads((tmp_path / "out/e/results.json").read_text())


def test_the_advised_pattern_reads_each_level(mtlue: Run, tmp_path: Path) -> None:
    for place in ("animals/cat", "animals/dog", "plants/oak", "plants/ash"):
        for i in range(3):
            (tmp_path / place).mkdir(parents=True, exist_ok=True)
            save_image(tmp_path / place / f"{i}.png", (8, 8), seed=i)
    advised = mtlue("inspect", tmp_path).err.split("--pattern '")[1].split("'")[0]
    done = mtlue("inspect", tmp_path, "--dataset", "filenames", "--pattern", "".join(advised.split()))
    assert done.status == 0, done.err
    assert "2 tasks" in done.out
    assert "animals, plants" in " ".join(done.out.split())
