"""Columns that options name: each counts, or is refused where no table has it."""

from pathlib import Path
from typing import Any

import pytest

from conftest import read_data, save_image
from mtlue import InputError


def named_by_options(dataset: str, root: Path, **options: Any) -> list[str]:
    return [*read_data(dataset, root, no_cache=True, **options).splits]


def test_a_named_column_of_splits_wins_over_folders_or_is_refused(tmp_path: Path) -> None:
    for number in range(20):
        save_image(tmp_path / f"{'train' if number < 16 else 'val'}/{number:02d}.png", (8, 8))
    rows = [
        f"{'train' if n < 16 else 'val'}/{n:02d}.png,{'cat' if n % 2 else 'dog'},{'test' if n < 5 else 'train'}"
        for n in range(20)
    ]
    (tmp_path / "metadata.csv").write_text("\n".join(["file_name,kind,fold", *rows]) + "\n")
    assert named_by_options("imagefolder", tmp_path) == ["train"] * 16 + ["test"] * 4
    assert named_by_options("imagefolder", tmp_path, split_column="fold") == ["test"] * 5 + ["train"] * 15
    with pytest.raises(InputError, match=r"split_column 'folt' is not a column .*did you mean 'fold'"):
        named_by_options("imagefolder", tmp_path, split_column="folt")
    held_out = read_data("imagefolder", tmp_path, split_column="none", test_fraction=0.5)
    assert {*held_out.splits[:16]} == {"train", "test"}
    assert not any("validation" in str(note) for note in held_out.notes)


@pytest.mark.parametrize("option", ["split_column", "id_column", "image_column"])
def test_folders_of_classes_have_no_columns_to_name(tmp_path: Path, option: str) -> None:
    for number in range(20):
        save_image(
            tmp_path / f"{'train' if number < 16 else 'test'}/{'cat' if number % 2 else 'dog'}/{number}.png", (8, 8)
        )
    with pytest.raises(InputError, match=f"{option} '?fold"):
        named_by_options("imagefolder", tmp_path, **{option: "fold"})
    assert "test" in named_by_options("imagefolder", tmp_path, split_column="none", test_fraction=0.9)[:4]
    if option != "image_column":
        return
    with pytest.raises(InputError, match=r"image_column fold: no table is read"):
        named_by_options("filenames", tmp_path, pattern=r".*/(?P<kind>[a-z]+)/\d+", image_column="fold")
