from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms

from conftest import save_image
from mtlue.data.files.images import read_header, read_picture
from mtlue.data.transforms import Pipeline
from mtlue.imaging.files import UnreadableImageError

PLAIN = Pipeline(channels=3)


def read(path: Path, pipeline: Pipeline = PLAIN) -> np.ndarray:
    return read_picture(path, pipeline).pixels


def test_exif_orientation_is_applied(tmp_path: Path) -> None:
    pixels = np.zeros((10, 20, 3), np.uint8)
    pixels[:, :5] = 255
    exif = Image.Exif()
    exif[0x0112] = 6  # turn 90 degrees clockwise to see it upright
    Image.fromarray(pixels).save(tmp_path / "turned.png", exif=exif)
    upright = read(tmp_path / "turned.png")
    assert upright.shape == (20, 10, 3)
    assert upright[:5].min() == 255
    assert upright[5:].max() == 0
    assert read_header(tmp_path / "turned.png").size == (20, 10)


def test_sixteen_bit_grey_keeps_its_full_range(tmp_path: Path) -> None:
    values = np.linspace(0, 65535, 100).astype(np.uint16).reshape(10, 10)
    Image.fromarray(values).save(tmp_path / "deep.png")
    grey = read(tmp_path / "deep.png", Pipeline(channels=1))
    assert grey.dtype == np.uint8
    assert np.abs(grey.astype(float) - values / 257).max() <= 0.5
    assert read_header(tmp_path / "deep.png").grey


@pytest.mark.parametrize(
    ("mode", "channels", "noted"), [("RGB", 1, True), ("RGB", 3, False), ("L", 1, False), ("L", 3, False)]
)
def test_lost_colour_is_said(tmp_path: Path, mode: str, channels: int, noted: bool) -> None:
    """Also where nobody asked for grey: ``apply`` reads new images as its generator's were."""
    Image.new(mode, (9, 9)).save(tmp_path / "picture.png")
    notes = read_picture(tmp_path / "picture.png", Pipeline(channels=channels)).notes
    assert ["converted to grey" in note for note in notes] == [True] * noted


def test_transparency_is_laid_on_white(tmp_path: Path) -> None:
    pixels = np.zeros((8, 8, 4), np.uint8)
    pixels[:, :4, 3] = 255
    Image.fromarray(pixels).save(tmp_path / "glass.png")
    flat = read(tmp_path / "glass.png")
    assert flat[:, :4].max() == 0
    assert flat[:, 4:].min() == 255


def test_palette_and_animation(tmp_path: Path) -> None:
    red, blue = Image.new("RGB", (9, 9), (255, 0, 0)), Image.new("RGB", (9, 9), (0, 0, 255))
    red.convert("P", palette=Image.Palette.ADAPTIVE).save(tmp_path / "palette.png")
    assert (read(tmp_path / "palette.png") == [255, 0, 0]).all()
    red.save(tmp_path / "moving.gif", save_all=True, append_images=[blue])
    picture = read_picture(tmp_path / "moving.gif", PLAIN)
    assert (picture.pixels == [255, 0, 0]).all()
    assert "first frame" in picture.notes[0]


def test_cmyk_becomes_rgb(tmp_path: Path) -> None:
    Image.new("CMYK", (9, 9), (0, 255, 255, 0)).save(tmp_path / "print.jpg", quality=100)
    mean = read(tmp_path / "print.jpg").mean((0, 1))
    assert mean[0] > 240
    assert mean[1:].max() < 20


def test_colour_profiles_are_kept_where_they_still_hold(tmp_path: Path) -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    save_image(tmp_path / "profiled.png", icc_profile=profile)
    assert read_picture(tmp_path / "profiled.png", PLAIN).profile == profile
    assert read_picture(tmp_path / "profiled.png", Pipeline(channels=1)).profile is None


def test_sizes_are_cut_to_shape_then_resized(tmp_path: Path) -> None:
    pixels = np.zeros((20, 40, 3), np.uint8)
    pixels[:, 10:30] = 200
    Image.fromarray(pixels).save(tmp_path / "wide.png")
    resized = read(tmp_path / "wide.png", Pipeline(size=(10, 10), channels=3))
    assert resized.shape == (10, 10, 3)
    assert (resized[:, 1:-1] == 200).all()  # the filter of the outermost pixels reaches over the cut
    assert (read(tmp_path / "wide.png", Pipeline(center_crop=20, channels=3)) == 200).all()


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("text.png", b"this is no image", "not an image"),
        ("empty.jpg", b"", "it is empty"),
        ("cut.png", None, "damaged or cut off"),
    ],
)
def test_unreadable_files_say_why(tmp_path: Path, name: str, content: bytes | None, reason: str) -> None:
    path = tmp_path / name
    if content is None:
        whole = save_image(path, (64, 64)).read_bytes()
        content = whole[: len(whole) // 2]
    path.write_bytes(content)
    with pytest.raises(UnreadableImageError, match=reason):
        read(path)


def test_missing_and_tiny_files_say_why(tmp_path: Path) -> None:
    with pytest.raises(UnreadableImageError, match="no such file"):
        read(tmp_path / "nowhere.png")
    save_image(tmp_path / "dot.png", (1, 1))
    with pytest.raises(UnreadableImageError, match="1x1 pixels"):
        read(tmp_path / "dot.png", Pipeline(size=(32, 32), channels=3))
