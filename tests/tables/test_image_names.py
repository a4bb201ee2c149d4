"""Names of images in tables, as people write them."""

import unicodedata
from pathlib import Path
from typing import Literal

import numpy as np
import pytest
from people_tables import COUNT, Mtlue, images, read, rows, write
from PIL import Image

from conftest import save_image

Form = Literal["NFC", "NFD"]


class TestNames:
    @pytest.mark.parametrize(
        ("pattern", "row", "header"),
        [
            ("imgs/ISIC_{i:04d}.jpg", "ISIC_{i:04d},{kind}", "image,kind"),
            ("images/1000{i}.jpg", "1000{i},{kind}", "id,kind"),
            ("images/1000{i}.jpg", "1000{i}.jpg,{kind}", "file,kind"),
            ("{i}.JPG", "{i}.jpg,{kind}", "file,kind"),
        ],
    )
    def test_without_suffix_or_folder(self, pattern: str, row: str, header: str, tmp_path: Path) -> None:
        images(tmp_path, pattern)
        write(tmp_path, rows(row, header))
        collection = read(tmp_path)
        assert sorted(collection.files) == sorted(pattern.format(i=i) for i in range(COUNT))
        assert any("rows give the image " in note for note in collection.notes)
        assert not collection.skipped

    @pytest.mark.parametrize(
        "row",
        [
            "https://example.org/pictures/{i}.png?size=large",
            "file:///home/ann/pictures/{i}.png",
            "C:\\Users\\Ann\\{i}.png",
            "/home/ann/pictures/{i}.png",
            "photos/{i}.png",
            "photos/a%20b/{i}.png",
        ],
    )
    def test_paths_of_another_machine(self, row: str, tmp_path: Path, mtlue: Mtlue) -> None:
        images(tmp_path / "photos")
        write(tmp_path / "photos", rows(row + ",{kind}"))
        outcome = mtlue("inspect", "--dataset", "table", "--data", tmp_path / "photos")
        assert outcome.status == 0, outcome.err
        assert "12 rows give the image by another name than its path" in " ".join(outcome.err.split())

    def test_the_longest_end_of_an_address_counts(self, tmp_path: Path) -> None:
        for folder in ("a", "b"):
            images(tmp_path / folder)
        write(tmp_path, rows("https://x.org/y/a/{i}.png,{kind}") + "https://x.org/0.png,cat\n")
        collection = read(tmp_path)
        assert all(file.startswith("a/") for file in collection.files)
        assert any("a/0.png or b/0.png" in one.reason for one in collection.skipped)

    def test_several_files_of_one_name_are_left_out_with_both(self, tmp_path: Path) -> None:
        images(tmp_path, "a/{i}.png")
        images(tmp_path, "b/{i}.png", 1)
        write(tmp_path, rows("{i},{kind}"))
        skipped = {one.name: one.reason for one in read(tmp_path).skipped}
        assert "a/0.png or b/0.png" in skipped["line 2 of labels.csv (0)"]

    def test_masks_of_the_same_names_have_a_way_out_that_works(self, tmp_path: Path, mtlue: Mtlue) -> None:
        images(tmp_path, "images/{i}.jpg")
        images(tmp_path, "masks/{i}.png")
        table = write(tmp_path, rows("{i},{kind}", "id,kind"))
        assert "point --data at one folder" in mtlue("inspect", "--dataset", "table", "--data", tmp_path).err
        outcome = mtlue("inspect", "--dataset", "table", "--data", tmp_path / "images", "--labels", table)
        assert outcome.status == 0

    @pytest.mark.parametrize("on_disk", ["NFC", "NFD"])
    def test_accents_apart_or_in_one(self, on_disk: Form, tmp_path: Path) -> None:
        other: Form = "NFD" if on_disk == "NFC" else "NFC"
        images(tmp_path, unicodedata.normalize("NFC", "ü/") + unicodedata.normalize(on_disk, "é{i}.png"))
        write(tmp_path, rows(unicodedata.normalize("NFD", "ü/") + unicodedata.normalize(other, "é{i}.png") + ",{kind}"))
        assert len(read(tmp_path).listing) == COUNT

    def test_a_table_of_images_alone_names_their_column(self, tmp_path: Path, mtlue: Mtlue) -> None:
        images(tmp_path)
        write(tmp_path, "file\n0.png\n1.png\n")
        outcome = mtlue("inspect", "--dataset", "table", "--data", tmp_path, "--id-column", "x")
        assert "(columns: file): name one of these" in " ".join(outcome.err.split())

    def test_a_name_never_leads_outside(self, tmp_path: Path) -> None:
        images(tmp_path / "data")
        save_image(tmp_path / "secret.png")
        write(tmp_path / "data", rows() + "../secret.png,cat\n../secret,cat\n")
        reasons = [one.reason for one in read(tmp_path / "data").skipped]
        assert len(reasons) == 2
        assert all("points outside" in reason for reason in reasons)


def test_a_mask_of_two_images_is_pointed_out(tmp_path: Path, mtlue: Mtlue) -> None:
    images(tmp_path)
    for i in range(2):
        values = np.random.default_rng(i).integers(0, 3, (20, 24), dtype=np.uint8)
        Image.fromarray(values).save(tmp_path / f"m{i}.png")
    write(tmp_path, rows("{i}.png,m{i}.png", "file,mask", 2) + "2.png,m0.png\n")
    outcome = mtlue("inspect", "--dataset", "table", "--data", tmp_path)
    assert "1 label file belongs to several images, such as m0.png (2 images)" in " ".join(outcome.err.split())
