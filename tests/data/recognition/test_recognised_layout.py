"""What a folder is taken for where the user only names it."""

import shutil
from pathlib import Path

import pandas as pd
import pytest

from conftest import SHARED, save_image, write_table
from mtlue.data.files.folders import require_folder, unpacking
from mtlue.data.options import DataOptions
from mtlue.data.recognition.layout import layout_of, recognised
from mtlue.data.rows import image_tables
from mtlue.data.sources.table import Table
from mtlue.errors import InputError, spoken
from mtlue.tables.reading import LabelTable, read_label_table

LABELS = "id,kind,tone\n1,cat,dark\n2,dog,light\n3,cat,light\n"
SPLITS = "id,part\n1,train\n2,test\n3,train\n"


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Three numbered photos in a folder of their own; one of 17x23, one grey."""
    root = tmp_path / "photos"
    for number, (size, mode) in enumerate([((17, 23), "RGB"), ((8, 8), "L"), ((8, 8), "RGB")], start=1):
        save_image(root / f"images/{number}.png", size, mode=mode)
    return root


def taken_for(root: Path, **more: object) -> DataOptions:
    return recognised(DataOptions(data=root, **more))  # type: ignore[arg-type]


def test_a_table_of_ids_and_one_of_splits(photos: Path) -> None:
    (photos / "styles.csv").write_text(LABELS)
    (photos / "split.csv").write_text(SPLITS)
    layout = layout_of(DataOptions(data=photos))
    assert (layout.options.dataset, layout.options.labels) == ("table", Path("styles.csv"))
    assert layout.options.split_table == Path("split.csv")
    assert layout.text == "a table, styles.csv, with the split in split.csv; 3 image files"
    assert taken_for(photos, split_column="none").split_table is None
    assert taken_for(photos, labels=Path("styles.csv")) == layout.options


def test_of_several_tables_one_must_be_named(photos: Path) -> None:
    (photos / "styles.csv").write_text(LABELS)
    (photos / "more").mkdir()
    (photos / "more/prices.csv").write_text("id,price\n1,3.5\n2,4.5\n")
    with pytest.raises(InputError, match=r"2 tables .*: add labels more/prices.csv or labels styles.csv"):
        taken_for(photos)
    assert taken_for(photos, labels=Path("styles.csv")).labels == Path("styles.csv")
    (photos / "styles.csv").rename(photos / "labels.csv")
    with pytest.raises(InputError, match=r"2 tables .*: add labels labels.csv or labels more/prices.csv"):
        taken_for(photos)
    with pytest.raises(InputError, match=r"2 tables .*: add labels labels.csv or labels more/prices.csv"):
        Table().rows(DataOptions("table", photos), read_labels=True)
    assert taken_for(photos, labels=Path("more/prices.csv")).labels == Path("more/prices.csv")


def test_a_table_of_other_images_is_no_rival(photos: Path) -> None:
    (photos / "labels.csv").write_text(LABELS)
    (photos / "stock.csv").write_text("file,price\na/7.jpg,3.5\na/8.jpg,4.5\n")
    assert taken_for(photos).labels == Path("labels.csv")


def test_a_second_table_of_the_same_columns_may_name_the_test_images(photos: Path) -> None:
    for name in ("labels.csv", "held.csv"):
        (photos / name).write_text(LABELS)
    with pytest.raises(InputError, match=r"if held\.csv names the test images, labels labels.csv test_labels held.csv"):
        taken_for(photos)
    assert taken_for(photos, test_labels=Path("held.csv")).labels == Path("labels.csv")


def test_a_column_of_images_that_no_table_has_is_named_with_those_there_are(photos: Path) -> None:
    (photos / "labels.csv").write_text(LABELS)
    with pytest.raises(
        InputError, match=r"image_column 'i_d' is not a column of .*labels.csv \(columns: id, .*did you"
    ):
        taken_for(photos, image_column="i_d")
    (photos / "more.csv").write_text("photo,price\n1,3.5\n2,4.5\n")
    with pytest.raises(InputError, match=r"2 things are wrong: .*labels.csv .*more.csv \(columns: photo, price\)"):
        taken_for(photos, image_column="foto")
    assert taken_for(photos, image_column="photo").labels == Path("more.csv")


def test_the_column_of_images_of_the_labels_leaves_the_table_of_splits_its_own(photos: Path) -> None:
    (photos / "styles.csv").write_text(LABELS.replace("id,", "photo,", 1))
    (photos / "split.csv").write_text(SPLITS)
    for more in ({"image_column": "photo"}, {"split_column": SPLITS.split()[0].split(",")[1]}):
        assert taken_for(photos, **more).split_table == Path("split.csv")


def test_of_several_tables_of_splits_one_must_be_named(photos: Path) -> None:
    (photos / "styles.csv").write_text(LABELS)
    for name in ("a.csv", "b.csv"):
        (photos / name).write_text(SPLITS)
    with pytest.raises(InputError, match=r"add split_table a.csv or split_table b.csv; or split_column none"):
        taken_for(photos)


def test_a_table_for_training_and_one_for_testing(photos: Path) -> None:
    (photos / "train.csv").write_text("id,kind\n1,cat\n2,dog\n")
    (photos / "test.csv").write_text("id,kind\n3,cat\n")
    options = taken_for(photos)
    assert (options.labels, options.test_labels) == (Path("train.csv"), Path("test.csv"))
    (photos / "test.csv").write_text("id\n3\n")
    assert taken_for(photos).labels == Path("train.csv")
    assert taken_for(photos).test_labels is None


def test_folders_are_classes_unless_a_table_names_their_images(tmp_path: Path) -> None:
    for file in ("cat/1.png", "dog/1.png", "dog/2.png"):
        save_image(tmp_path / file, (8, 8))
    (tmp_path / "prices.csv").write_text("shop,price\nnorth,9\n")
    layout = layout_of(DataOptions(data=tmp_path))
    passed_over = "passed over: prices.csv (no column names image files)"
    text = f"a folder for each class (cat, dog); 3 image files; {passed_over}"
    assert (layout.options.dataset, layout.text) == ("imagefolder", text)
    write_table(tmp_path, [{"file": "cat/1.png", "tone": "dark"}, {"file": "dog/1.png", "tone": "light"}])
    assert taken_for(tmp_path).dataset == "table"


@pytest.mark.parametrize("names", [("images", "masks"), ("left", "left_labels")])
def test_images_and_their_label_maps_are_not_taken_for_classes(tmp_path: Path, names: tuple[str, str]) -> None:
    for name in names:
        for number in range(2):
            save_image(tmp_path / f"{name}/{number}.png", (8, 8))
    with pytest.raises(InputError, match=r"hold files of the same names.*add dataset imagefolder"):
        taken_for(tmp_path)


def test_numbered_files_are_alike_in_many_classes(tmp_path: Path) -> None:
    for name in ("cat", "dog"):
        save_image(tmp_path / f"{name}/001.png", (8, 8))
    assert taken_for(tmp_path).dataset == "imagefolder"


def test_a_folder_without_labels_says_what_to_add(photos: Path) -> None:
    with pytest.raises(InputError, match=r"3 image files, such as images/1.png, but nothing that says their labels"):
        taken_for(photos)
    (photos / "prices.csv").write_text("shop,price\nnorth,9\n")
    with pytest.raises(InputError, match=r"no column of prices.csv names them: name the column with image_column"):
        taken_for(photos)
    (photos / "prices.csv").write_text("file,price\n\n")
    with pytest.raises(InputError, match=r"no row stands below the header of prices.csv: write one for each image"):
        taken_for(photos)
    assert taken_for(photos, pattern=r"(?P<kind>\d)").dataset == "filenames"


def test_tables_of_every_kind_without_a_row_say_so(photos: Path) -> None:
    pd.DataFrame({"file": [], "kind": []}).to_parquet(photos / "prices.parquet")
    (photos / "prices.jsonl").write_text("\n")
    with pytest.raises(InputError, match=r"no row stands in prices\.jsonl, prices\.parquet: write one for each image"):
        taken_for(photos)
    (photos / "prices.jsonl").write_text('{"shop": "north"}\n')
    with pytest.raises(InputError, match=r"no column of prices\.jsonl, prices\.parquet names them"):
        taken_for(photos)


def test_a_folder_without_images_says_so(tmp_path: Path) -> None:
    (tmp_path / "photos.zip").write_bytes(b"PK")
    with pytest.raises(
        InputError, match=r"no image below .*, but photos.zip: give that zip file itself \(data .*zip\)"
    ):
        taken_for(tmp_path)
    (tmp_path / "a.tar.gz").write_bytes(b"PK")
    with pytest.raises(InputError, match=r"but a\.tar\.gz, photos\.zip, which must be unpacked first"):
        taken_for(tmp_path)


def test_a_page_is_not_told_what_to_type(tmp_path: Path) -> None:
    (tmp_path / "a.tar.gz").write_bytes(b"PK")
    said = []
    for data in (tmp_path, tmp_path / "a.tar.gz"):
        with pytest.raises(InputError, match="python -m tarfile") as refused:
            taken_for(data)
        said.append(spoken(refused.value.text, shell=False))
    assert all("unpack" in text for text in said)
    assert not any("python" in text or "()" in text for text in said)


def test_commands_that_unpack_are_ones_that_a_shell_takes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my photos").mkdir()
    command = "python -m tarfile --filter data -e 'my photos.tgz' 'my photos-unpacked'"
    assert unpacking(Path("my photos.tgz")) == command
    assert unpacking(Path("in/a.tar.gz")) == "python -m tarfile --filter data -e in/a.tar.gz a"


def test_files_that_may_hold_labels_but_are_not_read_are_named(photos: Path) -> None:
    (photos / "labels.xlsx").write_bytes(b"PK")
    with pytest.raises(InputError, match=r"labels\.xlsx cannot be read as a table: save it as CSV UTF-8"):
        taken_for(photos)


def test_two_columns_that_name_different_images_are_said(photos: Path) -> None:
    (photos / "styles.csv").write_text("rank,id,kind\n3,1,cat\n2,2,dog\n1,3,cat\n")
    with pytest.raises(InputError, match=r"columns rank, id of .*styles\.csv each name image files"):
        taken_for(photos)
    assert taken_for(photos, image_column="id").labels == Path("styles.csv")


def test_a_catalogue_of_more_images_than_are_there(photos: Path) -> None:
    rows = [f"{number},{'cat' if number % 2 else 'dog'}" for number in range(1000, 0, -1)]
    (photos / "styles.csv").write_text("\n".join(["id,kind", *rows]))
    (photos / "split.csv").write_text(
        "\n".join(["id,part", *(f"{n},{'test' if n == 2 else 'train'}" for n in range(1000))])
    )
    layout = layout_of(DataOptions(data=photos, image_column="id"))
    assert layout.text == "a table, styles.csv, with the split in split.csv; 3 image files"
    assert Table().rows(layout.options, read_labels=True).splits == ["train", "test", "train"][::-1]


def test_a_linked_folder_is_named_with_the_options_that_read_it(photos: Path, tmp_path: Path) -> None:
    shop = tmp_path / "shop"
    shop.mkdir()
    (shop / "images").symlink_to(photos / "images")
    (shop / "styles.csv").write_text(LABELS)
    with pytest.raises(InputError, match=rf"give data {photos}/images labels {shop}/styles.csv"):
        taken_for(shop)
    (shop / "split.csv").write_text(SPLITS)
    with pytest.raises(InputError, match=r"tables \(split.csv, styles.csv\) with labels and, .*, split_table"):
        taken_for(shop)
    options = taken_for(photos / "images", labels=shop / "styles.csv")
    assert (options.dataset, options.labels) == ("table", shop / "styles.csv")


def test_a_damaged_table_is_not_passed_over(photos: Path) -> None:
    (photos / "styles.csv").write_bytes(b"id,kind\n1,\x81\x8d\n")
    with pytest.raises(InputError, match=r"styles\.csv"):
        taken_for(photos)


def test_a_source_that_is_named_is_kept() -> None:
    assert recognised(DataOptions("digits")) == DataOptions("digits")


@pytest.mark.parametrize("name", ["celeba", "chestxray14", "utkface"])
def test_published_datasets_are_told_by_their_files(name: str) -> None:
    if not (SHARED / name).is_dir():
        pytest.skip(f"{SHARED / name} is not there")
    assert taken_for(SHARED / name).dataset == name


def test_hugging_faces_tables(photos: Path) -> None:
    (photos / "metadata.csv").write_text("file_name,kind\nimages/1.png,cat\nimages/2.png,dog\n")
    assert taken_for(photos).dataset == "imagefolder"
    shutil.copy(photos / "metadata.csv", photos / "styles.csv")
    with pytest.raises(InputError, match=r"metadata.csv and styles.csv .*: add dataset imagefolder or labels styles"):
        taken_for(photos)
    (photos / "styles.csv").rename(photos / "labels.csv")
    with pytest.raises(InputError, match=r"add labels metadata.csv or labels labels.csv"):
        taken_for(photos)


@pytest.mark.parametrize("dataset", ["auto", "table"])
def test_an_archive_is_refused_with_the_command_that_unpacks_it(tmp_path: Path, dataset: str) -> None:
    (tmp_path / "photos.tar.gz").write_bytes(b"PK")
    with pytest.raises(InputError, match=r"a kind that is not read: .*python -m tarfile --filter data -e .* photos"):
        require_folder(DataOptions(dataset, tmp_path / "photos.tar.gz"))


def test_of_large_tables_only_the_first_rows_are_read(photos: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(image_tables, "_ROWS", 4)
    (photos / "styles.csv").write_text(LABELS + "".join(f"{number},cat,dark\n" for number in range(4, 9)))
    read: list[tuple[str, int | None]] = []

    def noted(path: Path, rows: int | None = None) -> LabelTable:
        read.append((path.name, rows))
        return read_label_table(path, rows=rows)

    monkeypatch.setattr(image_tables, "read_label_table", noted)
    assert taken_for(photos).labels == Path("styles.csv")
    assert read == [("styles.csv", 4)]
    (photos / "stock.csv").write_text("place,left\n" + "a,1\n" * 9)  # names none: all of it is looked at
    assert taken_for(photos).labels == Path("styles.csv")
    assert [*read[1:]] == [("stock.csv", 4), ("stock.csv", None), ("styles.csv", 4)]


def test_a_table_of_the_current_folder_is_not_taken_for_the_data_folders_own(
    photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (photos / "styles.csv").write_text(LABELS)
    (photos / "split.csv").write_text(SPLITS)
    (tmp_path / "styles.csv").write_text(LABELS.replace("cat", "other"))
    (tmp_path / "split.csv").write_text(SPLITS.replace("test", "train"))
    for data in (Path("photos"), photos):
        rows = Table().rows(taken_for(data), read_labels=True)
        assert [*rows.frame["kind"]] == ["cat", "dog", "cat"]
        assert rows.splits == ["train", "test", "train"]
    named = Table().rows(taken_for(photos, labels=Path("styles.csv")), read_labels=True)
    assert [*named.frame["kind"]] == ["other", "dog", "other"]
    (photos / "more.csv").write_text("id,price\n1,3.5\n2,4.5\n")
    with pytest.raises(InputError, match=r"add labels more\.csv or labels photos/styles\.csv"):
        taken_for(Path("photos"))


def test_a_table_of_the_current_folder_hides_no_rival(
    photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (photos / "labels.csv").write_text(LABELS)
    (photos / "parts.csv").write_text(LABELS.replace("kind", "sort"))
    (tmp_path / "parts.csv").write_text(SPLITS)
    with pytest.raises(InputError, match=r"2 tables .*: add labels labels\.csv or labels photos/parts\.csv"):
        Table().rows(DataOptions("table", Path("photos"), split_table=Path("parts.csv")), read_labels=True)
