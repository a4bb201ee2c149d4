"""Numbers wider than a byte: one range for a dataset, said, chosen by the user if wanted, and kept in the release."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from struct import pack

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image
from ramps import RAMP, read, save, save_array, write

from conftest import Outcome
from mtlue import Pipeline
from mtlue.data.files.images import read_picture
from mtlue.structured import typed


def expected(count: int = 8) -> NDArray[np.uint8]:
    return np.stack([np.round(RAMP * (1 - i / (2 * count)) * 255) for i in range(count)]).astype(np.uint8)


ALL = {
    "8 bits as int32 TIFF": (lambda p, r: save(p, r, 255, np.int32), 255),
    "12 bits in 16-bit PNG": (lambda p, r: save(p, r, 4095, np.uint16), 4095),
    "12 bits as int32 TIFF": (lambda p, r: save(p, r, 4095, np.int32), 4095),
    "16-bit PNG": (lambda p, r: save(p, r, 65535, np.uint16), 65535),
    "float TIFF": (lambda p, r: save(p, r, 1, np.float32), 1),
    "float TIFF of bytes": (lambda p, r: save(p, r, 255, np.float32), 255),
    "float array": (lambda p, r: save_array(p, r, 1, np.float64), 1),
    "array of bytes as int64": (lambda p, r: save_array(p, r, 255, np.int64), 255),
    "half precision array": (lambda p, r: save_array(p, r, 1, np.float16), 1),
    "10 bits as uint16 array": (lambda p, r: save_array(p, r, 1023, np.uint16), 1023),
}


@pytest.mark.parametrize("name", ALL)
def test_the_same_picture_in_any_type_looks_the_same(name: str, tmp_path: Path) -> None:
    write_one, white = ALL[name]
    collection = read(write(tmp_path / "photos", write_one))
    difference = collection.images[:][:, 0].int() - torch.from_numpy(expected()).int()
    assert difference.abs().max() <= 1
    assert collection.pipeline.value_range == (0, white)
    assert any(f"0 is shown as black and {white:g} as white" in note for note in collection.notes)
    given = read(tmp_path / "photos", value_range=(0.0, float(white)))
    for notes in (collection.notes, given.notes):
        (note,) = [note for note in notes if note.startswith("8 files hold numbers wider than 8 bits, from 0 to ")]
        assert "they come out in 8 bits, as a release holds no more than 256 levels" in note


def test_a_range_that_no_full_range_holds_is_that_of_all_files(tmp_path: Path) -> None:
    """Computed tomography: signed numbers. Files are never stretched one by one."""
    root = write(tmp_path / "scans", lambda path, ramp: save_array(path, ramp - 0.5, 2000, np.int16))
    collection = read(root)
    assert collection.pipeline.value_range == (-1000, 1000)
    assert collection.images[:][7].max() < collection.images[:][0].max()
    given_range = read(root, value_range=(-100.0, 100.0))
    assert given_range.pipeline.value_range == (-100, 100)
    assert any("are clipped to the range from -100 to 100" in note for note in given_range.notes)


def test_a_file_that_alone_decides_the_range_is_named(tmp_path: Path) -> None:
    root = write(tmp_path / "photos", lambda path, ramp: save_array(path, ramp, 1, np.float64))
    np.save(root / "3.npy", RAMP * 60000)
    assert any(note.startswith("3.npy decides the range") for note in read(root).notes)


def test_eight_bits_stay_as_they_are_and_nothing_is_said(folder: Path) -> None:
    collection = read(folder, value_range=(0.0, 100.0))
    assert torch.equal(collection.images[:], read(folder).images[:])
    assert read(folder).pipeline.value_range is None
    assert not any("wider" in note for note in read(folder).notes)


@pytest.mark.parametrize("missing", [np.nan, np.inf, np.finfo(np.float32).min])
def test_pixels_without_a_number_are_black_and_said(missing: float, tmp_path: Path) -> None:
    root = write(tmp_path / "photos", lambda path, ramp: save_array(path, np.where(ramp > 0, ramp, missing), 1, float))
    collection = read(root)
    assert collection.images[:][:, 0, 0, 0].tolist() == [0] * 8
    assert collection.pipeline.value_range == (0, 1)
    assert any("hold no number" in note for note in collection.notes)


def test_protect_apply_and_verify_read_by_one_range(tmp_path: Path, mtlue: Callable[..., Outcome]) -> None:
    """The range of the protected images holds for new ones too, however dark they are; the manifest keeps it."""
    root = write(tmp_path / "photos", lambda path, ramp: save(path, ramp, 4095, np.uint16))
    new = write(tmp_path / "new", lambda path, ramp: save(path, ramp / 20, 4095, np.uint16))
    out, more = tmp_path / "out", tmp_path / "more"
    data = ("--dataset", "table", "--data", root)
    assert mtlue("protect", *data, "--method", "lsp-patch", "--out", out).status == 0
    manifest = json.loads((out / "release/manifest.json").read_text())
    assert manifest["value_range"] == [0, 4095]
    proved = mtlue("verify", out, *data)
    assert proved.status == 0, proved.err
    assert "pixel: 8 levels; epsilon allows 8" in proved.out
    assert mtlue("apply", out / "private", "--dataset", "table", "--data", new, "--out", more).status == 0
    assert json.loads((more / "release/manifest.json").read_text())["value_range"] == [0, 4095]
    assert mtlue("verify", more, "--dataset", "table", "--data", new).status == 0
    earlier = tmp_path / "earlier"  # a release of a version that did not write the range
    shutil.copytree(out / "release", earlier)
    del manifest["value_range"]
    (earlier / "manifest.json").write_text(json.dumps(manifest))
    assert mtlue("verify", earlier, *data).status == 0


def test_the_range_is_an_option(tmp_path: Path, mtlue: Callable[..., Outcome]) -> None:
    root = write(tmp_path / "photos", lambda path, ramp: save(path, ramp, 4095, np.uint16))
    outcome = mtlue("inspect", "--dataset", "table", "--data", root, "--value-range", 0, 2000)
    assert outcome.status == 0, outcome.err
    assert "clipped to the range from 0 to 2000" in outcome.err
    for low, high in ((5, 5), (9, 1), (0, "inf"), ("nan", 1)):
        refused = mtlue("inspect", "--dataset", "table", "--data", root, "--value-range", low, high)
        assert refused.status == 2
        assert "--value-range" in refused.err


@pytest.mark.parametrize("kind", [np.uint8, np.uint16, np.float32])
def test_a_tiff_whose_least_number_is_white_is_no_negative(kind: type, tmp_path: Path) -> None:
    """X-rays are often stored so."""
    white = np.iinfo(kind).max if np.dtype(kind).kind == "u" else 1
    path = tmp_path / "a.tif"
    Image.fromarray((RAMP * white).astype(kind)).save(path)
    content = bytearray(path.read_bytes())
    content[content.index(pack("<HHI", 262, 3, 1)) + 8] = 0
    path.write_bytes(content)
    pixels = read_picture(path, Pipeline(channels=1)).pixels
    assert np.abs(pixels - (1 - RAMP) * 255).max() <= 1


def test_old_pipelines_are_still_read() -> None:
    values = Pipeline((16, 16), channels=1, value_range=(0, 4095)).to_json()
    assert typed(values, Pipeline).value_range == (0, 4095)
    del values["value_range"]
    assert typed(values, Pipeline).value_range is None
