"""Official layouts, from miniatures and, where they lie beside the checkout, from real files."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from conftest import SHARED, read_data, save_image
from mtlue import InputError
from mtlue.data.sources.chestxray14 import FINDINGS
from mtlue.errors import spoken


def celeba(root: Path) -> Path:
    for i in range(1, 7):
        save_image(root / f"img_align_celeba/00000{i}.jpg", (178, 218), seed=i)
    rows = [f"00000{i}.jpg {'-1' if i % 2 else ' 1'}  1" for i in range(1, 7)]
    (root / "list_attr_celeba.txt").write_text("\n".join(["6", "Bald Smiling ", *rows, ""]))
    (root / "list_eval_partition.txt").write_text("".join(f"00000{i}.jpg {(i - 1) // 2}\n" for i in range(1, 7)))
    return root


def chestxray14(root: Path) -> Path:
    header = (
        "Image Index,Finding Labels,Follow-up #,Patient ID,OriginalImage[Width,Height],OriginalImagePixelSpacing[x,y],"
    )
    found = ["Hernia", "No Finding", "Mass|Pleural_Thickening", "No Finding"]
    names = [f"0000000{i}_000.png" for i in range(4)]
    for i, name in enumerate(names):
        save_image(root / f"images_00{i // 2 + 1}/images" / name, (64, 64), mode="L", seed=i)
    rows = [f"{name},{findings},0,1,2682,2749,0.143,0.143" for name, findings in zip(names, found, strict=True)]
    (root / "Data_Entry_2017.csv").write_text("\n".join([header, *rows, ""]))
    (root / "train_val_list.txt").write_text("\n".join(names[:3]))
    (root / "test_list.txt").write_text(names[3])
    return root


class TestCelebA:
    def test_labels_splits_and_pipeline(self, tmp_path: Path) -> None:
        collection = read_data("celeba", celeba(tmp_path / "celeba").parent)
        assert [task.name for task in collection.tasks] == ["Bald", "Smiling"]
        assert collection.splits == ["train", "train", "val", "val", "test", "test"]
        assert collection.samples.labels["Bald"][:].tolist() == [0, 1, 0, 1, 0, 1]
        assert collection.samples.images.shape == (6, 3, 70, 70)
        assert (collection.pipeline.crop, collection.pipeline.flip) == ((64, 64), True)

    def test_the_copy_on_kaggle_reads_alike(self, tmp_path: Path) -> None:
        official, kaggle = celeba(tmp_path / "official"), tmp_path / "kaggle"
        shutil.copytree(official / "img_align_celeba", kaggle / "img_align_celeba/img_align_celeba")
        attributes = (official / "list_attr_celeba.txt").read_text().splitlines()[2:]
        rows = ["image_id,Bald,Smiling", *(",".join(line.split()) for line in attributes)]
        (kaggle / "list_attr_celeba.csv").write_text("\n".join(rows))
        parts = (official / "list_eval_partition.txt").read_text().splitlines()
        rows = ["image_id,partition", *(",".join(line.split()) for line in parts)]
        (kaggle / "list_eval_partition.csv").write_text("\n".join(rows))
        one, other = read_data("celeba", official), read_data("celeba", kaggle)
        assert one.splits == other.splits
        assert all(
            torch.equal(one.samples.labels[name][:], other.samples.labels[name][:]) for name in ("Bald", "Smiling")
        )
        assert other.files[0] == "img_align_celeba/img_align_celeba/000001.jpg"
        assert not other.skipped
        (kaggle / "list_attr_celeba.csv").write_text("image_id,Bald\n000001.jpg,2\n")
        with pytest.raises(InputError, match=r"line 2 .*should hold 1 or -1 for Bald, not '2'"):
            read_data("celeba", kaggle)

    def test_images_missing_on_one_side_are_listed(self, tmp_path: Path) -> None:
        root = celeba(tmp_path)
        (root / "img_align_celeba/000001.jpg").unlink()
        with (root / "list_eval_partition.txt").open("a") as partition:
            partition.write("000099.jpg 0\n")
        save_image(root / "img_align_celeba/000050.jpg")
        assert {skipped.name for skipped in read_data("celeba", root).skipped} == {
            "img_align_celeba/000001.jpg",
            "img_align_celeba/000099.jpg",
            "img_align_celeba/000050.jpg",
        }

    @pytest.mark.parametrize(
        ("file", "change", "message"),
        [
            (
                "list_attr_celeba.txt",
                lambda text: text.replace("Bald Smiling", "Bald"),
                r"line 3 .*000001\.jpg.* 1 values",
            ),
            ("list_attr_celeba.txt", lambda text: text.replace("6\n", "7\n", 1), "says it lists 7 images, but lists 6"),
            ("list_attr_celeba.txt", lambda text: "", "should begin with"),
            ("list_eval_partition.txt", lambda text: text.replace(" 2", " 3"), "line 5 .*0, 1 or 2"),
            ("list_eval_partition.txt", lambda text: text + "000001.jpg 2\n", r"'000001\.jpg' more than once"),
            ("list_attr_celeba.txt", lambda text: text + "000001.jpg 1 1\n", r"'000001\.jpg' more than once"),
        ],
    )
    def test_lists_that_disagree_are_refused(
        self, tmp_path: Path, file: str, change: Callable[[str], str], message: str
    ) -> None:
        root = celeba(tmp_path)
        (root / file).write_text(change((root / file).read_text()))
        with pytest.raises(InputError, match=message):
            read_data("celeba", root)

    @pytest.mark.skipif(not (SHARED / "celeba").is_dir(), reason="needs the shared sample")
    def test_real_files(self) -> None:
        collection = read_data("celeba", SHARED / "celeba", limit_train=10, limit_test=5)
        assert len(collection.tasks) == 40
        assert collection.splits.count("train") == 10
        assert not collection.skipped


class TestChestXray14:
    def test_findings_splits_and_pipeline(self, tmp_path: Path) -> None:
        collection = read_data("chestxray14", chestxray14(tmp_path))
        assert [task.name for task in collection.tasks] == list(FINDINGS)
        labels = {name: label[:] for name, label in collection.samples.labels.items()}
        assert {name: labels[name].tolist() for name in FINDINGS if labels[name].any()} == {
            "Mass": [0, 0, 1, 0],
            "Pleural_Thickening": [0, 0, 1, 0],
            "Hernia": [1, 0, 0, 0],
        }
        assert collection.splits == ["train"] * 3 + ["test"]
        assert collection.samples.images.shape == (4, 1, 128, 128)

    def test_a_size_that_is_not_the_images_own_is_said(self, tmp_path: Path) -> None:
        root = chestxray14(tmp_path)
        note = "images of 64x64 pixels are enlarged to 128x128, the usual size of dataset 'chestxray14'"
        for options in ({}, {"value_range": (0, 255)}):
            assert f"{note}; size 64 keeps their own" in [*map(spoken, read_data("chestxray14", root, **options).notes)]
        own = read_data("chestxray14", root, size=64)
        assert own.samples.images.shape == (4, 1, 64, 64)
        assert not any("usual size" in note for note in own.notes)

    def test_the_newer_header_reads_alike(self, tmp_path: Path) -> None:
        root = chestxray14(tmp_path)
        table = root / "Data_Entry_2017.csv"
        rows = table.read_text().splitlines()[1:]
        header = "Image Index,Finding Labels,Follow-up #,Patient ID,OriginalImageWidth,OriginalImageHeight,x,y"
        (root / "Data_Entry_2017_v2020.csv").write_text("\n".join([header, *rows]))
        table.unlink()
        assert read_data("chestxray14", root).samples.labels["Hernia"][:].tolist() == [1, 0, 0, 0]

    def test_unknown_findings_and_missing_files_are_named(self, tmp_path: Path) -> None:
        root = chestxray14(tmp_path)
        (root / "images_001/images/00000000_000.png").unlink()
        save_image(root / "images_002/images/00000009_000.png", (64, 64), mode="L")
        with (root / "test_list.txt").open("a") as names:
            names.write("\n00000008_000.png")
        skipped = [skipped.name for skipped in read_data("chestxray14", root).skipped]
        assert skipped == ["00000000_000.png", "00000008_000.png", "images_002/images/00000009_000.png"]
        table = root / "Data_Entry_2017.csv"
        table.write_text(table.read_text().replace("Hernia", "Hernya"))
        with pytest.raises(InputError, match=r"finding 'Hernya' .of 00000000_000\.png. is unknown"):
            read_data("chestxray14", root)

    def test_an_absent_split_is_no_matter_of_a_fraction(self, tmp_path: Path) -> None:
        root = chestxray14(tmp_path)
        (root / "images_002/images/00000003_000.png").unlink()
        with pytest.raises(InputError, match=r"or unpack images that train_val_list\.txt and test_list\.txt name$"):
            read_data("chestxray14", root).split("test")

    def test_findings_beside_no_finding_are_pointed_out(self, tmp_path: Path) -> None:
        root = chestxray14(tmp_path)
        table = root / "Data_Entry_2017.csv"
        table.write_text(table.read_text().replace("Hernia", "No Finding|Hernia"))
        collection = read_data("chestxray14", root)
        assert [note for note in collection.notes if "'No Finding' as well as findings" in note]
        assert collection.samples.labels["Hernia"][:].tolist()[0] == 1

    def test_two_images_of_one_name_are_refused(self, tmp_path: Path) -> None:
        root = chestxray14(tmp_path)
        save_image(root / "images_002/images/00000000_000.png", (64, 64), mode="L", seed=9)
        with pytest.raises(InputError, match=r"'00000000_000\.png' more than once"):
            read_data("chestxray14", root)
        (root / "images_002/images/00000000_000.png").unlink()
        table = root / "Data_Entry_2017.csv"
        table.write_text(table.read_text() + "00000000_000.png,Mass,0,1,1,1,1,1\n")
        with pytest.raises(InputError, match=r"'00000000_000\.png' more than once"):
            read_data("chestxray14", root)

    def test_a_missing_split_list_is_named(self, tmp_path: Path) -> None:
        root = chestxray14(tmp_path)
        (root / "test_list.txt").unlink()
        with pytest.raises(InputError, match=r"test_list\.txt is missing"):
            read_data("chestxray14", root)

    @pytest.mark.skipif(not (SHARED / "chestxray14").is_dir(), reason="needs the shared sample")
    def test_real_files(self) -> None:
        collection = read_data("chestxray14", SHARED / "chestxray14")
        assert collection.splits.count("train") == 800
        assert collection.splits.count("test") == 200
        assert not collection.skipped


def test_utkface_ages_that_nobody_has_are_pointed_out(tmp_path: Path) -> None:
    for i, age in enumerate((5, 116, 117, 999)):
        save_image(tmp_path / f"{age}_0_{i}_2017011221350090{i}.jpg", (200, 200), seed=i)
    notes = [note for note in read_data("utkface", tmp_path, test_fraction=0.0).notes if "an age" in note]
    assert len(notes) == 1
    assert notes[0].startswith("2 files name an age over 116, such as 117_0_2_")
