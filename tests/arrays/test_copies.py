"""The same photos under two paths are decoded and kept once; different ones never share a row."""

import os
import shutil
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from conftest import read_data, save_image, write_table
from mtlue import InputError, Pipeline
from mtlue.arrays import filling
from mtlue.arrays.entries import content_digest
from mtlue.arrays.upkeep import delete, kept_in
from mtlue.data.files.images import read_picture
from mtlue.data.loading import Collection

read = partial(read_data, "table")


def pixels(collection: Collection) -> torch.Tensor:
    return collection.samples.images[torch.arange(len(collection.samples))]


def rows(cache: Path) -> list[int]:
    """Bytes of the stores of images; those of headers are smaller."""
    sizes = (path.stat().st_size for path in cache.rglob("*.rows"))
    return [size for size in sizes if size >= 12 * 3 * 24 * 20]


@pytest.mark.parametrize("way", ["copied", "copied with dates", "moved", "renamed files"])
def test_the_same_photos_elsewhere_are_not_decoded_again(
    folder: Path, cache_folder: Path, decoded: list[Path], tmp_path: Path, way: str
) -> None:
    expected, other = pixels(read(folder)), tmp_path / "other"
    if way == "moved":
        folder.rename(other)
    else:
        shutil.copytree(folder, other, copy_function=shutil.copy if way == "copied" else shutil.copy2)
    if way == "renamed files":
        (other / "even").rename(other / "levels")
        table = other / "labels.csv"
        table.write_text(table.read_text().replace("even/", "levels/"))
    for _ in range(2):
        assert torch.equal(pixels(read(other)), expected)
    assert len(decoded) == 12
    assert len(rows(cache_folder)) == 1


def test_the_cache_says_both_folders(folder: Path, cache_folder: Path, tmp_path: Path) -> None:
    read(folder)
    shutil.copytree(folder, tmp_path / "other")
    read(tmp_path / "other")
    assert kept_in(cache_folder)[0].source == f"{folder.resolve()}; {(tmp_path / 'other').resolve()}"


def test_different_images_of_the_same_names_lengths_and_dates_stay_different(
    folder: Path, decoded: list[Path], tmp_path: Path
) -> None:
    """Uncompressed images of one size are all of one length, and a copy keeps their dates."""
    for place, seeds in ((folder, 0), (tmp_path / "other", 100)):
        rows = []
        for number in range(12):
            save_image(place / f"{number}.bmp", (17, 23), seed=seeds + number)
            os.utime(place / f"{number}.bmp", (10**9, 10**9))
            rows.append({"file": f"{number}.bmp", "kind": "cat" if number % 2 else "dog"})
        write_table(place, rows)
    read(folder)
    assert torch.equal(pixels(read(tmp_path / "other")), pixels(read(tmp_path / "other", no_cache=True)))


def test_a_copy_with_changes_shares_the_rest(folder: Path, decoded: list[Path], tmp_path: Path) -> None:
    read(folder)
    other = shutil.copytree(folder, tmp_path / "other")
    save_image(other / "even/picture 0.png", seed=99)
    assert torch.equal(pixels(read(other)), pixels(read(other, no_cache=True)))
    assert len(decoded) == 12 + 1 + 12
    assert torch.equal(pixels(read(folder)), pixels(read(folder, no_cache=True)))


def test_a_copy_outlives_the_clearing_of_what_it_shared(
    folder: Path, cache_folder: Path, decoded: list[Path], tmp_path: Path
) -> None:
    expected = pixels(read(folder))
    other = shutil.copytree(folder, tmp_path / "other")
    read(other)
    assert all(map(delete, kept_in(cache_folder)))
    assert torch.equal(pixels(read(other)), expected)
    assert torch.equal(pixels(read(folder)), expected)
    assert len(decoded) == 24


def test_a_file_that_changes_while_it_is_read_is_never_shared(
    folder: Path, decoded: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = shutil.copytree(folder, tmp_path / "other")
    changing = folder / "even/picture 0.png"

    def read_late(path: Path, pipeline: Pipeline) -> object:
        if path == changing:
            save_image(path, seed=99)
        return read_picture(path, pipeline)

    with monkeypatch.context() as patched:
        patched.setattr("mtlue.data.files.decoding.read_picture", read_late)
        read(folder)
    assert torch.equal(pixels(read(other)), pixels(read(other, no_cache=True)))


def test_the_same_bytes_under_another_suffix_are_another_content(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"same")
    (tmp_path / "a.npy").write_bytes(b"same")
    assert content_digest(tmp_path / "a.png") != content_digest(tmp_path / "a.npy")
    assert content_digest(tmp_path / "nowhere.png") == b""


def test_label_maps_are_shared_with_the_size_that_they_were_read_for(cache_folder: Path, tmp_path: Path) -> None:
    """The same maps beside images of another size are no label maps of those."""
    for i in range(4):
        save_image(tmp_path / f"one/{i}.png", (20, 22), seed=i)
        mask = np.zeros((22, 20), np.uint8)
        mask[: 5 + i] = 1
        Image.fromarray(mask).save(tmp_path / f"one/{i}-mask.png")
    table = [{"file": f"{i}.png", "region": f"{i}-mask.png", "split": "test" if i else "train"} for i in range(4)]
    write_table(tmp_path / "one", table)
    first = read(tmp_path / "one")
    copy = read(shutil.copytree(tmp_path / "one", tmp_path / "two"))
    assert torch.equal(copy.samples.labels["region"][:], first.samples.labels["region"][:])
    assert len([path for path in cache_folder.rglob("*.rows") if path.stat().st_size > 1000]) == 2  # images and maps
    for i in range(4):
        save_image(tmp_path / f"two/{i}.png", (17, 23), seed=i)
    with pytest.raises(InputError, match="it is 20x22 pixels, its image is 17x23"):
        read(tmp_path / "two")


def test_several_chunks(folder: Path, decoded: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(filling, "CHUNK", 5)
    expected = pixels(read(folder))
    assert torch.equal(pixels(read(shutil.copytree(folder, tmp_path / "other"))), expected)
    assert len(decoded) == 12
