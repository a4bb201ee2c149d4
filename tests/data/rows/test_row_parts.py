"""Which tables of a folder hold the labels."""

from pathlib import Path

import pytest

from mtlue import InputError
from mtlue.data.rows.parts import TablePart, metadata_parts, note_together, shard_parts
from mtlue.data.rows.unread import unread_tables


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
