"""What the files of a collection's images take up."""

from pathlib import Path

import pytest

from conftest import save_image, write_table
from mtlue.data.loading import load
from mtlue.data.options import DataOptions
from mtlue.runtime import Runtime

CPU = Runtime("cpu")


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    root = tmp_path / "photos"
    for i in range(4):
        save_image(root / f"{i}.png", (17 + i, 23), seed=i)
    write_table(root, [{"file": f"{i}.png", "kind": "ab"[i % 2], "split": ("train", "test")[i // 2]} for i in range(4)])
    return root


def test_it_is_that_of_the_images_in_the_collection(photos: Path) -> None:
    collection = load(DataOptions("table", photos), CPU)
    sizes = {path.name: path.stat().st_size for path in photos.glob("*.png")}
    assert collection.file_bytes() == sum(sizes.values())
    assert collection.restricted_to(["test"]).file_bytes() == sizes["2.png"] + sizes["3.png"]


def test_images_without_files_have_none(photos: Path) -> None:
    assert load(DataOptions("digits", limit_train=4, limit_test=2), CPU).file_bytes() is None
    collection = load(DataOptions("table", photos), CPU)
    (photos / "1.png").unlink()
    assert collection.file_bytes() is None
