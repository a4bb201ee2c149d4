"""Numbers wider than a byte: one range for a dataset, said, chosen by the user if wanted, and kept in the release."""

import json
import re
import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path
from struct import pack

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import DTypeLike, NDArray
from PIL import Image

from conftest import Outcome, read_data, write_table
from mtlue import Pipeline
from mtlue.data.files.images import read_picture
from mtlue.imaging.levels import Extent, common_range, exceeds, measure_extent, to_bytes, written
from mtlue.structured import typed

RAMP = np.linspace(0, 1, 16 * 20).reshape(16, 20)
OfRamp = Callable[[NDArray[np.float64]], NDArray[np.generic]]


def save(path: Path, ramp: NDArray[np.float64], white: float, kind: DTypeLike) -> None:
    values = (ramp * white if kind is np.float32 else np.round(ramp * white)).astype(kind)
    Image.fromarray(values).save(path.with_suffix(".png" if kind is np.uint16 else ".tif"))


def save_array(path: Path, ramp: NDArray[np.float64], white: float, kind: DTypeLike) -> None:
    values = ramp * white if np.dtype(kind).kind == "f" else np.round(ramp * white)
    np.save(path.with_suffix(".npy"), values.astype(kind))


def write(root: Path, write_one: Callable[[Path, NDArray[np.float64]], None], count: int = 8) -> Path:
    """Images of one ramp: all of it, and darker ones, with a table of two classes."""
    root.mkdir(parents=True, exist_ok=True)
    for i in range(count):
        write_one(root / f"{i}", RAMP * (1 - i / (2 * count)))
    files = sorted(path.name for path in root.iterdir())
    write_table(root, [{"file": file, "kind": "ab"[i % 2]} for i, file in enumerate(files)])
    return root


read = partial(read_data, "table")


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


def test_a_range_that_no_full_range_holds_is_that_of_all_files(tmp_path: Path) -> None:
    """Computed tomography: signed numbers. Files are never stretched one by one."""
    root = write(tmp_path / "scans", lambda path, ramp: save_array(path, ramp - 0.5, 2000, np.int16))
    collection = read(root)
    assert collection.pipeline.value_range == (-1000, 1000)
    assert collection.images[:][7].max() < collection.images[:][0].max()
    given_range = read(root, value_range=(-100.0, 100.0))
    assert given_range.pipeline.value_range == (-100, 100)
    assert any("are clipped to the range from -100 to 100" in note for note in given_range.notes)


def empty(kind: type, number: float, ramp: NDArray[np.float64], white: float) -> NDArray[np.generic]:
    """Numbers from 0 to white, and some pixels without a value."""
    return np.where(ramp * 100 % 7 < 1, number, np.round(ramp * white)).astype(kind)


FEW: dict[str, tuple[OfRamp, tuple[float, float]]] = {
    "integers far from 0": (lambda ramp: (32768 + 1200 * ramp).astype(np.uint16), (32768, 33968)),
    "far from 0, some without a value": (lambda ramp: empty(np.uint16, 0, 25 + ramp, 1200), (30000, 31200)),
    "small fractions": (lambda ramp: (0.02 * ramp).astype(np.float32), (0, 0.02)),
    "small fractions with noise below 0": (lambda ramp: 0.02 * ramp - 0.00001, (0, 0.02)),
    "tiny fractions": (lambda ramp: 3e-9 * ramp, (0, 3e-9)),
    "-9999": (lambda ramp: empty(np.int32, -9999, ramp, 250), (0, 250)),
    "-9999 in floats": (lambda ramp: empty(np.float32, -9999, ramp, 250), (0, 250)),
    "65535": (lambda ramp: empty(np.uint16, 65535, ramp, 4095), (0, 4095)),
    "-32768": (lambda ramp: empty(np.int16, -32768, ramp, 3700), (0, 3700)),
    "-9999 and 99999": (lambda ramp: empty(np.int32, -9999, np.where(ramp < 0.02, 399.996, ramp), 250), (0, 250)),
    "65534 and 65535": (lambda ramp: np.where(ramp < 0.1, 65534, empty(np.uint16, 65535, ramp, 4095)), (410, 4095)),
    "-9999 and -8888": (lambda ramp: np.where(ramp < 0.1, -8888, empty(np.int32, -9999, ramp, 250)), (20, 250)),
    "often without a value": (lambda ramp: np.where(ramp < 0.4, -9999, ramp * 1000).astype(np.float32), (400, 1000)),
    "1e20": (lambda ramp: empty(np.float32, 1e20, ramp, 250), (0, 250)),
    "a glaring pixel": (lambda ramp: np.where(ramp == ramp.max(), 60000, ramp * 900).astype(np.uint16), (0, 900)),
}


@pytest.mark.parametrize("name", FEW)
def test_few_levels_are_said_with_a_range_that_leaves_more(
    name: str, tmp_path: Path, mtlue: Callable[..., Outcome]
) -> None:
    values, (black, white) = FEW[name]
    root = write(tmp_path / "scans", lambda path, ramp: np.save(path.with_suffix(".npy"), values(ramp)))
    said = mtlue("inspect", "--dataset", "table", "--data", root)
    assert said.status == 0
    low, high = re.findall(r"give --value-range (\S+) (\S+?)[,;]? ", said.err)[-1]
    tolerance = (white - black) / 20
    assert abs(float(low) - black) <= tolerance
    assert abs(float(high) - white) <= tolerance
    again = mtlue("inspect", "--dataset", "table", "--data", root, "--value-range", low, high)
    assert again.status == 0
    assert "give --value-range" not in again.err
    levels = read(root, value_range=(float(low), float(high))).images[:]
    assert len(levels.unique()) > 150


USUAL: dict[str, OfRamp] = {
    "12 bits": lambda ramp: (ramp * 4095).astype(np.uint16),
    "fractions": lambda ramp: ramp,
    "noise below 0": lambda ramp: ramp - 0.0001,
    "what a filter leaves below 0": lambda ramp: ramp * 1.05 - 0.05,
    "both signs": lambda ramp: ramp * 2 - 1,
    "black and white": lambda ramp: (ramp > 0.4).astype(np.float32),
    "half of the range": lambda ramp: 0.5 + ramp / 2,
    "one number": lambda ramp: np.full_like(ramp, 7.5),
    "three numbers": lambda ramp: np.where(ramp < 0.3, 0, np.where(ramp < 0.6, 5, 255)).astype(np.int32),
    "black frame": lambda ramp: np.where(np.arange(20) < 5, 0, ramp * 4095).astype(np.uint16),
}


@pytest.mark.parametrize("name", USUAL)
def test_where_levels_are_left_nothing_more_is_said(name: str, tmp_path: Path) -> None:
    root = write(tmp_path / "scans", lambda path, ramp: np.save(path.with_suffix(".npy"), USUAL[name](ramp)))
    collection = read(root)
    (note,) = collection.notes
    assert "choose another range with" in note
    assert name in ("black and white", "one number", "three numbers") or len(collection.images[:][0].unique()) > 120


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
    assert "largest change: 8 of 8" in proved.out
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


NUMBERS = st.floats(-1e6, 1e6, allow_nan=False)


@given(st.lists(st.tuples(NUMBERS, NUMBERS), min_size=1, max_size=5), st.booleans())
def test_no_number_lies_outside_the_common_range(pairs: list[tuple[float, float]], whole: bool) -> None:
    extents = [Extent(min(pair), max(pair), whole) for pair in pairs]
    low, high = common_range(extents)
    assert low < high
    assert not any(exceeds(extent, (low, high)) for extent in extents)  # what is rounded away is not clipped


@given(st.lists(NUMBERS, min_size=2, max_size=30))
def test_levels_keep_the_order_of_numbers(numbers: list[float]) -> None:
    values = np.array(sorted(numbers))[None]
    extent = measure_extent(values)
    assert extent is not None
    levels = to_bytes(values, common_range([extent]))[0]
    assert (np.diff(levels.astype(int)) >= 0).all()


@pytest.mark.parametrize("bits", [8, 10, 12, 14, 16])
def test_full_ranges_are_taken_whole(bits: int) -> None:
    assert common_range([Extent(3, 2**bits - 1, True)]) == (0, 2**bits - 1)
    assert common_range([Extent(0, 1.0, False)]) == (0, 1)
    assert common_range([Extent(-0.5, 0.5, False)]) == (-1, 1)
    assert common_range([Extent(20.5, 37.25, False)]) == (20.5, 37.25)
    assert common_range([Extent(-0.0001, 1.0, False)]) == (0, 1)
    assert common_range([Extent(-0.05, 1.0, False)]) == (-0.05, 1)


@given(NUMBERS, st.floats(1e-6, 1e6))
def test_a_written_range_reads_all_numbers_of_the_range(low: float, width: float) -> None:
    black, white = map(float, written((low, low + width)))
    assert black < white
    assert not exceeds(Extent(low, low + width, False), (black, white))


@given(st.lists(NUMBERS, min_size=1, max_size=30))
def test_an_extent_knows_its_ends_core_and_bulk(numbers: list[float]) -> None:
    extent = measure_extent(np.array(numbers)[None])
    assert extent is not None
    assert (extent.low, extent.high) == (min(numbers), max(numbers))
    assert extent.core is not None
    assert extent.bulk is not None
    assert {*extent.core} <= {*numbers}
    assert extent.low <= extent.core[0] <= extent.bulk[0] <= extent.bulk[1] <= extent.core[1] <= extent.high


@pytest.mark.parametrize("rows", [16, 1600])
def test_a_core_is_exact_however_large_the_file_is(rows: int) -> None:
    """Percentiles are told from a sample; ends never are."""
    values = np.tile(RAMP * 1000, (rows // 16, 1)).astype(np.int32) + 10
    values[3, 3], values[5, 7], values[7, 5] = -9999, 5, 1200
    extent = measure_extent(values)
    assert extent is not None
    assert (extent.low, extent.high, extent.core) == (-9999, 1200, (5, 1200))


def test_files_without_any_value_do_not_hide_what_has_none(tmp_path: Path) -> None:
    root = write(tmp_path / "scans", lambda path, ramp: np.save(path.with_suffix(".npy"), np.full(ramp.shape, -9999)))
    for i in range(4):
        np.save(root / f"{i}.npy", np.where(RAMP < 0.2, -9999, RAMP * 1000).astype(np.int32))
    assert any("8 files hold numbers such as -9999, far from all others (" in note for note in read(root).notes)


@given(st.lists(st.floats(-(2.0**120), 2.0**120, width=32), min_size=1, max_size=20))
def test_numbers_of_any_size_have_a_range(numbers: list[float]) -> None:
    extent = measure_extent(np.array(numbers, np.float32)[None])
    assert extent is not None
    low, high = common_range([extent])
    assert low < high
    assert not exceeds(extent, (low, high))
