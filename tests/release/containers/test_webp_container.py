"""What a WebP file may hold, and the headers of its lossy stream, VP8."""

import io
from pathlib import Path

import numpy as np
import pytest
from container_files import PAGES, Lab, examine, page, picture
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from forging import (
    SRGB,
    encoded,
    riff_chunks,
    riff_of,
)
from mtlue.release.containers import vp8
from mtlue.release.containers.contents import ContainerError
from mtlue.release.formats import FORMATS


@pytest.mark.parametrize("form", ["webp", "webp-lossless"])
@pytest.mark.parametrize(
    "name", [b"EXIF", b"XMP ", b"ICCP", b"ANIM", b"ANMF", b"ALPH", b"VP8 ", b"VP8L", b"VP8X", b"priv"]
)
@pytest.mark.parametrize("with_profile", [False, True])
def test_no_chunk_can_be_put_into_a_webp(form: str, name: bytes, with_profile: bool) -> None:
    chunks = riff_chunks(encoded(picture(0), form, SRGB if with_profile else None))
    for place in range(len(chunks) + 1):
        with pytest.raises(ContainerError):
            examine(riff_of([*chunks[:place], (name, b"anything"), *chunks[place:]]), form)


@pytest.mark.parametrize("form", ["webp", "webp-lossless"])
def test_what_a_webp_hides_in_its_own_chunks_is_found(form: str) -> None:
    (header, flags), profile, (kind, stream) = riff_chunks(encoded(picture(0), form, SRGB))
    forgeries = [
        [(header, bytes([flags[0] | 0x10]) + flags[1:]), profile, (kind, stream)],
        [(header, flags[:1] + b"\1" + flags[2:]), profile, (kind, stream)],
        [(header, flags + b"more"), profile, (kind, stream)],
        [(header, flags[:4] + b"\x20" + flags[5:]), profile, (kind, stream)],
        [(header, flags), profile, (kind, stream + b"behind")],
        [(kind, stream + b"behind")],
    ]
    for forgery in forgeries:
        with pytest.raises(ContainerError):
            examine(riff_of(forgery), form)
    content = encoded(picture(0), form)
    with pytest.raises(ContainerError, match="follow its end"):
        examine(content + b"more", form)
    other = "webp" if form == "webp-lossless" else "webp-lossless"
    with pytest.raises(ContainerError, match="lossy image" if other == "webp" else "lossless image"):
        examine(content, other)


@pytest.mark.parametrize("length", [6, 400, 200_000])
@pytest.mark.parametrize("kind", PAGES)
def test_nothing_hides_in_the_first_partition_of_a_webp(kind: str, length: int) -> None:
    ((name, stream),) = riff_chunks(encoded(page(kind, (45, 70, 3), 1), "webp"))
    end = vp8.first_partition(stream)
    longer = stream[: vp8.HEADER + end] + b"x" * length + stream[vp8.HEADER + end :]
    forged = riff_of([(name, vp8.with_first_partition(longer, end + length))])
    assert FORMATS["webp"].decode(forged, 3).shape == (3, 45, 70)
    with pytest.raises(ContainerError, match="data follow its pixels"):
        examine(forged, "webp")


@pytest.mark.parametrize("method", range(7))
@pytest.mark.parametrize("quality", [20, 95])
def test_the_partitions_of_a_webp_are_counted(method: int, quality: int) -> None:
    stream = io.BytesIO()
    Image.fromarray(picture(method, (60, 70, 3))).save(stream, "WEBP", quality=quality, method=method)
    ((_, content),) = riff_chunks(stream.getvalue())
    assert vp8.partitions(content) == 1


def test_a_lossless_grey_release_holds_no_colours(tmp_path: Path) -> None:
    clean = picture(0, (13, 18))
    lab = Lab(tmp_path, "webp-lossless", clean)
    colours = np.stack([clean, clean, clean], 2)
    assert lab.accepts(encoded(colours, "webp-lossless"))
    colours[:, :, 0] += 100  # the green that is compared stays
    assert not lab.accepts(encoded(colours, "webp-lossless"))


class BitWriter:
    """Bits with even odds, as VP8's headers hold them (RFC 6386, section 7)."""

    def __init__(self) -> None:
        self.value, self.range, self.bits = 0, 255, 0

    def write(self, number: int, count: int) -> None:
        for place in reversed(range(count)):
            split = 1 + ((self.range - 1) * 128 >> 8)
            if number >> place & 1:
                self.value += split
                self.range -= split
            else:
                self.range = split
            while self.range < 128:
                self.range, self.value, self.bits = 2 * self.range, 2 * self.value, self.bits + 1

    def content(self) -> bytes:
        """Padded to whole bytes; the first bit stands eight above the current one."""
        length = -(-(self.bits + 8) // 8)
        return (self.value << 8 * length - self.bits - 8).to_bytes(length, "big")


@settings(deadline=None)
@given(data=st.data(), log=st.integers(0, 3), segments=st.booleans(), deltas=st.booleans())
def test_partitions_are_counted_behind_any_header(data: st.DataObject, log: int, segments: bool, deltas: bool) -> None:
    bits = BitWriter()

    def optional(count: int, width: int) -> None:
        for _ in range(count):
            present = data.draw(st.booleans())
            bits.write(present, 1)
            if present:
                bits.write(data.draw(st.integers(0, 2**width - 1)), width)

    bits.write(0, 2)
    bits.write(segments, 1)
    if segments:
        bits.write(0b111, 3)
        optional(4, 8)
        optional(4, 7)
        optional(3, 8)
    bits.write(data.draw(st.integers(0, 1023)), 10)
    bits.write(deltas, 1)
    if deltas:
        bits.write(1, 1)
        optional(8, 7)
    bits.write(log, 2)
    first = bits.content() + bytes(8)
    stream = vp8.with_first_partition(bytes(vp8.HEADER) + first, len(first))
    assert vp8.partitions(stream) == 2**log
