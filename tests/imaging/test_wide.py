"""Files of more than 8 bits per channel: every number is read as the file holds it, or the reason is said."""

import zlib
from collections.abc import Callable
from itertools import product
from pathlib import Path
from struct import pack
from typing import Literal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray
from PIL import Image

from conftest import Outcome, write_table
from mtlue.data.files.images import read_header, read_picture
from mtlue.data.transforms import Pipeline
from mtlue.imaging.files import UnreadableImageError, read_image_with
from mtlue.imaging.wide import wide_numbers
from wide_files import png, png_chunk, tiff

PLAIN = Pipeline(channels=3)
SIDES = (9, 11)
RAMP = np.linspace(0, 1, 16 * 20).reshape(16, 20)
COLOURS = np.stack([RAMP, RAMP[::-1], RAMP], axis=2)


def numbers(path: Path) -> np.ndarray:
    values = read_image_with(path, wide_numbers)
    assert values is not None
    return values


@given(st.data(), st.sampled_from([1, 2, 3, 4]))
def test_all_bits_of_a_png_are_read(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject, count: int) -> None:
    values = data.draw(arrays(np.uint16, (*SIDES, count)))
    path = tmp_path_factory.getbasetemp() / "any.png"
    path.write_bytes(png(values))
    assert np.array_equal(numbers(path).reshape(values.shape), values)
    assert read_header(path).grey == (count < 3)


@pytest.mark.parametrize(
    ("kind", "order"),
    [*product(["u2", "i1", "i2", "i4", "f4"], "<>"), ("u4", "<")],  # ("u4", ">") is refused, below
)
@pytest.mark.parametrize("packed", [False, True])
def test_all_numbers_of_a_grey_tiff_are_read(kind: str, packed: bool, order: Literal["<", ">"], tmp_path: Path) -> None:
    """Those that Pillow wraps or swaps, too: signed bytes, unsigned words, compressed big-endian ones."""
    dtype = np.dtype(kind)
    low, high = (-1e30, 1e30) if dtype.kind == "f" else (np.iinfo(dtype).min, np.iinfo(dtype).max)
    values = np.linspace(low, high, 99).astype(dtype).reshape(*SIDES, 1)
    (tmp_path / "a.tif").write_bytes(tiff(values, order, packed=packed))
    read = numbers(tmp_path / "a.tif")
    assert np.array_equal(read, values[:, :, 0])
    extent = read_header(tmp_path / "a.tif").extent
    assert extent is not None
    assert (extent.low, extent.high) == (float(values.min()), float(values.max()))


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("count", [3, 4])
def test_all_bits_of_a_coloured_tiff_are_read(
    count: int, packed: bool, order: Literal["<", ">"], tmp_path: Path
) -> None:
    values = np.random.default_rng(0).integers(0, 65536, (*SIDES, count)).astype(np.uint16)
    (tmp_path / "a.tif").write_bytes(tiff(values, order, packed=packed))
    assert np.array_equal(numbers(tmp_path / "a.tif"), values)
    assert not read_header(tmp_path / "a.tif").grey


def turned(path: Path, values: np.ndarray) -> np.ndarray:
    path.write_bytes(
        png(values, before=png_chunk(b"eXIf", b"II*\0\x08\0\0\0\1\0" + pack("<HHIHHI", 0x112, 3, 1, 6, 0, 0)))
        if path.suffix == ".png"
        else tiff(values, tags={0x112: (6,)})
    )
    return read_picture(path, Pipeline(channels=3, value_range=(0, 65535))).pixels


@pytest.mark.parametrize("name", ["a.png", "a.tif"])
def test_wide_colours_are_turned_upright(name: str, tmp_path: Path) -> None:
    values = (COLOURS * 255).astype(np.uint16) * 257
    assert np.array_equal(turned(tmp_path / name, values), np.rot90(values // 257, -1))
    assert read_header(tmp_path / name).size == (20, 16)


def test_late_metadata_and_broken_text_change_nothing(tmp_path: Path) -> None:
    values = (COLOURS * 4095).astype(np.uint16)
    (tmp_path / "a.png").write_bytes(png(values))
    (tmp_path / "b.png").write_bytes(png(values, behind=png_chunk(b"eXIf", b"II*\0\x08\0\0\0\0\0")))
    (tmp_path / "c.png").write_bytes(
        png(values, before=png_chunk(b"zTXt", b"a\0\0" + zlib.compress(b"\0" * 3_000_000)))
    )
    plain, late, text = (read_picture(tmp_path / f"{name}.png", PLAIN).pixels for name in "abc")
    assert np.array_equal(plain, late)
    assert np.array_equal(plain, text)


@pytest.mark.parametrize("form", ["png", "tif"])
def test_opacity_has_a_range_of_its_own(form: str, tmp_path: Path) -> None:
    values = np.concatenate([COLOURS * 4095, np.full((16, 20, 1), 65535)], axis=2).astype(np.uint16)
    write = png if form == "png" else tiff
    (tmp_path / f"a.{form}").write_bytes(write(values))
    opaque = read_picture(tmp_path / f"a.{form}", PLAIN)
    assert np.abs(opaque.pixels - COLOURS * 255).max() <= 1
    assert opaque.notes == ()
    values[:4, :, 3] = 0
    (tmp_path / f"a.{form}").write_bytes(write(values))
    glass = read_picture(tmp_path / f"a.{form}", PLAIN)
    assert glass.pixels[:4].min() == 255
    assert np.array_equal(glass.pixels[4:], opaque.pixels[4:])
    assert glass.notes == ("transparent: it is placed on white",)


def test_one_transparent_colour_is_laid_on_white(tmp_path: Path) -> None:
    values = (COLOURS * 4000).astype(np.uint16)
    key = pack(">HHH", *values[3, 5].tolist())
    (tmp_path / "a.png").write_bytes(png(values, before=png_chunk(b"tRNS", key)))
    picture = read_picture(tmp_path / "a.png", PLAIN)
    assert picture.pixels[3, 5].tolist() == [255] * 3
    assert picture.pixels[3, 6].tolist() != [255] * 3
    assert picture.notes == ("transparent: it is placed on white",)


@pytest.mark.parametrize("mode", ["RGBA", "LA", "PA", "P"])
@pytest.mark.parametrize("opacity", [255, 254])
def test_what_is_opaque_is_not_called_transparent(mode: str, opacity: int, tmp_path: Path) -> None:
    image = Image.new("RGBA", (9, 9), (200, 10, 10, 255))
    image.putpixel((4, 4), (200, 10, 10, opacity))
    if mode == "P":
        image = image.quantize(4)
    image = image.convert(mode)
    path = tmp_path / ("a.tif" if mode == "LA" else "a.png")
    image.convert("RGBA" if mode == "PA" else mode).save(path)
    assert read_picture(path, PLAIN).notes == ("transparent: it is placed on white",) * (opacity < 255)


REFUSED: dict[str, tuple[NDArray[np.generic], dict[int, tuple[int, ...]], str]] = {
    "float64": (np.zeros((*SIDES, 1)), {}, "1 band of 64-bit floats"),
    "float16": (np.zeros((*SIDES, 1), np.float16), {}, "1 band of 16-bit floats"),
    "uint64": (np.zeros((*SIDES, 1), np.uint64), {}, "1 band of 64-bit unsigned integers"),
    "2 bands": (np.zeros((*SIDES, 2), np.uint8), {}, "2 bands of 8-bit unsigned integers"),
    "5 bands": (np.zeros((*SIDES, 5), np.uint16), {}, "5 bands of 16-bit unsigned integers"),
    "13 bands": (np.zeros((*SIDES, 13), np.float32), {}, "13 bands of 32-bit floats"),
    "4 bands, none a colour": (np.zeros((*SIDES, 4), np.uint16), {262: (1,), 338: (0, 0, 0)}, "4 bands of 16-bit"),
    "coloured floats": (np.zeros((*SIDES, 3), np.float32), {}, "3 bands of 32-bit floats"),
    "signed, least white": (np.zeros((*SIDES, 1), np.int8), {262: (0,)}, "integers, where the lowest value is white"),
    "compression": (np.zeros((*SIDES, 1), np.uint8), {259: (34712,)}, "compression 34712"),
}


def test_a_big_endian_tiff_of_unsigned_words_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.tif").write_bytes(tiff(np.zeros((*SIDES, 1), np.uint32), ">"))
    with pytest.raises(UnreadableImageError, match="1 band of 32-bit unsigned integers, which is not read: save"):
        read_picture(tmp_path / "a.tif", PLAIN)


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("name", REFUSED)
def test_a_kind_of_tiff_that_is_not_read_is_said(name: str, order: Literal["<", ">"], tmp_path: Path) -> None:
    values, tags, words = REFUSED[name]
    (tmp_path / "a.tif").write_bytes(tiff(values, order, tags=tags))
    with pytest.raises(UnreadableImageError, match=f"it is a TIFF.* {words}.* which is not read: save"):
        read_picture(tmp_path / "a.tif", PLAIN)


@pytest.mark.parametrize("packed", [False, True])
def test_bands_of_sixteen_bits_one_after_the_other_are_refused(packed: bool, tmp_path: Path) -> None:
    values = (COLOURS * 4095).astype(np.uint16)
    (tmp_path / "a.tif").write_bytes(tiff(values, packed=packed, planar=True))
    for read in (read_header, lambda path: read_picture(path, PLAIN)):
        with pytest.raises(UnreadableImageError, match="bands lie one after the other"):
            read(tmp_path / "a.tif")


@pytest.mark.parametrize("order", "<>")
def test_entries_outside_the_file_hide_no_pixels(order: Literal["<", ">"], tmp_path: Path) -> None:
    """Pillow would read no entry behind such a one."""
    values = (COLOURS * 255).astype(np.uint8)
    content = tiff(values, order, tags={271: (1,), 274: (6,)})
    maker = content.index(pack(f"{order}HHI", 271, 3, 1))
    broken = content[:maker] + pack(f"{order}HHII", 271, 2, 20, 4_000_000_000) + content[maker + 12 :]
    (tmp_path / "a.tif").write_bytes(broken)
    picture = read_picture(tmp_path / "a.tif", PLAIN)
    assert np.array_equal(picture.pixels, np.rot90(values, -1))
    assert "metadata lie outside the file" in picture.notes[0]
    assert read_header(tmp_path / "a.tif").orientation == 6


def test_further_bands_are_said(tmp_path: Path) -> None:
    values = np.concatenate([COLOURS * 255] * 2, axis=2)[:, :, :4].astype(np.uint8)
    (tmp_path / "a.tif").write_bytes(tiff(values, tags={338: (0,)}))
    picture = read_picture(tmp_path / "a.tif", PLAIN)
    assert np.array_equal(picture.pixels, values[:, :, :3])
    assert "the others are ignored" in picture.notes[0]


@pytest.mark.parametrize("form", ["png", "tif"])
def test_coloured_numbers_have_one_range_for_the_dataset(
    form: str, tmp_path: Path, mtlue: Callable[..., Outcome]
) -> None:
    root = tmp_path / "photos"
    root.mkdir()
    for i in range(8):
        values = (COLOURS * (4095 - 200 * i)).astype(np.uint16)
        (root / f"{i}.{form}").write_bytes(png(values) if form == "png" else tiff(values))
    write_table(root, [{"file": f"{i}.{form}", "kind": "ab"[i % 2]} for i in range(8)])
    outcome = mtlue("inspect", "--dataset", "table", "--data", root)
    assert outcome.status == 0
    assert "0 is shown as black and 4095 as white" in outcome.err
    assert "few levels" not in outcome.err
    chosen = mtlue("inspect", "--dataset", "table", "--data", root, "--value-range", 0, 2000)
    assert "clipped to the range from 0 to 2000" in chosen.err


@pytest.mark.parametrize("form", ["ppm", "rgb"])
def test_where_half_of_the_bits_are_lost_it_is_said(form: str, tmp_path: Path) -> None:
    """No way is known to have the lower ones from these; numbers that do not fill 16 bits come out dark."""
    values = (COLOURS * 65535).astype(">u2")
    ppm = b"P6 20 16 65535\n" + values.tobytes()
    sgi = pack(">hBBHHHHll4x80sl404x", 474, 0, 2, 3, 20, 16, 3, 0, 65535, b"", 0)
    path = tmp_path / f"a.{form}"
    path.write_bytes(ppm if form == "ppm" else sgi + values[::-1].transpose(2, 0, 1).tobytes())
    picture = read_picture(path, PLAIN)
    assert np.abs(picture.pixels - COLOURS * 255).max() <= 1
    assert "the upper 8 are used" in picture.notes[0]
