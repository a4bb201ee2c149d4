"""Columns of files that look like the images are no masks, masks are, and maps that show the images are refused."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from image_columns import CODE, SIDE, Make, Run, images, page, photo, regions, saved
from PIL import Image

from forging import encoded, forge


def quantised(seed: int) -> Image.Image:
    return photo(seed).convert("RGB").quantize(32)


def on_white(seed: int) -> Image.Image:
    """A product on a white ground: mostly flat."""
    image = Image.new("L", (SIDE, SIDE), 255)
    image.paste(photo(seed).resize((SIDE // 2, SIDE // 2)), (SIDE // 4, SIDE // 4))
    return image


@pytest.mark.parametrize("make", [photo, quantised, on_white])
def test_photos_are_no_masks_and_the_note_says_what_to_do(mtlue: Run, tmp_path: Path, make: Make) -> None:
    root = images(tmp_path / "in", photo, saved("thumbs", lambda i: make(i + 50)))
    done = mtlue("inspect", "--dataset", "table", "--data", root)
    assert done.status == 0, done.err
    assert "column 'other' names files that look like photos" in " ".join(done.err.split())
    assert "segmentation" not in done.out
    _accepted_by_rule(mtlue, root, tmp_path)


def icon(seed: int) -> Image.Image:
    """Flat areas of colours of its own."""
    colours = np.random.default_rng(seed).integers(0, 256, (4, 3), dtype=np.uint8)
    return Image.fromarray(colours[regions(seed)])


@pytest.mark.parametrize("make", [page, icon])
def test_scans_beside_scans_are_no_masks(mtlue: Run, tmp_path: Path, make: Make) -> None:
    root = images(tmp_path / "in", make, saved("back", lambda i: make(i + 50)))
    done = mtlue("inspect", "--dataset", "table", "--data", root)
    assert done.status == 0, done.err
    assert "column 'other' names files of few values, like the images themselves" in " ".join(done.err.split())
    assert "segmentation" not in done.out
    _accepted_by_rule(mtlue, root, tmp_path)


def _accepted_by_rule(mtlue: Run, root: Path, folder: Path) -> None:
    """The advice in the note works."""
    rules = folder / "tasks.yaml"
    rules.write_text("tasks: {other: {kind: segmentation}}")
    done = mtlue("inspect", "--dataset", "table", "--data", root, "--tasks", rules)
    assert done.status == 0, done.err
    assert "segmentation" in done.out


def _palette(i: int) -> Image.Image:
    image = Image.fromarray(regions(i), "P")
    image.putpalette([0, 0, 0, 200, 0, 0, 0, 200, 0, 0, 0, 200])
    return image


MASKS: dict[str, Make] = {
    "numbers": lambda i: Image.fromarray(regions(i)),
    "0 and 255": lambda i: Image.fromarray((regions(i) > 1).astype(np.uint8) * 255),
    "bits": lambda i: Image.fromarray(regions(i) > 1),
    "palette": _palette,
    "colours": lambda i: _palette(i).convert("RGB"),
    "many classes": lambda i: Image.fromarray(regions(i) + np.uint8(10 * i)),
    "16 bits": lambda i: Image.fromarray(regions(i).astype(np.uint16) * 1000),
    "noise of three": lambda i: Image.fromarray(np.random.default_rng(i).choice([0, 1, 2], (SIDE, SIDE)).astype("u1")),
}


def test_masks_of_images_of_few_values_are_kept_where_they_hold_fewer(mtlue: Run, tmp_path: Path) -> None:
    def sixteen_greys(i: int) -> Image.Image:
        return Image.fromarray(np.asarray(photo(i)) // 16)

    root = images(tmp_path / "in", sixteen_greys, saved("masks", lambda i: Image.fromarray(regions(i) // 2)))
    done = mtlue("inspect", "--dataset", "table", "--data", root)
    assert done.status == 0, done.err
    assert "segmentation" in done.out


@pytest.mark.parametrize("kind", MASKS)
def test_real_masks_are_tasks_as_before(mtlue: Run, tmp_path: Path, kind: str) -> None:
    root = images(tmp_path / "in", photo, saved("masks", MASKS[kind]))
    done = mtlue("inspect", "--dataset", "table", "--data", root)
    assert done.status == 0, done.err
    assert "segmentation" in done.out
    assert "left out" not in done.err


@pytest.mark.parametrize("make", [photo, page])
@pytest.mark.parametrize("rule", ["", "{kind: segmentation}", "{kind: depth, high: 300}"])
def test_the_images_in_other_bytes_are_no_label_maps(mtlue: Run, tmp_path: Path, rule: str, make: Make) -> None:
    root = images(tmp_path / "in", make, saved("again", make, compress_level=0))
    rules = tmp_path / "tasks.yaml"
    rules.write_text(f"tasks: {{other: {rule}}}")
    done = mtlue("inspect", "--dataset", "table", "--data", root, *(("--tasks", rules) if rule else ()))
    assert done.status == (2 if rule else 0)
    text = "names files that show what the images show, pixel by pixel" + ("" if rule else ": it is left out")
    assert text in " ".join(done.err.split())
    assert "segmentation" not in done.out


@pytest.mark.parametrize("size", [SIDE, 32])
@pytest.mark.parametrize("rule", ["{kind: segmentation}", "{kind: depth, high: 300}"])
def test_protect_refuses_maps_that_are_their_images(
    mtlue: Run, tmp_path: Path, rule: str, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mtlue.data.columns.own_images._COMPARED", 1)  # reading the table only looks at some rows
    copies, masks = saved("again", photo, compress_level=0), saved("again", lambda i: Image.fromarray(regions(i)))
    root = images(tmp_path / "in", photo, lambda root, i: (copies if i else masks)(root, i))
    rules = tmp_path / "tasks.yaml"
    rules.write_text(f"tasks: {{other: {rule}}}")
    data = ("--dataset", "table", "--data", root, "--tasks", rules, "--size", size)
    done = mtlue("protect", *data, "--out", tmp_path / "out")
    assert done.status == 2
    assert "task 'other': the label map of" in " ".join(done.err.split())
    assert "would publish the clean image" in " ".join(done.err.split())
    assert not (tmp_path / "out").exists()


def test_verify_finds_maps_that_are_the_clean_images(mtlue: Run, tmp_path: Path) -> None:
    root = images(tmp_path / "in", photo, saved("masks", lambda i: Image.fromarray(regions(i))))
    out, data = tmp_path / "out", ("--dataset", "table", "--data", root)
    done = mtlue("protect", *data, *CODE, "--out", out)
    assert done.status == 0, done.err
    assert mtlue("verify", out, *data).status == 0
    table = pd.read_csv(out / "release/metadata.csv", dtype=str)
    forge(out / "release", table["other"][2], encoded(np.asarray(photo(int(Path(table["id"][2]).stem))), "png"))
    done = mtlue("verify", out, *data)
    assert done.status != 0
    assert f"{table['other'][2]}: the label map of task 'other' is the clean image itself" in " ".join(done.err.split())
