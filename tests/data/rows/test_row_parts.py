"""Which tables of a folder hold the labels."""

from pathlib import Path

import pytest

from conftest import read_data, save_image
from mtlue import InputError
from mtlue.data.options import DataOptions
from mtlue.data.rows.parts import TablePart, metadata_parts, note_together, shard_parts
from mtlue.data.rows.unread import unread_tables
from mtlue.data.sources.imagefolder import ImageFolder


def touch(root: Path, *files: str) -> Path:
    for file in files:
        (root / file).parent.mkdir(parents=True, exist_ok=True)
        (root / file).touch()
    return root


def test_metadata_of_each_folder(tmp_path: Path) -> None:
    touch(tmp_path, "metadata.csv", "train/metadata.jsonl", ".hidden/metadata.csv", "labels.csv")
    assert metadata_parts(tmp_path) == [
        TablePart(tmp_path / "metadata.csv"),
        TablePart(tmp_path / "train/metadata.jsonl", "train", "train"),
    ]
    touch(tmp_path, "metadata.tsv")
    with pytest.raises(InputError, match="keep one of them"):
        metadata_parts(tmp_path)


def test_shards_of_one_set(tmp_path: Path) -> None:
    touch(tmp_path, "data/train-0.parquet", "data/test-0.parquet", "other.parquet")
    assert [part.split for part in shard_parts(tmp_path)] == ["test", "train"]
    touch(tmp_path, "more/train-0.parquet")
    with pytest.raises(InputError, match="each hold Parquet files"):
        shard_parts(tmp_path)


def test_tables_that_are_read_together_or_not_at_all_are_named(tmp_path: Path) -> None:
    touch(tmp_path, "a.csv", "b/c.csv")
    assert note_together(tmp_path, [TablePart(tmp_path / "a.csv")]) == []
    assert (
        "2 tables together: a.csv, b/c.csv"
        in note_together(tmp_path, [TablePart(tmp_path / "a.csv"), TablePart(tmp_path / "b/c.csv")])[0]
    )
    assert unread_tables(tmp_path, [tmp_path / "a.csv"]).notes()[0].startswith("not read: b/c.csv")
    assert unread_tables(tmp_path, [tmp_path / "a.csv", tmp_path / "b/c.csv"]).notes() == []


@pytest.mark.parametrize(
    ("table", "names", "place", "noted"),
    [
        ("images/metadata.csv", "images/{}.png", "images", True),
        ("images/metadata.csv", "{}.png", "images", False),
        ("images/metadata.csv", "images/{}.png", "images/images", False),
        ("labels/metadata.csv", "images/{}.png", "images", True),
        ("labels/metadata.csv", "{}.png", "images", True),
        ("labels/metadata.csv", "../images/{}.png", "images", False),
        ("metadata.csv", "images/{}.png", "images", False),
    ],
)
def test_a_table_names_images_below_its_folder_else_from_the_data_folder(
    tmp_path: Path, table: str, names: str, place: str, noted: bool
) -> None:
    for i in range(4):
        save_image(tmp_path / place / f"{i}.png", (8, 8), seed=i)
    (tmp_path / table).parent.mkdir(exist_ok=True)
    rows = [f"{names.format(i)},{'ab'[i % 2]}" for i in range(4)]
    (tmp_path / table).write_text("\n".join(["file_name,kind", *rows, ""]))
    read = read_data("imagefolder", tmp_path)
    assert read.files == [f"{place}/{i}.png" for i in range(4)]
    assert any("below its own folder" in note for note in read.notes) == noted


def test_an_image_missing_from_a_tables_own_folder_is_not_found_elsewhere(tmp_path: Path) -> None:
    save_image(tmp_path / "train/0.png", (8, 8))
    save_image(tmp_path / "1.png", (8, 8), seed=1)
    (tmp_path / "train/metadata.csv").write_text("file_name,kind\n0.png,a\n1.png,b\n")
    rows = ImageFolder().rows(DataOptions("imagefolder", tmp_path), read_labels=True)
    assert rows.files == ["train/0.png"]
