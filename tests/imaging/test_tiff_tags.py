"""A TIFF's first directory, entry by entry."""

import io
import struct
from pathlib import Path

import pytest
from PIL import Image

from mtlue.imaging.tiff_kinds import why_unread
from mtlue.imaging.tiff_tags import read_directory, without_lost_entries


def tiff(order: str, *entries: tuple[int, int, int, int]) -> bytes:
    """A directory of (tag, type, count, value) and nothing else."""
    head = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(f"{order}I", 8)
    body = b"".join(
        struct.pack(f"{order}HHI", *entry[:3])
        + (struct.pack(f"{order}HH", entry[3], 0) if entry[1] == 3 else struct.pack(f"{order}I", entry[3]))
        for entry in entries
    )
    return head + struct.pack(f"{order}H", len(entries)) + body + b"\0\0\0\0"


@pytest.mark.parametrize("order", ["<", ">"])
def test_wanted_tags_are_read_past_broken_ones(order: str) -> None:
    content = tiff(order, (270, 2, 10**9, 10**9), (274, 3, 1, 6), (259, 4, 1, 5))
    directory = read_directory(io.BytesIO(content), (274, 259, 270))
    assert directory.tags == {274: (6,), 259: (5,)}
    assert directory.whole


@pytest.mark.parametrize("content", [b"", b"II*\0", b"no TIFF at all", tiff("<")[:9]])
def test_what_is_cut_off_or_something_else_has_no_tags(content: bytes) -> None:
    assert read_directory(io.BytesIO(content), (274,)).tags == {}


def test_entries_outside_a_file_are_emptied(tmp_path: Path) -> None:
    path = tmp_path / "lost.tif"
    path.write_bytes(tiff("<", (270, 2, 100, 10**6)))
    lighter = without_lost_entries(path)
    assert lighter is not None
    assert struct.unpack_from("<I", lighter.read(), 14)[0] == 0
    Image.new("L", (9, 9)).save(tmp_path / "whole.tif")
    assert without_lost_entries(tmp_path / "whole.tif") is None


@pytest.mark.parametrize(
    ("bits", "kind", "words"),
    [(64, 3, "64-bit floats"), (16, 2, None), (8, 1, None), (32, 5, "32-bit complex integers")],
)
def test_kinds_that_are_not_read_are_named(bits: int, kind: int, words: str | None, tmp_path: Path) -> None:
    path = tmp_path / "kind.tif"
    path.write_bytes(tiff("<", (258, 3, 1, bits), (259, 3, 1, 1), (277, 3, 1, 1), (339, 3, 1, kind)))
    reason = why_unread(path)
    assert reason is None if words is None else reason is not None and words in reason
