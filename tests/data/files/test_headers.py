"""Headers of files: kept as rows of numbers, and read back as they were."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from conftest import save_image
from mtlue import Pipeline
from mtlue.data.files.headers import _from_row, _to_row, read_headers
from mtlue.data.files.images import Header
from mtlue.data.listing import Listing
from mtlue.imaging.levels import Extent
from mtlue.progress import Silent


@pytest.mark.parametrize(
    "header",
    [
        Header((20, 30), grey=True),
        Header((20, 30), grey=False, orientation=6),
        Header((9, 9), True, 1, Extent(-1.5, 7.0, False)),
        Header((9, 9), True, 1, Extent(0, 65535, True, (1, 2), (1.25, 1.5))),
    ],
)
def test_a_row_says_all_of_a_header(header: Header) -> None:
    assert _from_row(_to_row(header).tolist()) == header


@pytest.mark.parametrize("cached", [False, True])
def test_unreadable_files_are_named(cached: bool, tmp_path: Path) -> None:
    save_image(tmp_path / "a.png")
    (tmp_path / "b.png").write_bytes(b"no image")
    np.save(tmp_path / "c.npy", np.full((8, 9), 1000, np.uint16))
    Image.new("L", (8, 8)).save(tmp_path / "d.png")
    files = ["a.png", "b.png", "c.npy", "d.png"]
    listing = Listing((), files, files, ["train"] * 4, {}, Pipeline(), tmp_path)
    kept, headers, skipped = read_headers(listing, tmp_path / "cache" if cached else None, Silent())
    assert kept.files == ["a.png", "c.npy", "d.png"]
    assert [header.size for header in headers] == [(20, 24), (8, 9), (8, 8)]
    assert [header.grey for header in headers] == [False, True, True]
    assert [one.name for one in skipped] == ["b.png"]
