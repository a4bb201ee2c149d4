"""Which files of a folder are images, and which decoders may open them."""

import io
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path, PurePath

import pytest
from PIL import Image

from conftest import Outcome, save_image, write_table
from mtlue import Runtime
from mtlue.data.files.images import read_picture
from mtlue.data.files.labelmaps import read_values
from mtlue.data.loading import load
from mtlue.data.options import DataOptions
from mtlue.data.transforms import Pipeline
from mtlue.imaging.files import UnreadableImageError
from mtlue.imaging.formats import ORDINARY, SUFFIXES, UNREAD_SUFFIXES, decoders_for

READ = {
    "a.jfif": "JPEG",
    "a.jpe": "JPEG",
    "a.JPG": "JPEG",
    "a.jpg_large": "JPEG",
    "a.jpg!large": "JPEG",
    "a.mpo": "MPO",
    "a.dib": "DIB",
    "a.j2k": "JPEG2000",
    "a.apng": "PNG",
    "a.pbm": "PPM",
    "a.pnm": "PPM",
    "a.ico": "ICO",
    "a.avif": "AVIF",
    "a.tga": "TGA",
    "a.qoi": "QOI",
    "a.pcx": "PCX",
    "a.TIFF": "TIFF",
    "no_suffix": "PNG",
    "no_suffix.1": "WEBP",
    "renamed.png": "JPEG",
    "renamed.jpg": "PNG",
    "renamed.tga": "GIF",
}
SILENT = ["notes.txt", "labels.json", "README", ".hidden.png", "Thumbs.db", ".DS_Store", "a.xmp", "__MACOSX/b.png"]
NAMED = {
    "film.mp4": "not an image of a kind that is read",
    "model.pt": "not an image of a kind that is read",
    "phone.heic": "files of .heic are not read",
    "drawing.svg": "files of .svg are not read",
    "drawing.eps": "files of .eps are not read",
    "raw.DNG": "files of .dng are not read",
    "a.png.bak": "suffix of unfinished or backup files",
    "empty": "not an image of a kind that is read",
    "array.npy": "an array that no table names",
    "drawing.png": "not an image",
    "texture.png": "not an image",
}


@pytest.fixture
def everything(tmp_path: Path) -> Path:
    """A folder of one class with a file of every kind."""
    root = tmp_path / "everything"
    for i in range(4):
        save_image(root / "ab"[i % 2] / f"plain{i}.png", seed=i)
    for name, kind in READ.items():
        save_image(root / "a" / name, mode="1" if name.endswith("pbm") else "RGB", format=kind)
    for name in SILENT:
        (root / "a" / name).parent.mkdir(exist_ok=True)
        (root / "a" / name).write_text("nothing to see")
    for name in NAMED:
        (root / "a" / name).write_bytes(b"nothing to see")
    shutil.copy(root / "a/no_suffix", root / "a/a.png.bak")
    save_image(root / "a/raw.DNG", format="TIFF")
    save_image(root / "a/texture.png", format="DDS")
    postscript = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 100 100\n%%EndComments\nshowpage\n%%EOF"
    for name in ("drawing.png", "drawing.eps"):
        (root / "a" / name).write_bytes(postscript)
    return root


def test_every_file_is_read_named_or_a_companion(
    everything: Path, mtlue: Callable[..., Outcome], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subprocess, "Popen", lambda *_, **__: pytest.fail("a program was started"))
    outcome = mtlue("inspect", "--dataset", "imagefolder", "--data", everything)
    assert outcome.status == 0, outcome.err
    assert f"imagefolder: {len(READ) + 4} images" in outcome.out
    for name, why in NAMED.items():
        (line,) = [line for line in outcome.err.splitlines() if line.startswith(f"  a/{name}: ")]
        assert why in line
    assert not [name for name in (*SILENT, *READ) if f"  a/{name}: " in outcome.err]


def test_a_table_reads_what_a_folder_reads(everything: Path) -> None:
    names = ["plain0.png", *READ, *NAMED]
    write_table(everything, [{"file": f"a/{name}", "kind": "xy"[i % 2]} for i, name in enumerate(names)])
    collection = load(DataOptions("table", everything), Runtime("cpu"))
    assert {Path(file).name for file in collection.files} == {"plain0.png", *READ, "a.png.bak"}
    assert {Path(one.name).name for one in collection.skipped} >= {*NAMED} - {"a.png.bak"}


def test_exotic_decoders_open_files_of_their_own_suffix_only() -> None:
    for suffix in SUFFIXES:
        exotic = {*decoders_for(PurePath(f"a{suffix}"))} - {*ORDINARY}
        assert len(exotic) <= 1, suffix
    assert decoders_for(PurePath("a.png"))[0] == "PNG"
    assert decoders_for(PurePath("a.JPG"))[0] == "JPEG"
    assert {*decoders_for(PurePath("a.txt"))} <= {*ORDINARY}
    assert decoders_for(PurePath("a")) == ORDINARY
    assert not SUFFIXES & UNREAD_SUFFIXES


def test_no_decoder_that_starts_programs_or_is_deprecated_is_ever_asked() -> None:
    asked = {decoder for suffix in SUFFIXES for decoder in decoders_for(PurePath(f"a{suffix}"))}
    assert not asked & {"EPS", "WMF", "GRIB", "BUFR", "HDF5", "MPEG", "IM", "SPIDER"}
    assert decoders_for(PurePath("a.eps")) == ()


@pytest.mark.parametrize("kind", ["DDS", "TGA", "PCX", "ICO", "SGI"])
def test_a_foreign_kind_is_refused_as_image_and_as_mask(kind: str, tmp_path: Path) -> None:
    stream = io.BytesIO()
    Image.new("RGB", (16, 16)).save(stream, kind)
    (tmp_path / "a.png").write_bytes(stream.getvalue())
    with pytest.raises(UnreadableImageError, match="not an image"):
        read_picture(tmp_path / "a.png", Pipeline(channels=3))
    with pytest.raises(UnreadableImageError, match="not an image"):
        read_values(tmp_path / "a.png", colour=True)


def test_an_empty_file_is_called_empty(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").touch()
    with pytest.raises(UnreadableImageError, match="it is empty"):
        read_picture(tmp_path / "a.jpg", Pipeline(channels=3))


def test_heic_under_another_name_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + b"\0" * 50)
    with pytest.raises(UnreadableImageError, match="HEIC"):
        read_picture(tmp_path / "a.jpg", Pipeline(channels=3))
