"""A listing's files to arrays."""

import os
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from PIL import Image

from conftest import save_image
from mtlue import InputError, Pipeline
from mtlue.data.files.decoding import decode, read_source
from mtlue.data.listing import LabelFiles, Listing
from mtlue.progress import Silent
from mtlue.tasks import Segmentation


def listing(folder: Path | None, *files: str, pixels: torch.Tensor | None = None) -> Listing:
    return Listing((), files, files, ["train"] * len(files), {}, Pipeline(), folder, pixels)


@pytest.mark.parametrize("cached", [False, True])
def test_the_files_that_can_be_read_are_in_the_listings_order(cached: bool, tmp_path: Path) -> None:
    for i in (2, 0):
        save_image(tmp_path / f"{i}.png", seed=i)
    (tmp_path / "1.png").write_bytes(b"no image")
    pipeline = Pipeline(size=(10, 12), channels=3)
    files = listing(tmp_path, "2.png", "1.png", "0.png")
    decoded = decode(files, pipeline, tmp_path / "cache" if cached else None, Silent())
    assert decoded.listing.files == ["2.png", "0.png"]
    assert [one.name for one in decoded.skipped] == ["1.png"]
    for position, file in ((0, 0), (1, 2)):
        assert torch.equal(decoded.images[position], read_source(files, file, pipeline))


def test_embedded_pixels_are_brought_to_size(tmp_path: Path) -> None:
    pixels = torch.randint(256, (2, 1, 16, 16), dtype=torch.uint8)
    decoded = decode(listing(None, "a", "b", pixels=pixels), Pipeline(size=(8, 8), channels=1), tmp_path, Silent())
    assert decoded.images.shape == (2, 1, 8, 8)
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_went_away_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"gone.png can no longer be read: there is no such file"):
        read_source(listing(tmp_path, "gone.png"), 0, Pipeline(channels=3))


def test_a_missing_label_map_is_kept_once_whatever_is_added_to_the_folder(tmp_path: Path) -> None:
    root, cache, task = tmp_path / "in", tmp_path / "cache", Segmentation("mask", ("a", "b"))
    names = [save_image(root / f"{i}.png", (8, 8), seed=i).name for i in range(4)]
    Image.new("L", (8, 8), 1).save(root / "mask.png")
    files = replace(listing(root, *names), tasks=(task,), labels={"mask": LabelFiles(["mask.png", None, None, None])})
    sizes = []
    for i in range(3):
        decode(files, Pipeline(size=(8, 8), channels=3), cache, Silent())
        sizes.append({path: path.stat().st_size for path in cache.rglob("*.rows")})
        (root / f"{i}.txt").touch()
        os.utime(root, ns=(i, i))
    assert len(sizes[0]) == 2
    assert sizes[0] == sizes[1] == sizes[2]
