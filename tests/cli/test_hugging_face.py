"""Whatever the sources are called, Hugging Face ``datasets`` reads a release's images with their labels and ids."""

import gc
import re
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from conftest import Outcome, save_image, write_table
from mtlue.release.names import release_names

datasets = pytest.importorskip("datasets")
pytestmark = pytest.mark.filterwarnings(
    "ignore::pytest.PytestUnraisableExceptionWarning", "ignore::ResourceWarning"
)  # files that datasets leaves open

Run = Callable[..., Outcome]
NOISE = ("--method", "noise", "--epsilon", 4)
WORDS = ("train", "training", "validation", "valid", "val", "dev", "test", "testing", "eval", "evaluation")
NASTY = {
    "folders": [f"{word}/{i}.png" for i, word in enumerate(WORDS)],
    "folders of classes": [f"{word}/{'ab'[i % 2]}/x.png" for i, word in enumerate(WORDS)],
    "file names": [f"data-{word}-{i}.png" for i, word in enumerate(WORDS)],
    "bare names": [f"{word}.png" for word in WORDS],
    "one of many": ["a/0.png", "a/1.png", "b c.eval/2.png", "b/test 3.png", "b/TEST_4.png"],
    "words that are replaced": ["a:test:b.png", "con.train.png", "x/val?.png", "x/y.dev .png"],
    "names that meet": ["train/0.png", "trainset/0.png", "trainset/0.jpg", "Train/0.png"],
    "harmless": ["latest/0.png", "contest/1.png", "devil/2.png", "trainer/3.png"],
}


def write_data(root: Path, files: Sequence[str], column: str = "kind") -> None:
    for i, file in enumerate(files):
        save_image(root / file, (8, 8), seed=i)
    rows = [{"file": file, column: ("red", "blue")[i % 2], "number": f"n{i}"} for i, file in enumerate(files)]
    write_table(root, rows)


def load_rows(release: Path, cache: Path) -> list[dict[str, object]]:
    loaded = datasets.load_dataset("imagefolder", data_dir=str(release), cache_dir=str(cache))
    rows = [row for split in loaded.values() for row in split]
    gc.collect()
    return rows


@pytest.mark.parametrize("files", NASTY.values(), ids=NASTY)
def test_labels_and_ids_are_those_of_the_table(mtlue: Run, tmp_path: Path, files: list[str]) -> None:
    write_data(tmp_path / "data", files)
    data = ("--dataset", "table", "--data", tmp_path / "data")
    done = mtlue("protect", *data, "--out", tmp_path / "out", *NOISE)
    assert done.status == 0, done.err
    release = tmp_path / "out/release"
    table = pd.read_csv(release / "metadata.csv", dtype=str).set_index("id")
    rows = load_rows(release, tmp_path / "hf")
    assert {row["id"] for row in rows} == {*files}
    assert len(rows) == len(files)
    for row in rows:
        expected = table.loc[str(row["id"])]
        assert (row["kind"], row["split"]) == (expected["kind"], expected["split"])
        assert np.array_equal(np.asarray(row["image"]), np.asarray(Image.open(release / expected["file_name"])))
    assert ("take words of the path for a split" in done.err) == (files != NASTY["harmless"])
    assert mtlue("verify", tmp_path / "out", *data).status == 0


def test_folders_of_label_maps_hold_no_words_of_splits(mtlue: Run, tmp_path: Path) -> None:
    rows = []
    for i in range(4):
        save_image(tmp_path / f"data/{i}.png", (8, 8), seed=i)
        (tmp_path / "data/test").mkdir(exist_ok=True)
        Image.fromarray(np.full((8, 8), i % 2, np.uint8)).save(tmp_path / f"data/test/{i}.png")
        rows.append({"file": f"{i}.png", "test": f"test/{i}.png"})
    write_table(tmp_path / "data", rows)
    (tmp_path / "tasks.yaml").write_text("tasks: {test: {kind: segmentation}}\n")
    done = mtlue(
        *("protect", "--dataset", "table", "--data", tmp_path / "data", "--out", tmp_path / "out"),
        *("--tasks", tmp_path / "tasks.yaml", "--size", 8, "--method", "noise"),
    )
    assert done.status == 0, done.err
    loaded = load_rows(tmp_path / "out/release", tmp_path / "hf")
    assert {row["id"]: row["test"] for row in loaded} == {f"{i}.png": f"labels/testset/{i}.png" for i in range(4)}


def test_a_column_called_image_is_named_and_can_be_renamed(mtlue: Run, tmp_path: Path) -> None:
    write_data(tmp_path / "data", [f"{i}.png" for i in range(6)], column="image")
    data = ("--dataset", "table", "--data", tmp_path / "data", "--image-column", "file")
    inspected = mtlue("inspect", *data)
    assert "image_label: {column: image}" in inspected.err + inspected.out
    (tmp_path / "tasks.yaml").write_text("tasks: {image_label: {column: image}}\n")
    done = mtlue("protect", *data, "--tasks", tmp_path / "tasks.yaml", "--out", tmp_path / "out", *NOISE)
    assert done.status == 0, done.err
    rows = load_rows(tmp_path / "out/release", tmp_path / "hf")
    assert {row["id"]: row["image_label"] for row in rows} == {f"{i}.png": ("red", "blue")[i % 2] for i in range(6)}


def test_a_column_that_means_images_is_named(mtlue: Run, tmp_path: Path) -> None:
    write_data(tmp_path / "data", [f"{i}.png" for i in range(6)], column="old_file_name")
    done = mtlue("protect", "--dataset", "table", "--data", tmp_path / "data", "--out", tmp_path / "out", *NOISE)
    assert done.status == 0, done.err
    assert "will take the column 'old_file_name'" in done.err
    (tmp_path / "tasks.yaml").write_text("tasks: {other_name: {column: 'old_file_name'}}\n")
    done = mtlue(
        *("protect", "--dataset", "table", "--data", tmp_path / "data", "--out", tmp_path / "again", *NOISE),
        *("--tasks", tmp_path / "tasks.yaml"),
    )
    rows = load_rows(tmp_path / "again/release", tmp_path / "hf")
    assert {row["other_name"] for row in rows} == {"red", "blue"}


def test_releases_of_older_names_still_verify_with_a_note(
    mtlue: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_data(tmp_path / "data", ["train/0.png", "train/1.png", "test/2.png", "test/3.png"])
    monkeypatch.setattr("mtlue.release.writer.release_names", lambda files, _: [f"images/{file}" for file in files])
    data = ("--dataset", "table", "--data", tmp_path / "data")
    assert mtlue("protect", *data, "--out", tmp_path / "out", *NOISE).status == 0
    done = mtlue("verify", tmp_path / "out", *data)
    assert done.status == 0, done.err
    assert "(and 3 more) means a split to Hugging Face datasets" in " ".join((done.out + done.err).split())


PART = st.lists(
    st.sampled_from([*WORDS, "Test", "a", "set", "-", "_", ".", " ", "7", "~", ":"]), min_size=1, max_size=5
)
PATH = st.lists(PART.map("".join).filter(lambda part: part.strip(". ")), min_size=1, max_size=3).map("/".join)


@given(st.lists(PATH, min_size=1, max_size=8, unique=True))
def test_datasets_sees_no_split_in_a_released_path(files: list[str]) -> None:
    from datasets.data_files import DEFAULT_PATTERNS_SPLIT_IN_DIR_NAME, DEFAULT_PATTERNS_SPLIT_IN_FILENAME
    from fsspec.utils import glob_translate

    patterns = [
        pattern
        for place in (DEFAULT_PATTERNS_SPLIT_IN_DIR_NAME, DEFAULT_PATTERNS_SPLIT_IN_FILENAME)
        for split in place.values()
        for pattern in split
    ]
    names = release_names(files, ".png")
    for pattern in patterns:
        compiled = re.compile(glob_translate(pattern))
        assert not [name for name in names if compiled.match(name)]
