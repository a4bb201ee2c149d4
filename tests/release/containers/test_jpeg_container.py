"""What a JPEG file may hold."""

from pathlib import Path

import pytest
import torch
from container_files import PAGES, Lab, examine, page, picture
from hypothesis import given, settings
from hypothesis import strategies as st

from forging import (
    SRGB,
    encoded,
    jpeg_of,
    jpeg_segments,
)
from mtlue.release.containers import jpeg
from mtlue.release.containers.contents import ContainerError
from mtlue.release.formats import FORMATS


@pytest.mark.parametrize("marker", [0xE0, 0xE1, 0xE2, 0xED, 0xEE, 0xFE, 0xDB, 0xC4, 0xDD, 0xC0])
@pytest.mark.parametrize("with_profile", [False, True])
def test_no_segment_can_be_put_into_a_jpeg(marker: int, with_profile: bool) -> None:
    segments, rest = jpeg_segments(encoded(picture(0), "jpeg", SRGB if with_profile else None))
    for place in range(len(segments)):
        with pytest.raises(ContainerError):
            examine(jpeg_of([*segments[:place], (marker, b"anything"), *segments[place:]], rest), "jpeg")


def test_what_a_jpeg_hides_elsewhere_is_found(tmp_path: Path) -> None:
    clean = picture(0)
    content = encoded(clean, "jpeg")
    segments, rest = jpeg_segments(content)
    tables = dict(segments)
    changed = [(m, bytes([*d[:-1], d[-1] ^ 1]) if m == 0xDB and d == tables[0xDB] else d) for m, d in segments]
    for forged in (content + b"x", jpeg_of(changed, rest), jpeg_of(segments, rest[:-2] + b"\xff\xd0" + rest[-2:])):
        with pytest.raises(ContainerError):
            examine(forged, "jpeg")
    lab = Lab(tmp_path, "jpeg", clean)
    assert lab.accepts(content)
    assert not lab.accepts(jpeg_of(segments, rest[:-2] + b"hidden" * 30 + rest[-2:]))


@settings(deadline=None, max_examples=80)
@given(
    kind=st.sampled_from(PAGES),
    height=st.integers(8, 90),
    width=st.integers(8, 90),
    grey=st.booleans(),
    seed=st.integers(0, 2**32 - 1),
    junk=st.binary(min_size=16, max_size=300),
)
def test_a_jpeg_passes_and_with_bytes_behind_its_pixels_it_does_not(
    kind: str, height: int, width: int, grey: bool, seed: int, junk: bytes
) -> None:
    content = encoded(page(kind, (height, width) if grey else (height, width, 3), seed), "jpeg")

    def same(other: bytes) -> bool:
        return torch.equal(FORMATS["jpeg"].decode(other, 1 if grey else 3), pixels)

    pixels = FORMATS["jpeg"].decode(content, 1 if grey else 3)
    jpeg.check_tail(content, same)
    with pytest.raises(ContainerError, match="data follow its pixels"):
        jpeg.check_tail(content[:-2] + junk.replace(b"\xff", b"\xff\0") + content[-2:], same)
