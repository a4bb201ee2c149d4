"""What image files begin with."""

import io

import pytest
from PIL import Image

from mtlue.imaging.signatures import suffix_from_bytes


@pytest.mark.parametrize(
    ("form", "suffix"),
    [("PNG", ".png"), ("JPEG", ".jpg"), ("GIF", ".gif"), ("BMP", ".bmp"), ("TIFF", ".tif"), ("WEBP", ".webp")],
)
def test_what_pillow_writes_is_recognised(form: str, suffix: str) -> None:
    stream = io.BytesIO()
    Image.new("RGB", (8, 8)).save(stream, form)
    assert suffix_from_bytes(stream.getvalue()) == suffix


@pytest.mark.parametrize("content", [b"", b"RIFF....WAVE", b"text"])
def test_other_bytes_have_no_suffix(content: bytes) -> None:
    assert suffix_from_bytes(content) is None
