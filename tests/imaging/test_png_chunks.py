"""The chunks of a PNG."""

import io
from pathlib import Path

import pytest
from PIL import Image, PngImagePlugin

from mtlue.imaging.png_chunks import has_metadata_behind_pixels, lightened


@pytest.fixture
def noted(tmp_path: Path) -> Path:
    """A PNG with text and a gamma chunk."""
    text = PngImagePlugin.PngInfo()
    text.add_text("note", "x" * 50)
    text.add(b"gAMA", (45455).to_bytes(4, "big"))
    Image.new("RGB", (9, 8), "red").save(tmp_path / "noted.png", pnginfo=text)
    return tmp_path / "noted.png"


def test_less_and_less_metadata_and_the_same_pixels(noted: Path) -> None:
    without_text, without_all = [stream.read() for stream, _ in lightened(noted)]
    assert b"tEXt" not in without_text
    assert b"gAMA" in without_text
    assert b"gAMA" not in without_all
    for content in (without_text, without_all):
        assert Image.open(io.BytesIO(content)).convert("RGB").getpixel((3, 3)) == (255, 0, 0)


def test_other_files_have_nothing_to_lose(noted: Path, tmp_path: Path) -> None:
    (tmp_path / "text.png").write_bytes(b"no PNG at all")
    assert list(lightened(tmp_path / "text.png")) == []


@pytest.mark.parametrize("late", [False, True])
def test_what_comes_behind_the_pixels_is_found_and_the_place_in_the_file_kept(noted: Path, late: bool) -> None:
    content = noted.read_bytes()
    end = content.index(b"IEND") - 4
    stream = io.BytesIO(content[:end] + (b"\0\0\0\0eXIf\0\0\0\0" if late else b"") + content[end:])
    stream.seek(7)
    assert has_metadata_behind_pixels(stream) == late
    assert stream.tell() == 7
