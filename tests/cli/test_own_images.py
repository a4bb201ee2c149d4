"""Columns of files that are the images themselves, or photos: never published as label maps."""

import io
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image, ImageFilter

from conftest import Outcome, write_table
from forging import encoded, forge

Run = Callable[..., Outcome]
COUNT = 12
SIDE = 40
CODE = ("--method", "joint-code")
ITSELF = "names the images themselves"


def photo(seed: int) -> Image.Image:
    """A smooth grey image with a little noise, of 8 bits as cameras and scanners give them."""
    random = np.random.default_rng(seed)
    values = Image.fromarray(random.integers(0, 256, (SIDE, SIDE), dtype=np.uint8)).filter(ImageFilter.GaussianBlur(3))
    stretched = (np.asarray(values, float) - 128) * 4 + 128 + random.normal(0, 3, (SIDE, SIDE))
    return Image.fromarray(stretched.clip(0, 255).astype(np.uint8))


def page(seed: int) -> Image.Image:
    """A scan in black and white: lines of words."""
    random = np.random.default_rng(seed)
    ink = np.ones((SIDE, SIDE), bool)
    for top in range(2, SIDE - 3, 5):
        ink[top : top + 3] = random.random((3, SIDE)) > 0.5
    return Image.fromarray(ink)


def regions(seed: int) -> np.ndarray:
    """Flat regions of four classes, as masks have them."""
    random = np.random.default_rng(seed)
    return np.kron(random.integers(0, 4, (5, 5)), np.ones((SIDE // 5, SIDE // 5), int)).astype(np.uint8)


Make = Callable[[int], Image.Image]


def images(root: Path, make: Make = photo, named: Callable[[Path, int], str] = lambda _, i: f"{i}.png") -> Path:
    """Images, a class each, and a column ``other``: what ``named`` makes and returns for each."""
    root.mkdir()
    for i in range(COUNT):
        make(i).save(root / f"{i}.png")
    rows = [{"file": f"{i}.png", "other": named(root, i), "label": "ab"[i % 2]} for i in range(COUNT)]
    write_table(root, rows)
    return root


def saved(folder: str, make: Make, **options: Any) -> Callable[[Path, int], str]:
    """Files of their own in another folder."""

    def save(root: Path, i: int) -> str:
        (root / folder).mkdir(exist_ok=True)
        make(i).save(root / folder / f"{i}.png", **options)
        return f"{folder}/{i}.png"

    return save


def _absolute(root: Path, i: int) -> str:
    return str(root / f"{i}.png")


def _of_the_row_before(root: Path, i: int) -> str:
    return f"{max(0, i - 1)}.png"


def _linked(link: Callable[[Path, Path], None]) -> Callable[[Path, int], str]:
    def name(root: Path, i: int) -> str:
        (root / "more").mkdir(exist_ok=True)
        link(root / f"{i}.png", root / "more" / f"{i}.png")
        return f"more/{i}.png"

    return name


def _copied(source: Path, target: Path) -> None:
    target.write_bytes(source.read_bytes())


SAME = {
    "dotted": lambda _, i: f"./{i}.png",
    "backslash": lambda _, i: f".\\{i}.png",
    "roundabout": lambda _, i: f"a/../{i}.png",
    "absolute": _absolute,
    "row before": _of_the_row_before,
    "one row only": lambda root, i: (
        f"{i}.png" if i == 7 else saved("m", lambda n: Image.fromarray(regions(n)))(root, i)
    ),
    "copy": _linked(_copied),
    "hard link": _linked(lambda source, target: os.link(source, target)),
    "symbolic link": _linked(lambda source, target: target.symlink_to(source)),
}


@pytest.mark.parametrize("make", [photo, page])
@pytest.mark.parametrize("how", SAME)
def test_a_column_that_names_the_images_is_left_out(mtlue: Run, tmp_path: Path, how: str, make: Make) -> None:
    root = images(tmp_path / "in", make, SAME[how])
    done = mtlue("inspect", "--dataset", "table", "--data", root, "--id-column", "file")
    assert done.status == 0, done.err
    assert f"column 'other' {ITSELF}: it is left out" in " ".join(done.err.split())
    assert "segmentation" not in done.out


def test_a_release_of_such_a_table_holds_no_label_maps(mtlue: Run, tmp_path: Path) -> None:
    root = images(tmp_path / "in", named=lambda _, i: f"./{i}.png")
    quick = ("--epochs", 1, "--method", "em")
    done = mtlue("protect", "--dataset", "table", "--data", root, "--out", tmp_path / "out", *quick)
    assert done.status == 0, done.err
    assert not (tmp_path / "out/release/labels").exists()
    assert list(pd.read_csv(tmp_path / "out/release/metadata.csv").columns) == ["file_name", "id", "split", "label"]


@pytest.mark.parametrize(
    "rule", ["{kind: segmentation}", "{kind: depth, high: 300}", "{classes: [a, b], codes: [0, 1]}"]
)
def test_a_rule_for_such_a_column_is_refused(mtlue: Run, tmp_path: Path, rule: str) -> None:
    root = images(tmp_path / "in", named=lambda _, i: f"./{i}.png")
    rules = tmp_path / "tasks.yaml"
    rules.write_text(f"tasks: {{other: {rule}}}".replace("{classes", "{kind: segmentation, classes"))
    for tasks in (rules, "other"):
        done = mtlue("inspect", "--dataset", "table", "--data", root, "--tasks", tasks)
        assert done.status == 2
        assert f"column 'other' of {root / 'labels.csv'} {ITSELF}" in " ".join(done.err.split())
    rules.write_text("tasks: {other: drop}")
    assert mtlue("inspect", "--dataset", "table", "--data", root, "--tasks", rules).status == 0


def test_a_second_column_of_images_in_parquet_is_left_out(mtlue: Run, tmp_path: Path) -> None:
    struct = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
    (tmp_path / "in").mkdir()
    contents = [_png(photo(i)) for i in range(COUNT)]
    cells = pa.array([{"bytes": content, "path": None} for content in contents], struct)
    small = pa.array([{"bytes": _png(photo(i + 50)), "path": None} for i in range(COUNT)], struct)
    labels = ["ab"[i % 2] for i in range(COUNT)]
    pq.write_table(
        pa.table({"image": cells, "original": cells, "thumb": small, "label": labels}), tmp_path / "in/a.parquet"
    )
    done = mtlue("inspect", "--dataset", "table", "--data", tmp_path / "in")
    assert done.status == 0, done.err
    assert f"column 'original' {ITSELF}: it is left out" in " ".join(done.err.split())
    assert "column 'thumb' names files that look like photos" in " ".join(done.err.split())
    assert "segmentation" not in done.out


def _png(image: Image.Image) -> bytes:
    stream = io.BytesIO()
    image.save(stream, "PNG")
    return stream.getvalue()


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


def test_apply_refuses_a_column_of_the_images(mtlue: Run, tmp_path: Path) -> None:
    data = ("--dataset", "table", "--data")
    root = images(tmp_path / "in", photo, saved("masks", lambda i: Image.fromarray(regions(i))))
    assert mtlue("protect", *data, root, *CODE, "--out", tmp_path / "out").status == 0
    more = images(tmp_path / "more", lambda i: Image.fromarray(regions(i)), lambda _, i: f"./{i}.png")
    done = mtlue("apply", tmp_path / "out/private", *data, more, "--out", tmp_path / "again")
    assert done.status == 2
    assert f"the column of task 'other' in {more / 'labels.csv'} {ITSELF}" in " ".join(done.err.split())


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


def test_an_imagefolder_whose_table_names_images_twice(mtlue: Run, tmp_path: Path) -> None:
    for split in ("train", "test"):
        (tmp_path / "in" / split).mkdir(parents=True)
        for i in range(COUNT):
            photo(i).save(tmp_path / "in" / split / f"{i}.png")
        rows = [{"file_name": f"{i}.png", "thumb": f"./{i}.png", "label": "ab"[i % 2]} for i in range(COUNT)]
        write_table(tmp_path / "in" / split, rows, "metadata.csv")
    done = mtlue("inspect", "--dataset", "imagefolder", "--data", tmp_path / "in")
    assert done.status == 0, done.err
    assert f"column 'thumb' {ITSELF}: it is left out" in " ".join(done.err.split())


def test_a_table_of_nothing_but_its_images_says_why_it_has_no_task(mtlue: Run, tmp_path: Path) -> None:
    root = images(tmp_path / "in", named=lambda _, i: f"./{i}.png")
    write_table(root, [{"file": f"{i}.png", "path": f"./{i}.png"} for i in range(COUNT)])
    done = mtlue("protect", "--dataset", "table", "--data", root, "--out", tmp_path / "out")
    assert done.status == 2
    assert f"no column of labels to protect (columns: none but the image); column 'path' {ITSELF}" in " ".join(
        done.err.split()
    )
