"""Releases at the images' own sizes, in other formats, and as other tools read them."""

import gc
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from rich.filesize import decimal

from _asserts import assert_same_bytes
from conftest import Outcome, read_rows, save_image, write_table

Run = Callable[..., Outcome]
NOISE = ("--method", "noise")


@pytest.fixture
def mixed(tmp_path: Path) -> Path:
    """Images of all shapes, upright and lying, one turned by EXIF."""
    root = tmp_path / "mixed"
    sizes = [(30, 20), (20, 30), (64, 64), (9, 41), (100, 24), (33, 33)]
    rows = []
    for i, size in enumerate(sizes * 2):
        save_image(root / f"{i}.png", size, seed=i)
        rows.append({"file": f"{i}.png", "kind": "ab"[i % 2]})
    turned = Image.Exif()
    turned[0x0112] = 6
    Image.open(root / "0.png").save(root / "0.png", exif=turned)
    write_table(root, rows)
    return root


def upright(path: Path) -> np.ndarray:
    from PIL import ImageOps

    return np.asarray(ImageOps.exif_transpose(Image.open(path))).astype(int)


@pytest.mark.parametrize("options", [(), ("--size", "24"), ("--size", "16,40"), ("--format", "webp-lossless")])
def test_native_keeps_every_images_own_size(mtlue: Run, mixed: Path, tmp_path: Path, options: tuple[str, ...]) -> None:
    out = tmp_path / "out"
    data = ("--dataset", "table", "--data", mixed)
    done = mtlue("protect", *data, "--out", out, "--native", *NOISE, *options)
    assert done.status == 0, done.err
    for row in read_rows(out / "release/metadata.csv"):
        clean, protected = upright(mixed / row["id"]), upright(out / "release" / row["file_name"])
        assert clean.shape == protected.shape
        assert 0 < np.abs(clean - protected).max() <= 8
    assert mtlue("verify", out, *data).status == 0


def test_a_native_release_is_proved_against_the_originals(mtlue: Run, mixed: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    data = ("--dataset", "table", "--data", mixed)
    assert mtlue("protect", *data, "--out", out, "--native", *NOISE).status == 0
    save_image(mixed / "3.png", (9, 41), seed=77)
    failed = mtlue("verify", out, *data)
    assert failed.status == 1
    assert "images/3.png differs" in failed.err
    save_image(mixed / "3.png", (10, 41), seed=3)
    assert "its clean image" in mtlue("verify", out, *data).err


def test_a_native_release_is_applied_and_evaluated(mtlue: Run, mixed: Path, tmp_path: Path) -> None:
    out, data = tmp_path / "out", ("--dataset", "table", "--data", mixed)
    quick = ("--epochs", 1, "--surrogate-epochs", 1)
    assert mtlue("protect", *data, "--out", out, "--native", *quick).status == 0
    applied = mtlue("apply", out / "private", *data, "--out", tmp_path / "again", "--native")
    assert applied.status == 0, applied.err
    assert_same_bytes(out / "release/images", tmp_path / "again/release/images")
    audit = ("--protected", out, "--out", tmp_path / "audit", "--learner-epochs", 1, "--settings", "mtl")
    done = mtlue("evaluate", *data, *audit)
    assert done.status == 0, done.err


def test_a_lossy_format_needs_leave_and_says_what_is_left(mtlue: Run, folder: Path, tmp_path: Path) -> None:
    data = ("--dataset", "table", "--data", folder, "--out", tmp_path / "out", *NOISE)
    refused = mtlue("protect", *data, "--format", "jpeg")
    assert refused.status == 2
    assert "give --quality (such as 90) or --lossy" in refused.err
    assert not (tmp_path / "out/release").exists()
    done = mtlue("protect", *data, "--format", "jpeg", "--lossy")
    assert done.status == 0, done.err
    assert "jpeg of quality 90 is lossy" in done.err
    assert "of the perturbation survives" in done.err
    assert "instead of 8" in done.err
    bound = re.search(r"as the files are decoded .*: (a pixel differs by up to (\d+) levels.* dB\))", done.out)
    assert bound is not None
    checked = mtlue("verify", tmp_path / "out", "--dataset", "table", "--data", folder)
    assert checked.status == 0
    assert f"as the files are decoded: {bound[1]}; the manifest allows {bound[2]}" in checked.out
    assert "was within epsilon (8 levels) before the files were written cannot be proved" in checked.out
    bare = mtlue("verify", tmp_path / "out/release")
    assert f"the largest change that the manifest allows ({bound[2]} levels) was not checked" in unwrapped(bare.out)


def unwrapped(text: str) -> str:
    return " ".join(text.split())


def test_a_quality_is_leave_enough_and_wrong_ones_are_refused(mtlue: Run, folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    data = ("--dataset", "table", "--data", folder, "--out", out, *NOISE)
    for form, quality, reason in (
        ("jpeg", "0", "--quality 0: give 1 to 100"),
        ("webp", "101", "--quality 101: give 1 to 100"),
        ("webp", "9.5", "--quality 9.5: not a whole number; give digits alone, as in 8"),
        ("png", "90", "--quality 90: png keeps every pixel"),
    ):
        refused = mtlue("protect", *data, "--format", form, "--quality", quality)
        assert refused.status == 2
        assert reason in unwrapped(refused.err)
    assert not out.exists()
    (tmp_path / "options.yaml").write_text("format: webp\nquality: 55\n")
    assert mtlue("protect", *data, "--config", tmp_path / "options.yaml").status == 0
    assert json.loads((out / "release/manifest.json").read_text())["quality"] == 55
    applied = mtlue(
        "apply", out / "private", *data[:4], "--out", tmp_path / "more", "--format", "jpeg", "--quality", 70
    )
    assert applied.status == 0, applied.err
    assert "jpeg of quality 70 is lossy" in applied.err


@pytest.mark.parametrize("form", [("png",), ("webp-lossless",), ("jpeg", "--quality", "75")])
def test_sizes_of_files_are_told_beside_those_of_the_originals(
    mtlue: Run, folder: Path, tmp_path: Path, form: tuple[str, ...]
) -> None:
    out, more, data = tmp_path / "out", tmp_path / "more", ("--dataset", "table", "--data", folder)
    protected = mtlue("protect", *data, "--out", out, *NOISE, "--format", *form)
    applied = mtlue("apply", out / "private", *data, "--out", more, "--format", *form)
    originals = [folder / row["id"] for row in read_rows(out / "release/metadata.csv")]
    for done, made in ((protected, out), (applied, more)):
        released = [made / "release" / row["file_name"] for row in read_rows(made / "release/metadata.csv")]
        ours, theirs = (decimal(sum(path.stat().st_size for path in paths)) for paths in (released, originals))
        assert re.search(rf"^image files: {ours} \(.* per image\); the originals: {theirs} \(", done.out, re.MULTILINE)


def test_a_release_never_lies_among_the_images(mtlue: Run, folder: Path) -> None:
    for out, said in ((folder, "is the folder of the images itself"), (folder / "out", "inside --data")):
        done = mtlue("protect", "--dataset", "table", "--data", folder, "--out", out, *NOISE)
        assert done.status == 2
        assert said in done.err
    assert not (folder / "out").exists()


def test_a_release_is_no_clean_dataset_of_itself(mtlue: Run, folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert mtlue("protect", "--dataset", "table", "--data", folder, "--out", out, *NOISE).status == 0
    done = mtlue(
        "evaluate", "--dataset", "table", "--data", out / "release", "--protected", out, "--out", tmp_path / "a"
    )
    assert done.status == 2
    assert "clean images that were protected" in done.err


def test_the_proof_reads_the_files_and_not_the_cache(mtlue: Run, folder: Path, tmp_path: Path) -> None:
    out, path = tmp_path / "out", folder / "even/picture 0.bmp"
    data = ("--dataset", "table", "--data", folder)
    (folder / "even/picture 0.png").unlink()
    save_image(path)
    table = folder / "labels.csv"
    table.write_text(table.read_text().replace("picture 0.png", "picture 0.bmp"))
    assert mtlue("protect", *data, "--out", out, *NOISE).status == 0
    before = path.stat()
    save_image(path, seed=1)  # other pixels, as many bytes, and the time set back: the cache cannot notice
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert path.stat().st_size == before.st_size
    assert mtlue("verify", out, *data).status == 1


def test_an_unknown_format_is_named(mtlue: Run, folder: Path, tmp_path: Path) -> None:
    done = mtlue("protect", "--dataset", "table", "--data", folder, "--out", tmp_path / "out", "--format", "tiff")
    assert done.status == 2
    assert "png, webp-lossless" in done.err


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning", "ignore::ResourceWarning")
def test_hugging_face_reads_a_release(mtlue: Run, folder: Path, tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets")
    out = tmp_path / "out"
    assert mtlue("protect", "--dataset", "table", "--data", folder, "--out", out, *NOISE).status == 0
    loaded = datasets.load_dataset("imagefolder", data_dir=str(out / "release"), cache_dir=str(tmp_path / "hf"))
    rows = [row for split in loaded.values() for row in split]
    gc.collect()  # a file that datasets leaves open
    assert len(rows) == 12
    table = pd.read_csv(out / "release/metadata.csv", dtype=str).set_index("id")
    for row in rows:
        expected = table.loc[row["id"]]
        assert row["kind"] == expected["kind"]
        assert np.array_equal(np.asarray(row["image"]), np.asarray(Image.open(out / "release" / expected["file_name"])))


_PEAK = """
import sys
from mtlue.cli import main
from mtlue.fidelity import meter
meter.MOST_IMAGES = 4  # measuring how visible the change is takes longest
status = main(sys.argv[1:])
rows = open("/proc/self/status").read().splitlines()  # what getrusage tells begins at the peak of the parent process
print("peak", next(int(row.split()[1]) for row in rows if row.startswith("VmHWM")) * 1024)
sys.exit(status)
"""


def peak_memory(*arguments: object) -> int:
    """Bytes that a command holds at its peak, in a process of its own.

    What it frees goes back to the system at once; else the two peaks that are compared differ by what is left over, up
    to 55 MB.
    """
    environment = {**os.environ, "MALLOC_MMAP_THRESHOLD_": "131072"}
    command = [sys.executable, "-c", _PEAK, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stderr
    return int(done.stdout.rsplit("peak", 1)[1])


@pytest.mark.long
@pytest.mark.skipif(sys.platform != "linux", reason="/proc is Linux's")
def test_memory_does_not_grow_with_the_number_of_images(tmp_path: Path) -> None:
    # few and large: what a process holds besides images varies by some 40 MB from run to run; enough to fill batches
    fewer, count, side = 40, 170, 512
    root = tmp_path / "many"
    rows = [{"file": f"{i}.png", "kind": "ab"[i % 2]} for i in range(count)]
    root.mkdir()
    for i in range(count):  # flat colours: quick to write, and as large as others once decoded
        Image.new("RGB", (side, side), (i % 256, i // 256, 0)).save(root / f"{i}.png", compress_level=1)
    write_table(root, rows)
    data = ("--dataset", "table", "--data", root, "--size", side)
    quick = ("--fit-limit", 24, *NOISE)
    limits = ("--limit-train", fewer - 10, "--limit-test", 10)
    few = peak_memory("protect", *data, *limits, "--out", tmp_path / "few", *quick)
    many = peak_memory("protect", *data, "--out", tmp_path / "all", *quick)
    manifest = json.loads((tmp_path / "all/release/manifest.json").read_text())
    assert (len(manifest["images"]), manifest["size"]) == (count, [side, side])
    assert many - few < 0.5 * (count - fewer) * side * side * 3


def test_bytes_stand_beside_the_sizes_of_the_images_they_are_of(mtlue: Run, folder: Path, tmp_path: Path) -> None:
    """Small copies take less than the photos that they were made from: that alone is no gain of a format's."""
    for name, size in (("odd/picture 3.png", (90, 60)), ("odd/picture 5.png", (200, 100))):
        Image.new("RGB", size, (9, 99, 200)).save(folder / name)
    out, more, data = tmp_path / "out", tmp_path / "more", ("--dataset", "table", "--data", folder)
    for form in ((), ("--format", "parquet")):
        done = mtlue("protect", *data, "--size", 16, "--out", out, "--overwrite", *NOISE, *form)
        assert re.search(
            r"^image files of 16x16 pixels: .* per image\); the originals of \d+x\d+ to 200x100 pixels: ", done.out,
            re.MULTILINE,
        ), done.out + done.err  # fmt: skip
    native = mtlue("protect", *data, "--size", 16, "--out", more, "--native", *NOISE)
    assert re.search(r"^image files: .*; the originals: ", native.out, re.MULTILINE), native.err
