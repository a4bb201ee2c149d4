"""Folders of shards are recognised where nothing else may be meant."""

from pathlib import Path

import pytest

from conftest import read_data, save_image
from mtlue.data.loading import parts
from mtlue.data.options import DataOptions
from mtlue.data.recognition.layout import layout_of
from mtlue.errors import InputError
from shard_files import WRITERS, png, write_columns, write_parquet, write_tar, write_tars

SUFFIXES = pytest.mark.parametrize("suffix", WRITERS)
WORDS = {
    ".parquet": "shards: images inside 2 Parquet files",
    ".tar": "shards: WebDataset, images inside 2 tars",
}


def write(root: Path, suffix: str, *names: str) -> Path:
    for number, name in enumerate(names):
        WRITERS[suffix](root / f"{name}{suffix}", range(4 * number, 4 * number + 4), grey=number == 0)
    return root


@SUFFIXES
@pytest.mark.parametrize("names", [("data/train-0", "data/test-0"), ("a", "b")])
def test_shards_are_recognised(suffix: str, names: tuple[str, str], tmp_path: Path) -> None:
    root = write(tmp_path / "in", suffix, *names)
    layout = layout_of(DataOptions(data=root))
    assert (layout.options.dataset, layout.text) == ("shards", WORDS[suffix])
    assert len(parts(DataOptions(data=root))) == 2
    assert read_data("auto", root).listing.ids == read_data("shards", root).listing.ids


@SUFFIXES
def test_one_shard_is_enough(suffix: str, tmp_path: Path) -> None:
    assert layout_of(DataOptions(data=write(tmp_path, suffix, "photos"))).options.dataset == "shards"


@SUFFIXES
def test_images_beside_shards_are_what_a_folder_holds(suffix: str, tmp_path: Path) -> None:
    write(tmp_path, suffix, "a")
    for name in ("cat/1.png", "dog/2.png"):
        save_image(tmp_path / name, (8, 8))
    assert layout_of(DataOptions(data=tmp_path)).options.dataset == "imagefolder"


def test_hidden_tars_are_not_seen(tmp_path: Path) -> None:
    write_tars(tmp_path / "a.tar", range(3))
    write_tar(tmp_path / ".hidden/b.tar", [("x.png", png(1))])
    assert layout_of(DataOptions(data=tmp_path)).options.dataset == "shards"


def test_a_tar_of_photos_is_an_archive(tmp_path: Path) -> None:
    write_tar(tmp_path / "photos.tar", [(f"{kind}/{i}.png", png(i)) for kind in ("cat", "dog") for i in range(2)])
    with pytest.raises(InputError, match=r"photos\.tar, which must be unpacked first"):
        layout_of(DataOptions(data=tmp_path))
    (tmp_path / "photos.tar").write_bytes(b"no tar")
    with pytest.raises(InputError, match=r"photos\.tar, which must be unpacked first"):
        layout_of(DataOptions(data=tmp_path))


def test_a_table_beside_tars_goes_first(tmp_path: Path) -> None:
    write_tars(tmp_path / "a.tar", range(3))
    (tmp_path / "labels.csv").write_text("file,kind\n1.png,cat\n")
    assert layout_of(DataOptions(data=tmp_path)).options.dataset == "table"


def test_parquet_files_of_which_some_are_splits_are_read_as_tables(tmp_path: Path) -> None:
    write_parquet(tmp_path / "train-0.parquet", range(4))
    write_parquet(tmp_path / "more.parquet", range(4, 8))
    assert layout_of(DataOptions(data=tmp_path)).options.dataset == "table"


def test_parquet_without_images_is_a_table(tmp_path: Path) -> None:
    write_columns(tmp_path / "train-0.parquet", {"file": ["1.png"], "kind": ["cat"]})
    assert layout_of(DataOptions(data=tmp_path)).options.dataset == "table"


def test_why_a_tar_is_no_shard_is_said(tmp_path: Path) -> None:
    write_tars(tmp_path / "a.tar", range(30))
    (tmp_path / "a.tar").write_bytes((tmp_path / "a.tar").read_bytes()[:3000])
    with pytest.raises(InputError, match=r"a\.tar, which must be .* as a shard it is not read: .* is cut off"):
        layout_of(DataOptions(data=tmp_path))
    (tmp_path / "a.tar").rename(tmp_path / "a.tar.gz")
    with pytest.raises(InputError, match=r"a\.tar\.gz, which must be .*once they are \.tar, no longer compressed"):
        layout_of(DataOptions(data=tmp_path))
