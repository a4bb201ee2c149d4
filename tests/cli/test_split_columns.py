"""Columns of splits: the same words and the same rule as folders of splits, and advice that works."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pandas as pd
import pytest

from conftest import Outcome, save_image, write_table

Run = Callable[..., Outcome]
NOISE = ("--method", "noise", "--epsilon", 4)
QUICK = ("--learner-epochs", 1, "--batch-size", 4, "--settings", "stl")


def write_data(root: Path, splits: Sequence[str] | None = None, count: int = 24) -> tuple[str, ...]:
    """Images and their table; ``splits`` are repeated; the arguments that read it."""
    rows = []
    for i in range(count):
        save_image(root / f"{i}.png", (8, 8), seed=i)
        split = {"split": splits[i % len(splits)]} if splits else {}
        rows.append({"file": f"{i}.png", "kind": "ab"[i // 2 % 2], **split})
    write_table(root, rows)
    return ("--dataset", "table", "--data", str(root))


@pytest.mark.parametrize("word", ["val", "Valid", "validation", "dev"])
def test_without_test_images_those_for_validation_are_for_it(mtlue: Run, tmp_path: Path, word: str) -> None:
    data = write_data(tmp_path / "data", ["train", word])
    done = mtlue("protect", *data, "--out", tmp_path / "out", *NOISE)
    assert done.status == 0
    assert "the validation images are used for it" in done.err
    assert "neither fitting nor testing" not in done.err
    table = pd.read_csv(tmp_path / "out/release/metadata.csv")
    assert table["split"].value_counts().to_dict() == {"train": 12, "test": 12}


def test_beside_test_images_those_for_validation_stay_apart(mtlue: Run, tmp_path: Path) -> None:
    data = write_data(tmp_path / "data", ["train", "val", "eval"])
    done = mtlue("protect", *data, "--out", tmp_path / "out", *NOISE)
    assert "'val' (8): these images are released, but used for neither fitting nor testing" in done.err
    table = pd.read_csv(tmp_path / "out/release/metadata.csv")
    assert set(table["split"]) == {"train", "val", "test"}


def test_a_second_table_of_splits_follows_the_same_rule(mtlue: Run, tmp_path: Path) -> None:
    data = write_data(tmp_path / "data")
    rows = [{"file": f"{i}.png", "part": ("train", "valid")[i % 2]} for i in range(24)]
    table = write_table(tmp_path / "data", rows, "parts.csv")
    done = mtlue("inspect", *data, "--labels", "labels.csv", "--split-table", table)
    assert done.status == 0, done.err
    assert "the validation images are used for it" in done.err + done.out


class TestAdviceWithoutTestImages:
    def evaluated(self, mtlue: Run, data: Sequence[object], protected: Path) -> Outcome:
        return mtlue("evaluate", *data, "--protected", protected, "--out", protected / "e", *QUICK)

    def test_of_a_column(self, mtlue: Run, tmp_path: Path) -> None:
        data = write_data(tmp_path / "data", ["train"])
        assert mtlue("protect", *data, "--out", tmp_path / "out", *NOISE).status == 0
        refused = self.evaluated(mtlue, data, tmp_path / "out")
        assert refused.status == 2
        assert "write test for some images in the split column 'split'" in refused.err
        assert "protect again with --split-column none" in refused.err
        by_share = (*data, "--split-column", "none")
        assert mtlue("protect", *by_share, "--out", tmp_path / "again", *NOISE).status == 0
        assert self.evaluated(mtlue, by_share, tmp_path / "again").status == 0

    def test_of_a_share(self, mtlue: Run, tmp_path: Path) -> None:
        data = write_data(tmp_path / "data")
        none_held_out = (*data, "--test-fraction", "0")
        assert mtlue("protect", *none_held_out, "--out", tmp_path / "out", *NOISE).status == 0
        refused = self.evaluated(mtlue, none_held_out, tmp_path / "out")
        assert "protect again with another --test-fraction, or add images" in refused.err
        refused = self.evaluated(mtlue, (*data, "--test-fraction", "0.3"), tmp_path / "out")
        assert "add test images to it, or protect again with a share of them held out" in refused.err
        assert mtlue("protect", *data, "--out", tmp_path / "again", *NOISE).status == 0
        assert self.evaluated(mtlue, data, tmp_path / "again").status == 0

    def test_of_a_second_table(self, mtlue: Run, tmp_path: Path) -> None:
        data = (*write_data(tmp_path / "data"), "--labels", "labels.csv", "--split-table", tmp_path / "data/parts.csv")

        def say(splits: Sequence[str]) -> None:
            rows = [{"file": f"{i}.png", "split": splits[i % len(splits)]} for i in range(24)]
            write_table(tmp_path / "data", rows, "parts.csv")

        say(["train"])
        assert mtlue("protect", *data, "--out", tmp_path / "out", *NOISE).status == 0
        refused = self.evaluated(mtlue, data, tmp_path / "out")
        assert f"write test for some images in {tmp_path / 'data/parts.csv'}, and protect again" in refused.err
        say(["train", "train", "test"])
        assert mtlue("protect", *data, "--out", tmp_path / "again", *NOISE).status == 0
        assert self.evaluated(mtlue, data, tmp_path / "again").status == 0

    def test_of_folders_with_tables(self, mtlue: Run, tmp_path: Path) -> None:
        write_data(tmp_path / "data/train")
        (tmp_path / "data/train/labels.csv").rename(tmp_path / "data/train/metadata.csv")
        data = ("--dataset", "imagefolder", "--data", tmp_path / "data")
        assert mtlue("protect", *data, "--out", tmp_path / "out", *NOISE).status == 0
        refused = self.evaluated(mtlue, data, tmp_path / "out")
        assert "add a folder 'test' with images and a metadata table" in refused.err
        assert "--dataset table --split-table" in refused.err
        rows = [{"file": f"train/{i}.png", "split": ("train", "test")[i % 3 == 0]} for i in range(24)]
        parts = write_table(tmp_path, rows, "parts.csv")
        table = ("--dataset", "table", "--data", tmp_path / "data", "--split-table", parts)
        again = mtlue("protect", *table, "--out", tmp_path / "again", *NOISE)
        assert again.status == 0, again.err
        assert self.evaluated(mtlue, table, tmp_path / "again").status == 0
        write_data(tmp_path / "data/test", count=8)
        (tmp_path / "data/test/labels.csv").rename(tmp_path / "data/test/metadata.csv")
        assert self.evaluated(mtlue, data, tmp_path / "out").status == 0


class TestCards:
    """Texts that people put beside a release to publish it."""

    @pytest.fixture
    def out(self, mtlue: Run, tmp_path: Path) -> Path:
        assert mtlue("protect", *write_data(tmp_path / "data"), "--out", tmp_path / "out", *NOISE).status == 0
        return tmp_path / "out"

    @pytest.mark.parametrize("name", ["README.md", "LICENSE", "LICENSE.txt", "License.md", ".gitattributes"])
    def test_texts_to_publish_it_are_noted(self, mtlue: Run, out: Path, name: str) -> None:
        (out / "release" / name).write_text("# Größe\n", encoding="utf-8")
        done = mtlue("verify", out)
        assert done.status == 0, done.err
        assert f"not checked, as mtlue did not write it: {name}" in " ".join((done.out + done.err).split())

    @pytest.mark.parametrize(
        ("name", "content"),
        [
            ("README.md", b"\x89PNG\0"),
            ("LICENSE", b"\xff\xfe"),
            ("LICENSE.png", b"text"),
            ("README", b"text"),
            ("images/README.md", b"text"),
            ("README.md", b"x" * (2**20 + 1)),
        ],
    )
    def test_anything_else_is_not(self, mtlue: Run, out: Path, name: str, content: bytes) -> None:
        (out / "release" / name).write_bytes(content)
        done = mtlue("verify", out)
        assert done.status == 1
        assert f"{name} is not in the manifest" in done.err

    def test_links_and_folders_are_not(self, mtlue: Run, out: Path, tmp_path: Path) -> None:
        (tmp_path / "card").write_text("x")
        (out / "release/README.md").symlink_to(tmp_path / "card")
        assert "README.md is a link" in mtlue("verify", out).err
        (out / "release/README.md").unlink()
        (out / "release/LICENSE").mkdir()
        assert "LICENSE is a folder" in mtlue("verify", out).err


def test_a_misspelt_split_is_refused_along_with_other_faults(mtlue: Run, tmp_path: Path) -> None:
    data = write_data(tmp_path / "data", ("train", "trian", "test"))
    refused = mtlue("inspect", *data, "--tasks", "knid")
    assert refused.status == 2
    assert "labels.csv: 'trian' looks like 'train': write the word as it is meant" in refused.err
    assert "'knid' is not a column" in refused.err
    assert "(columns: kind): did you mean 'kind'?" in refused.err
