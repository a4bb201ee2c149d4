"""Tables beside tables: of splits, and of metadata in the folders of the images."""

from pathlib import Path

import pandas as pd
import pytest
from people_tables import COUNT, KINDS, Mtlue, classes, images, read, rows, save, write

from conftest import SHARED


class TestSplitTable:
    def folder(self, root: Path) -> Path:
        images(root, "images/{i}.jpg")
        write(root, rows("{i},{kind}", "id,kind"), "styles.csv")
        lines = [f"{i},{'test' if i % 4 == 3 else 'train'}" for i in range(COUNT - 1)]
        write(root, "\n".join(["id,split", *lines]), "split.csv")
        return root

    def test_a_second_table_says_the_split(self, tmp_path: Path, mtlue: Mtlue) -> None:
        root = self.folder(tmp_path)
        collection = read(root, labels=Path("styles.csv"), split_table=Path("split.csv"))
        splits = dict(zip(collection.files, collection.splits, strict=True))
        assert splits["images/3.jpg"] == "test"
        assert splits["images/4.jpg"] == "train"
        assert any(one.reason == "split.csv does not name it" for one in collection.skipped)
        outcome = mtlue("inspect", "--dataset", "table", "--data", root, "--labels", "styles.csv")
        assert "not read: split.csv" in outcome.err

    @pytest.mark.skipif(not (SHARED / "fashion").is_dir(), reason="the shared samples are not here")
    def test_a_shop_as_its_owners_publish_it(self) -> None:
        tables = {"labels": Path("styles.csv"), "split_table": Path("split.csv")}
        collection = read(SHARED / "fashion", "table", **tables, size=16, limit_train=20, limit_test=10)
        assert sorted(set(collection.splits)) == ["test", "train"]
        assert {"gender", "season", "usage"} <= {task.name for task in collection.tasks}
        assert any("('10000')" in note and "(images/10000.jpg)" in note for note in collection.notes)

    def test_a_split_table_of_other_words_has_a_way_out_that_works(self, tmp_path: Path, mtlue: Mtlue) -> None:
        root = self.folder(tmp_path)
        write(root, "\n".join(["id,split", *(f"{i},{i % 3}" for i in range(COUNT))]), "split.csv")
        base = ("inspect", "--dataset", "table", "--data", root, "--labels", "styles.csv")
        refused = mtlue(*base, "--split-table", "split.csv")
        assert refused.status == 2
        assert "leave out --split-table" in " ".join(refused.err.split())
        assert "--split-column none" not in " ".join(refused.err.split())
        assert mtlue(*base).status == 0

    def test_without_options_both_are_named(self, tmp_path: Path, mtlue: Mtlue) -> None:
        outcome = mtlue("inspect", "--dataset", "table", "--data", self.folder(tmp_path))
        assert outcome.status == 2
        assert "--labels" in outcome.err
        assert "--split-table" in outcome.err


class TestMetadata:
    @pytest.mark.parametrize("dataset", ["table", "imagefolder"])
    @pytest.mark.parametrize("suffix", [".csv", ".jsonl", ".parquet"])
    @pytest.mark.parametrize("folders", [("train", "test"), ("data/train", "data/test"), ("a/b", "c"), ("data",)])
    def test_in_any_folder_names_the_images_below_it(
        self, folders: tuple[str, ...], suffix: str, dataset: str, tmp_path: Path
    ) -> None:
        for folder in folders:
            images(tmp_path / folder, "sub/{i}.png")
            frame = pd.DataFrame({"file_name": [f"sub/{i}.png" for i in range(COUNT)], "kind": [*KINDS] * 4})
            path = tmp_path / folder / f"metadata{suffix}"
            save(frame, path)
        collection = read(tmp_path, dataset)
        assert classes(collection, "kind") == ("cat", "cow", "dog")
        assert len(collection.listing) == COUNT * len(folders)
        if "train" in folders[0]:
            folder_of = dict(zip(collection.files, collection.splits, strict=True))
            assert all(("train" in file) == (split == "train") for file, split in folder_of.items())

    def test_columns_that_only_some_tables_have_are_missing_elsewhere(self, tmp_path: Path) -> None:
        for folder, header in (("train", "file_name,kind"), ("test", "file_name,tone")):
            images(tmp_path / folder)
            write(tmp_path / folder, rows("{i}.png,{kind}", header), "metadata.csv")
        collection = read(tmp_path)
        missing = {name: int((labels[:] == -1).sum()) for name, labels in collection.samples.labels.items()}
        assert missing == {"kind": COUNT, "tone": COUNT}

    def test_tables_that_are_not_read_are_named(self, tmp_path: Path, mtlue: Mtlue) -> None:
        for kind in KINDS:
            images(tmp_path / kind, count=4)
        write(tmp_path, rows("cat/{i}.png,{half}", count=4), "extra.csv")
        outcome = mtlue("inspect", "--dataset", "imagefolder", "--data", tmp_path)
        assert "not read: extra.csv" in outcome.err
        advised = mtlue("inspect", "--dataset", "table", "--data", tmp_path, "--labels", "extra.csv")
        assert "categorical (a," in advised.out

    def test_class_folders_beside_metadata_are_pointed_out(self, tmp_path: Path) -> None:
        for kind in ("cats", "dogs"):
            images(tmp_path / kind)
            write(tmp_path / kind, rows("{i}.png,{half}", "file_name,tone"), "metadata.csv")
        assert any("not taken for classes" in note for note in read(tmp_path, "imagefolder").notes)
