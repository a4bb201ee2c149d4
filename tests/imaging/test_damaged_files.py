"""Whatever bytes a file holds: it is read, or left out with a reason. Nothing else is raised, printed or started."""

import contextlib
import io
import random
import subprocess
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from struct import pack

import numpy as np
import pytest
from PIL import Image

from conftest import Outcome, save_image
from mtlue.data.files.images import read_header, read_picture
from mtlue.data.files.labelmaps import read_values
from mtlue.data.transforms import Pipeline
from mtlue.imaging.files import UnreadableImageError

PLAIN = Pipeline(channels=3)
MUTANTS = 25
"""Mutants of each of about 100 files."""
KINDS = {
    "AVIF": "avif",
    "BLP": "blp",
    "BMP": "bmp",
    "DDS": "dds",
    "DIB": "dib",
    "GIF": "gif",
    "ICO": "ico",
    "JPEG": "jpg",
    "JPEG2000": "jp2",
    "MPO": "mpo",
    "MSP": "msp",
    "PCX": "pcx",
    "PNG": "png",
    "PPM": "ppm",
    "QOI": "qoi",
    "SGI": "sgi",
    "TGA": "tga",
    "TIFF": "tif",
    "WEBP": "webp",
    "XBM": "xbm",
}


def small_picture() -> Image.Image:
    return Image.fromarray(np.random.default_rng(0).integers(0, 256, (12, 10, 3), dtype=np.uint8))


def small_files(kind: str) -> Iterator[bytes]:
    """A small file of this kind in each mode that it can hold."""
    for mode in ("RGB", "L", "P", "RGBA", "1", "CMYK", "I;16", "F"):
        stream = io.BytesIO()
        try:
            picture = small_picture().convert("L").convert("I") if mode == "I;16" else small_picture()
            picture.convert(mode).save(stream, kind)
        except (OSError, ValueError, KeyError):
            continue
        yield stream.getvalue()


def mutated(content: bytes, chance: random.Random) -> bytes:
    """Some bytes changed, more of them near the start, and a few files cut off."""
    changed = bytearray(content)
    for _ in range(chance.choice((1, 2, 4, 8))):
        end = len(content) if chance.random() < 0.4 else min(len(content), 120)
        changed[chance.randrange(end)] = chance.choice((0, 255, 128, chance.randrange(256)))
    return bytes(changed[: len(content) if chance.random() < 0.9 else chance.randrange(len(content))])


@pytest.mark.parametrize("kind", KINDS)
def test_mutants_of_every_kind_are_read_or_left_out(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(subprocess, "Popen", lambda *_, **__: pytest.fail("a program was started"))
    chance = random.Random(kind)
    path = tmp_path / f"mutant.{KINDS[kind]}"
    for content in small_files(kind):
        for _ in range(MUTANTS):
            path.write_bytes(mutated(content, chance))
            for read in (read_header, lambda file: read_picture(file, PLAIN), lambda file: read_values(file, False)):
                with contextlib.suppress(UnreadableImageError):
                    read(path)
    assert capfd.readouterr() == ("", "")


def tag(number: int, kind: int, count: int, value: bytes) -> bytes:
    return pack("<HHI", number, kind, count) + value.ljust(4, b"\0")


TURNED = tag(0x112, 3, 1, pack("<H", 6))


def exif(*tags: bytes) -> bytes:
    return b"Exif\0\0II*\0\x08\0\0\0" + pack("<H", len(tags)) + b"".join(tags) + b"\0" * 4 + pack("<II", 1, 1)


FOREIGN_TAGS = {
    "position as a fraction": exif(TURNED, tag(0x213, 5, 1, pack("<I", 38))),
    "date as a fraction": exif(TURNED, tag(0x132, 5, 1, pack("<I", 38))),
    "maker as a fraction, first": exif(tag(0x10F, 5, 1, pack("<I", 38)), TURNED),
    "maker beyond the end, first": exif(tag(0x10F, 2, 5000, pack("<I", 9999)), TURNED),
    "maker where no file reaches, first": exif(tag(0x10F, 2, 20, pack("<I", 4_000_000_000)), TURNED),
    "maker of no bytes": exif(tag(0x10F, 2, 0, b""), TURNED),
    "maker of more bytes than there are": exif(tag(0x10F, 2, 2**32 - 1, b"\xff" * 4), TURNED),
    "more tags than there are": exif(TURNED, tag(0x132, 2, 20, pack("<I", 4_000_000_000))).replace(
        b"\x08\0\0\0\2\0", b"\x08\0\0\0\x63\0"
    ),
    "cut off behind it": exif(TURNED, TURNED)[: 6 + 8 + 2 + 12 + 5],
    "big-endian": b"Exif\0\0MM\0*\0\0\0\x08\0\2"
    + pack(">HHII", 0x10F, 2, 20, 4_000_000_000)
    + pack(">HHIHH", 0x112, 3, 1, 6, 0),
    "unknown type": exif(TURNED, tag(0x213, 99, 7, b"")),
    "orientation as a long": exif(tag(0x112, 4, 1, pack("<I", 6))),
}


def save_with_exif(path: Path, data: bytes) -> None:
    """Also what Pillow would not write into a JPEG itself."""
    if path.suffix != ".jpg":
        small_picture().save(path, exif=data)
        return
    stream = io.BytesIO()
    small_picture().save(stream, "JPEG")
    content = stream.getvalue()
    path.write_bytes(content[:2] + b"\xff\xe1" + pack(">H", len(data) + 2) + data + content[2:])


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp"])
@pytest.mark.parametrize("name", FOREIGN_TAGS)
def test_the_orientation_counts_whatever_the_other_tags_are(name: str, suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"picture{suffix}"
    save_with_exif(path, FOREIGN_TAGS[name])
    picture = read_picture(path, PLAIN)
    assert picture.pixels.shape == (10, 12, 3)
    assert picture.notes == ()
    assert read_header(path).size == (10, 12)
    assert read_header(path).orientation == 6
    assert read_values(path, True).shape == (10, 12, 3)


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp"])
def test_an_image_is_read_whatever_its_exif_data_are(suffix: str, tmp_path: Path) -> None:
    chance, path = random.Random(suffix), tmp_path / f"picture{suffix}"
    for data in FOREIGN_TAGS.values():
        for _ in range(40):
            changed = bytearray(data)
            for _ in range(chance.choice((1, 2, 4))):
                changed[chance.randrange(6, len(data))] = chance.choice((0, 255, chance.randrange(256)))
            save_with_exif(path, bytes(changed[: chance.choice((len(data), chance.randrange(7, len(data))))]))
            picture = read_picture(path, PLAIN)
            assert picture.pixels.shape[:2] == read_header(path).size == read_values(path, True).shape[:2]


@pytest.mark.parametrize(
    ("data", "note"),
    [
        (b"Exif\0\0II*\0\xff\xff\xff\xff", "damaged"),
        (b"Exif\0\0this is no TIFF", "damaged"),
        (exif(tag(0x112, 3, 1, pack("<H", 77))), "orientation is 77"),
        (exif(tag(0x112, 2, 2, b"6\0")), "orientation is '6'"),
    ],
)
def test_an_orientation_that_cannot_be_read_is_said(data: bytes, note: str, tmp_path: Path) -> None:
    save_with_exif(tmp_path / "picture.jpg", data)
    picture = read_picture(tmp_path / "picture.jpg", PLAIN)
    assert picture.pixels.shape == (12, 10, 3)
    (said,) = picture.notes
    assert note in said


@pytest.mark.parametrize("data", [exif(), exif(tag(0x10F, 2, 20, pack("<I", 4_000_000_000)))])
def test_exif_data_that_say_nothing_of_it_leave_the_image_as_it_is(data: bytes, tmp_path: Path) -> None:
    save_with_exif(tmp_path / "picture.jpg", data)
    picture = read_picture(tmp_path / "picture.jpg", PLAIN)
    assert picture.pixels.shape == (12, 10, 3)
    assert picture.notes == ()


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_tiff_is_turned_once(orientation: int, tmp_path: Path) -> None:
    """Pillow turns these files while it loads them, and tells the size of the upright image before."""
    tags = Image.Exif()
    tags[0x112] = orientation
    small_picture().save(tmp_path / "a.tif", exif=tags)
    small_picture().save(tmp_path / "a.png", exif=tags)
    assert np.array_equal(
        read_picture(tmp_path / "a.tif", PLAIN).pixels, read_picture(tmp_path / "a.png", PLAIN).pixels
    )
    assert read_header(tmp_path / "a.tif") == read_header(tmp_path / "a.png")


def chunk(kind: bytes, data: bytes) -> bytes:
    return pack(">I", len(data)) + kind + data + pack(">I", zlib.crc32(kind + data))


def png(size: tuple[int, int], pixels: bytes, before: bytes = b"", behind: bytes = b"") -> bytes:
    header = chunk(b"IHDR", pack(">IIBBBBB", *size, 8, 2, 0, 0, 0))
    body = before + chunk(b"IDAT", zlib.compress(pixels)) + behind
    return b"\x89PNG\r\n\x1a\n" + header + body + chunk(b"IEND", b"")


PIXELS = b"".join(b"\0" + row.tobytes() for row in np.asarray(small_picture()))
LONG = b"\0" * 3_000_000


@pytest.mark.parametrize(
    ("before", "behind", "noted"),
    [
        (chunk(b"tEXt", b"note\0" + b"a" * 1_200_000), b"", False),
        (chunk(b"zTXt", b"note\0\0" + zlib.compress(LONG)), b"", False),
        (b"", chunk(b"iTXt", b"note\0\1\0\0\0" + zlib.compress(LONG)), False),
        (chunk(b"iCCP", b"profile\0\0" + zlib.compress(LONG)), b"", True),
    ],
)
def test_metadata_never_stand_in_the_way_of_pixels(before: bytes, behind: bytes, noted: bool, tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(png((10, 12), PIXELS, before, behind))
    picture = read_picture(tmp_path / "a.png", PLAIN)
    assert np.array_equal(picture.pixels, np.asarray(small_picture()))
    assert ["profile or other metadata" in note for note in picture.notes] == [True] * noted
    assert read_header(tmp_path / "a.png").size == (12, 10)


def test_exif_data_behind_the_pixels_count(tmp_path: Path) -> None:
    late = chunk(b"eXIf", exif(TURNED)[6:])
    for behind in (late, chunk(b"iTXt", b"note\0\1\0\0\0" + zlib.compress(LONG)) + late):
        (tmp_path / "a.png").write_bytes(png((10, 12), PIXELS, behind=behind))
        assert read_picture(tmp_path / "a.png", PLAIN).pixels.shape == (10, 12, 3)
        assert read_header(tmp_path / "a.png").size == (10, 12)
        assert read_values(tmp_path / "a.png", True).shape == (10, 12, 3)


def array_header(shape: str) -> bytes:
    text = f"{{'descr': '|u1', 'fortran_order': False, 'shape': {shape}, }}".ljust(117) + "\n"
    return b"\x93NUMPY\x01\x00" + pack("<H", len(text)) + text.encode()


BOMBS = {
    "30000.png": png((30000, 30000), b""),
    "12000.png": png((12000, 12000), b""),
    "12000.bmp": b"BM" + pack("<IHHIIiiHHIIiiII", 54, 0, 0, 54, 40, 12000, 12000, 1, 24, 0, 0, 0, 0, 0, 0),
    "12000.gif": b"GIF89a" + pack("<HHBBB", 12000, 12000, 0, 0, 0) + b",\0\0\0\0" + pack("<HHB", 12000, 12000, 0),
    "12000.tga": pack("<BBBHHBHHHHBB", 0, 0, 10, 0, 0, 0, 0, 0, 12000, 12000, 24, 0) + b"\xff\0\0\0",
    "12000.ppm": b"P6 12000 12000 255\n",
    "wide.npy": array_header("(100000, 100000)"),
    "negative.npy": array_header("(-1, 9)"),
    "zip.npy": b"PK\x05\x06" + b"\0" * 18,
}


@pytest.mark.parametrize("name", BOMBS)
def test_sizes_that_a_few_bytes_claim_are_refused_before_memory_is_taken(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Image.Image, "load", lambda *_: pytest.fail("memory was taken"))
    (tmp_path / name).write_bytes(BOMBS[name])
    for read in (read_header, lambda file: read_picture(file, PLAIN), lambda file: read_values(file, False)):
        with pytest.raises(UnreadableImageError):
            read(tmp_path / name)


def test_damage_is_named_and_the_rest_is_used(tmp_path: Path, mtlue: Callable[..., Outcome]) -> None:
    """Through the command line, with what libtiff and Pillow would print themselves."""
    for i in range(8):
        save_image(tmp_path / "data" / "ab"[i % 2] / f"{i}.png", seed=i)
    for name, content in BOMBS.items():
        (tmp_path / "data/a" / name).write_bytes(content)
    stream = io.BytesIO()
    small_picture().save(stream, "TIFF", compression="tiff_deflate")
    (tmp_path / "data/a/damaged.tif").write_bytes(stream.getvalue().replace(b"\x78", b"\x00"))
    small_picture().convert("RGBA").save(tmp_path / "data/a/foreign.jpg", format="DDS")
    save_with_exif(tmp_path / "data/a/turned.jpg", FOREIGN_TAGS["position as a fraction"])
    outcome = mtlue("inspect", "--dataset", "imagefolder", "--data", tmp_path / "data")
    assert outcome.status == 0
    assert "9 images" in outcome.out
    for name in (*BOMBS, "damaged.tif", "foreign.jpg"):
        assert f"  a/{name}: " in outcome.err
    assert "turned.jpg" not in outcome.err


@pytest.mark.parametrize("flag", ["--size", "--crop"])
def test_absurd_sizes_are_refused_before_any_work(folder: Path, mtlue: Callable[..., Outcome], flag: str) -> None:
    (folder / "labels.csv").unlink()  # what would be found missing first
    outcome = mtlue("inspect", "--dataset", "table", "--data", folder, flag, 10**9)
    assert outcome.status == 2
    assert "too large: at most 8192 pixels per side" in outcome.err
