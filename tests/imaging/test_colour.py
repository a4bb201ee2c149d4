"""Colour profiles: an image looks the same whatever it is stored as, and whatever images lie beside it."""

import io
from pathlib import Path
from struct import pack
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageCms

from mtlue import Pipeline, Runtime
from mtlue.data.files.images import read_picture
from mtlue.data.loading import load
from mtlue.data.options import DataOptions
from mtlue.imaging.colour import LARGEST_PROFILE

COLOUR, GREY = Pipeline(channels=3), Pipeline(channels=1)
SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
RAMP = np.tile(np.arange(256, dtype=np.uint8), (16, 1))


def profile(space: bytes, tags: dict[bytes, bytes]) -> bytes:
    """An ICC display profile of version 2."""
    table, body, start = b"", b"", 128 + 4 + 12 * len(tags)
    for name, value in tags.items():
        padded = value + b"\0" * (-len(value) % 4)
        table += name + pack(">II", start + len(body), len(value))
        body += padded
    content = pack(">I", len(tags)) + table + body
    header = pack(">I4sI4s4s4s", 128 + len(content), b"\0" * 4, 0x02100000, b"mntr", space, b"XYZ ")
    header += b"\0" * 12 + b"acsp" + b"\0" * 28 + xyz(0.9642, 1, 0.8249)[8:]
    return header.ljust(128, b"\0") + content


def xyz(*values: float) -> bytes:
    return b"XYZ \0\0\0\0" + b"".join(pack(">i", round(value * 65536)) for value in values)


def curve(gamma: float) -> bytes:
    return b"curv\0\0\0\0" + pack(">IH", 1, round(gamma * 256)) + b"\0\0"


WHITE = xyz(0.9642, 1, 0.8249)
LINEAR_GREY = profile(b"GRAY", {b"wtpt": WHITE, b"kTRC": curve(1.0)})
LINEAR_RGB = profile(
    b"RGB ",
    {
        b"wtpt": WHITE,
        b"rXYZ": xyz(0.4361, 0.2225, 0.0139),
        b"gXYZ": xyz(0.3851, 0.7169, 0.0971),
        b"bXYZ": xyz(0.1431, 0.0606, 0.7141),
        b"rTRC": curve(1.0),
        b"gTRC": curve(1.0),
        b"bTRC": curve(1.0),
    },
)


def encoded(linear: np.ndarray) -> np.ndarray:
    """sRGB's curve."""
    share = linear / 255
    return 255 * np.where(share <= 0.0031308, 12.92 * share, 1.055 * share ** (1 / 2.4) - 0.055)


def save(path: Path, mode: str, **options: Any) -> Path:
    Image.fromarray(RAMP).convert(mode).save(path, **options)
    return path


@pytest.mark.parametrize("mode", ["L", "LA"])
def test_a_grey_image_among_coloured_ones_goes_through_its_profile(mode: str, tmp_path: Path) -> None:
    path = save(tmp_path / "grey.png", mode, icc_profile=LINEAR_GREY)
    picture = read_picture(path, COLOUR)
    assert np.abs(picture.pixels[0, :, 1] - encoded(RAMP[0])).max() <= 2
    assert picture.profile is None
    alone = read_picture(path, GREY)
    assert np.array_equal(alone.pixels, RAMP)
    assert alone.profile == LINEAR_GREY


@pytest.mark.parametrize("mode", ["RGB", "P", "RGBA"])
def test_a_coloured_image_among_grey_ones_goes_through_its_profile(mode: str, tmp_path: Path) -> None:
    path = save(tmp_path / "colour.png", mode, icc_profile=LINEAR_RGB)
    picture = read_picture(path, GREY)
    assert np.abs(picture.pixels[0] - encoded(RAMP[0])).max() <= 2
    assert picture.profile is None
    alone = read_picture(path, COLOUR)
    assert np.array_equal(alone.pixels[0, :, 0], RAMP[0])
    assert alone.profile == LINEAR_RGB


def test_print_and_lab_colours_look_alike(tmp_path: Path) -> None:
    swatch = Image.new("RGB", (16, 16), (200, 80, 40))
    lab = ImageCms.profileToProfile(
        swatch, ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB"), outputMode="LAB"
    )
    assert lab is not None
    lab.save(tmp_path / "lab.tif")
    swatch.convert("YCbCr").save(tmp_path / "video.tif")
    for name in ("lab.tif", "video.tif"):
        assert np.abs(read_picture(tmp_path / name, COLOUR).pixels.astype(int) - (200, 80, 40)).max() <= 4


@pytest.mark.parametrize(
    ("content", "note"),
    [
        (b"no profile" * 20, "damaged"),
        (SRGB[:60], "damaged"),
        (SRGB[:16] + b"\xff\xfe\xfd\xfc" + SRGB[20:], "damaged"),
        (SRGB + b"\0" * LARGEST_PROFILE, "larger than 4 MB"),
        (LINEAR_GREY, None),
    ],
    ids=["text", "cut off", "no colour space", "too large", "grey"],  # a profile holds the time at which it was made
)
def test_profiles_that_cannot_hold_are_ignored(content: bytes, note: str | None, tmp_path: Path) -> None:
    """A grey profile in a coloured image says nothing."""
    path = save(tmp_path / "colour.jpg", "RGB", icc_profile=content, quality=100)
    picture = read_picture(path, COLOUR)
    assert picture.profile is None
    assert np.abs(picture.pixels[0, :, 0].astype(int) - RAMP[0]).max() <= 3
    assert [(note or "") in said for said in picture.notes] == [True] * (note is not None)


def test_grey_with_a_profile_looks_alike_in_either_company(tmp_path: Path) -> None:
    """The whole way: the same file in a folder of grey images and in one of coloured ones."""
    levels = {}
    for other in ("L", "RGB"):
        root = tmp_path / other
        for i, kind in enumerate(("cat", "dog", "cat", "dog")):
            (root / kind).mkdir(parents=True, exist_ok=True)
            save(root / kind / f"{i}.png", other)
        save(root / "cat/profiled.png", "L", icc_profile=LINEAR_GREY)
        collection = load(DataOptions("imagefolder", root, size=16, crop=16), Runtime("cpu"))
        position = list(collection.files).index("cat/profiled.png")
        picture = Image.fromarray(collection.images[position][0].numpy())
        kept = collection.profiles.get(collection.listing.ids[position])
        shown = picture if kept is None else as_shown(picture, kept)
        levels[other] = np.asarray(shown).astype(int)
    assert np.abs(levels["L"] - levels["RGB"]).max() <= 3


def as_shown(picture: Image.Image, kept: bytes) -> Image.Image:
    shown = ImageCms.profileToProfile(picture, io.BytesIO(kept), ImageCms.createProfile("sRGB"), outputMode="RGB")
    assert shown is not None
    return shown.getchannel(1)
