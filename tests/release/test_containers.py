"""What an image file may hold: every file of the writer passes, and what is put into one is noticed."""

import io
import zlib
from pathlib import Path
from typing import Literal, cast

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from forging import (
    SRGB,
    encoded,
    jpeg_of,
    jpeg_segments,
    png_chunks,
    png_header,
    png_of,
    riff_chunks,
    riff_of,
)
from mtlue.data.loading import CleanImages
from mtlue.release.checks.faults import ReleaseError
from mtlue.release.checks.images import check_file, measure
from mtlue.release.containers import jpeg, vp8
from mtlue.release.containers.contents import ContainerError
from mtlue.release.formats import FORMATS
from mtlue.release.manifest import Manifest, ReleasedImage

EPSILON = 8
SLACK = {"webp": 3, "webp-lossless": 3, "jpeg": 16}
"""Bytes by which a file may be longer unnoticed."""


def picture(seed: int, shape: tuple[int, ...] = (13, 18, 3)) -> np.ndarray:
    """Pixels that look like something: a slope, some noise, a flat part."""
    random = np.random.default_rng(seed)
    slope = np.add.outer(np.arange(shape[0]) * 5, np.arange(shape[1]) * 4)
    values = (slope[..., None] if len(shape) == 3 else slope) + random.integers(-9, 10, shape)
    values[: shape[0] // 3] = 60
    return values.clip(0, 255).astype(np.uint8)


def examine(content: bytes, form: str) -> None:
    contents = FORMATS[form].examine(content)
    FORMATS[form].check_stream(contents)


class Lab:
    """A release of one image, whose file may be anything; its manifest always fits."""

    def __init__(self, folder: Path, form: str, pixels: np.ndarray) -> None:
        self.folder, self.form = folder, form
        self.name = f"images/x{FORMATS[form].suffix}"
        (folder / "images").mkdir()
        self.channels: Literal[1, 3] = 1 if pixels.ndim == 2 else 3
        tensor = torch.from_numpy(pixels)
        self.clean = {"x": tensor[None] if self.channels == 1 else tensor.permute(2, 0, 1)}
        self.size = pixels.shape[:2]

    def accepts(self, content: bytes) -> bool:
        import hashlib

        (self.folder / self.name).write_bytes(content)
        image = ReleasedImage(self.name, "x", hashlib.sha256(content).hexdigest())
        manifest = Manifest(
            version="0",
            method="noise",
            epsilon=EPSILON,
            image_format=self.form,
            native=False,
            size=self.size,
            channels=self.channels,
            center_crop=None,
            counts={"train": 1},
            metadata_sha256="0" * 64,
            images=(image,),
        )
        if check_file(self.folder, manifest, image) is not None:
            return False
        return not isinstance(measure(self.folder, manifest, cast(CleanImages, self.clean), image), ReleaseError)


def near(pixels: np.ndarray, seed: int) -> np.ndarray:
    change = np.random.default_rng(seed).integers(-EPSILON, EPSILON + 1, pixels.shape)
    return (pixels.astype(int) + change).clip(0, 255).astype(np.uint8)


@settings(deadline=None, max_examples=60)
@given(
    form=st.sampled_from(sorted(FORMATS)),
    height=st.integers(8, 70),
    width=st.integers(8, 70),
    grey=st.booleans(),
    seed=st.integers(0, 2**32 - 1),
    kind=st.sampled_from(["noise", "flat", "slope"]),
    with_profile=st.booleans(),
)
def test_every_file_that_the_writer_makes_passes(
    form: str, height: int, width: int, grey: bool, seed: int, kind: str, with_profile: bool
) -> None:
    shape = (height, width) if grey else (height, width, 3)
    random = np.random.default_rng(seed)
    pixels = {
        "noise": random.integers(0, 256, shape).astype(np.uint8),
        "flat": np.full(shape, seed % 256, np.uint8),
        "slope": picture(seed, shape),
    }[kind]
    examine(encoded(pixels, form, SRGB if with_profile and not grey else None), form)


@pytest.mark.parametrize("form", sorted(FORMATS))
@pytest.mark.parametrize("shape", [(13, 18), (13, 18, 3)])
@pytest.mark.parametrize("with_profile", [False, True])
def test_thousands_of_mutants(form: str, shape: tuple[int, ...], with_profile: bool, tmp_path: Path) -> None:
    """Bytes changed, put in, taken out, repeated or appended anywhere, in a release whose hashes were made to fit.

    What passes has the pixels that it may have, and hides no more than the few bytes that a decoder may not look at.
    """
    clean = picture(0, shape)
    lab = Lab(tmp_path, form, clean)
    content = encoded(near(clean, 1), form, SRGB if with_profile and len(shape) == 3 else None)
    assert lab.accepts(content)
    random = np.random.default_rng(2)
    for _ in range(300):
        mutant = mutated(content, random)
        if mutant == content or not lab.accepts(mutant):
            continue
        assert len(mutant) <= len(content) + SLACK.get(form, 0)
        decoded = FORMATS[form].decode(mutant, len(lab.clean["x"])).int()
        assert not FORMATS[form].lossless or (decoded - lab.clean["x"].int()).abs().max() <= EPSILON


def mutated(content: bytes, random: np.random.Generator) -> bytes:
    place, length = int(random.integers(len(content) + 1)), int(random.integers(1, 20))
    more = random.bytes(length)
    kind = int(random.integers(6))
    if kind == 0:
        return content[:place] + more + content[place:]
    if kind == 1:
        return content[:place] + content[place + length :]
    if kind == 2:
        return content[:place] + content[max(place - length, 0) :]
    if kind == 3:
        return content + more
    return content[:place] + more[:1] + content[place + 1 :]


PNG_PARTS = [
    (b"tEXt", b"Comment\0hello"),
    (b"zTXt", b"Comment\0\0" + zlib.compress(b"hello")),
    (b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0<x/>"),
    (b"eXIf", b"II*\0\x08\0\0\0\0\0\0\0\0\0"),
    (b"tIME", b"\x07\xea\x0b\x1a\0\0\0"),
    (b"pHYs", b"\0\0\x0b\x13\0\0\x0b\x13\x01"),
    (b"gAMA", b"\0\0\xb1\x8f"),
    (b"tRNS", b"\0\1\0\1\0\1"),
    (b"acTL", b"\0\0\0\1\0\0\0\0"),
    (b"prIv", b"anything"),
    (b"IDAT", b""),
    (b"IHDR", png_header(18, 13)),
    (b"IEND", b""),
]


@pytest.mark.parametrize("part", PNG_PARTS, ids=lambda part: part[0].decode())
@pytest.mark.parametrize("with_profile", [False, True])
def test_no_chunk_can_be_put_into_a_png(part: tuple[bytes, bytes], with_profile: bool) -> None:
    chunks = png_chunks(encoded(picture(0), "png", SRGB if with_profile else None))
    for place in range(len(chunks) + 1):
        forged = png_of([*chunks[:place], part, *chunks[place:]])
        with pytest.raises(ContainerError):
            examine(forged, "png")


def test_what_a_png_hides_in_its_own_chunks_is_found() -> None:
    chunks = dict(png_chunks(encoded(picture(0), "png", SRGB)))
    raw = zlib.decompress(chunks[b"IDAT"])
    forgeries = [
        {b"IDAT": chunks[b"IDAT"] + b"behind"},
        {b"IDAT": zlib.compress(raw + b"more")},
        {b"IDAT": zlib.compress(raw[:-1])},
        {b"IDAT": chunks[b"IDAT"][:-2]},
        {b"IDAT": chunks[b"IDAT"][:-1] + bytes([chunks[b"IDAT"][-1] ^ 1])},
        {b"IDAT": zlib.compress(raw)[:2] + b"\0\0\0\xff\xff" * 5000 + zlib.compress(raw)[2:]},
        {b"IEND": b"x"},
        {b"IHDR": png_header(18, 13, bits=16)},
        {b"IHDR": png_header(18, 13, colour=6)},
        {b"IHDR": png_header(18, 13)[:-1] + b"\1"},
        {b"iCCP": chunks[b"iCCP"] + b"behind"},
        {b"iCCP": b"me" + chunks[b"iCCP"]},
        {b"iCCP": chunks[b"iCCP"][:-3]},
    ]
    for forgery in forgeries:
        with pytest.raises(ContainerError):
            examine(png_of(list({**chunks, **forgery}.items())), "png")


def test_a_png_is_whole_from_its_first_byte_to_its_last() -> None:
    content = encoded(picture(0), "png")
    for end in range(len(content)):
        with pytest.raises(ContainerError):
            examine(content[:end], "png")
    with pytest.raises(ContainerError, match="damaged"):
        examine(content[:-1] + b"x", "png")  # the last chunk's sum
    with pytest.raises(ContainerError, match="5 bytes follow its end"):
        examine(content + b"12345", "png")


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


PAGES = ["flat", "white", "grey", "slope", "page", "noise"]


def page(kind: str, shape: tuple[int, ...], seed: int) -> np.ndarray:
    """What scans and graphics look like, with a little noise: files whose length says little about their pixels."""
    random = np.random.default_rng(seed)
    values = np.full(shape, {"flat": seed % 256, "grey": 128}.get(kind, 255))
    if kind == "slope":
        values = values * 0 + np.arange(shape[1]).reshape(-1, *[1] * (len(shape) - 2))
    if kind == "page":
        values[3::9, 2:-2] = random.integers(0, 2, values[3::9, 2:-2].shape) * 255
    noise = 255 if kind == "noise" else seed % 3
    return (values + random.integers(-noise, noise + 1, shape)).clip(0, 255).astype(np.uint8)


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


@pytest.mark.parametrize("form", sorted(FORMATS))
@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "PPM", "ICO"])
def test_a_file_of_another_kind_is_not_taken(form: str, kind: str) -> None:
    if FORMATS[form].options["format"] == kind:
        return
    stream = io.BytesIO()
    Image.fromarray(picture(0)).save(stream, kind)
    with pytest.raises(ContainerError, match="is not a"):
        examine(stream.getvalue(), form)


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
