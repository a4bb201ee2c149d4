"""A listing's files to arrays."""

from pathlib import Path

import pytest
import torch

from conftest import save_image
from mtlue import InputError, Pipeline
from mtlue.data.files.decoding import decode, read_source
from mtlue.data.listing import Listing
from mtlue.progress import Silent


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
