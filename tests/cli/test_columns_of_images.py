"""Columns of files that are the images themselves: never published as label maps."""

import io
import os
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from image_columns import CODE, COUNT, ITSELF, Make, Run, images, page, photo, regions, saved
from PIL import Image

from conftest import write_table


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


def test_apply_refuses_a_column_of_the_images(mtlue: Run, tmp_path: Path) -> None:
    data = ("--dataset", "table", "--data")
    root = images(tmp_path / "in", photo, saved("masks", lambda i: Image.fromarray(regions(i))))
    assert mtlue("protect", *data, root, *CODE, "--out", tmp_path / "out").status == 0
    more = images(tmp_path / "more", lambda i: Image.fromarray(regions(i)), lambda _, i: f"./{i}.png")
    done = mtlue("apply", tmp_path / "out/private", *data, more, "--out", tmp_path / "again")
    assert done.status == 2
    assert f"the column of task 'other' in {more / 'labels.csv'} {ITSELF}" in " ".join(done.err.split())


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
