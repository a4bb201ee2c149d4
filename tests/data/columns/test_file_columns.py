"""Columns of mask files, and what stands in their way."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from conftest import read_data, save_image, write_table
from mtlue import InputError
from mtlue.data.loading import Collection
from mtlue.jobs.inspection.statistics import account_tasks
from mtlue.tasks import Depth, Normals, Segmentation


def read(root: Path, dataset: str, **options: Any) -> Collection:
    return read_data(dataset, root, **options)


@pytest.fixture
def masked(tmp_path: Path) -> Path:
    """Six images with masks of three classes and unlabelled pixels, and a class an image."""
    root = tmp_path / "scenes"
    (root / "masks").mkdir(parents=True)
    rows = []
    for i in range(6):
        save_image(root / f"{i}.png", seed=i)
        values = np.random.default_rng(i).choice([0, 1, 2, 255], (20, 24)).astype(np.uint8)
        Image.fromarray(values).save(root / f"masks/{i}.png")
        rows.append({"file": f"{i}.png", "mask": f"masks/{i}.png", "weather": ["wet", "dry"][i % 2]})
    write_table(root, rows)
    return root


class TestMaskColumns:
    def test_a_column_of_masks_is_found(self, masked: Path) -> None:
        collection = read(masked, "table")
        assert collection.skipped == []
        mask, weather = collection.tasks
        assert mask == Segmentation("mask", ("0", "1", "2"), codes=(0, 1, 2), ignore=(255,))
        assert weather.name == "weather"
        assert any("255 in masks counts as unlabelled" in note for note in collection.notes)
        values = np.asarray(Image.open(masked / "masks/3.png")).astype(int)
        assert np.array_equal(collection.samples[3].labels["mask"], np.where(values == 255, -1, values))

    def test_resized_labels_keep_to_their_image(self, masked: Path) -> None:
        label = read(masked, "table", size=10).samples[0].labels["mask"]
        values = np.asarray(Image.open(masked / "masks/0.png")).astype(int)[:, 2:22]
        nearest = values[np.ix_(np.arange(10) * 2 + 1, np.arange(10) * 2 + 1)]
        assert np.array_equal(label, np.where(nearest == 255, -1, nearest))

    def test_rules_name_classes_codes_and_what_is_ignored(self, masked: Path, tmp_path: Path) -> None:
        rules = tmp_path / "tasks.yaml"
        rules.write_text(
            "tasks: {scene: {column: mask, kind: segmentation, classes: [sky, road], codes: [1, 2], ignore: [0, 255]}}"
        )
        collection = read(masked, "table", tasks=[str(rules)])
        assert collection.tasks[0] == Segmentation("scene", ("sky", "road"), (1, 2), (0, 255))
        training = collection.splits.count("train")
        assert account_tasks(collection)[0].classes == {"sky": training, "road": training}

    @pytest.mark.parametrize("mode", ["P", "RGB", "1", "I;16"])
    def test_other_kinds_of_mask_files(self, masked: Path, mode: str) -> None:
        for i in range(6):
            values = np.random.default_rng(i).choice([0, 1], (20, 24)).astype(np.uint8)
            if mode == "P":
                image = Image.fromarray(values, "P")
                image.putpalette([0, 0, 0, 200, 100, 50])
            elif mode == "RGB":
                image = Image.fromarray(np.array([[0, 0, 0], [200, 100, 50]], np.uint8)[values])
            elif mode == "1":
                image = Image.fromarray(values.astype(bool))
            else:
                image = Image.fromarray(values.astype(np.uint16))
            image.save(masked / f"masks/{i}.png")
        collection = read(masked, "table")
        mask = collection.tasks[0]
        assert isinstance(mask, Segmentation)
        assert mask.classes == (("#000000", "#c86432") if mode == "RGB" else ("0", "1"))
        values = np.random.default_rng(2).choice([0, 1], (20, 24))
        assert np.array_equal(collection.samples[2].labels["mask"], values)

    def test_depth_in_millimetres_and_normals_as_colours(self, masked: Path, tmp_path: Path) -> None:
        for i in range(6):
            Image.fromarray(np.full((20, 24), 1000 + i, np.uint16)).save(masked / f"masks/{i}.png")
            Image.new("RGB", (24, 20), (128, 128, 255)).save(masked / f"masks/n{i}.png")
        rows = [{"file": f"{i}.png", "far": f"masks/{i}.png", "up": f"masks/n{i}.png"} for i in range(6)]
        write_table(masked, rows)
        rules = tmp_path / "tasks.yaml"
        rules.write_text("tasks: {far: {kind: depth, scale: 0.001, high: 5}, up: {kind: normals}}")
        collection = read(masked, "table", tasks=[str(rules)])
        assert collection.tasks == (Depth("far", high=5, scale=0.001), Normals("up"))
        sample = collection.samples[4]
        assert sample.labels["far"].unique().tolist() == pytest.approx([1.004])
        assert torch.allclose(sample.labels["up"][2], torch.ones(20, 24), atol=0.01)
        rules.write_text("tasks: {far: {kind: depth}, up: drop}")
        with pytest.raises(InputError, match=r"its largest depth is 100\d"):
            read(masked, "table", tasks=[str(rules)])

    def test_missing_masks_stay_missing_and_bad_ones_are_named(self, masked: Path) -> None:
        outside = masked.parent / "outside.png"
        save_image(outside, mode="L")
        rows = [{"file": f"{i}.png", "mask": f"masks/{i}.png", "weather": "wet"} for i in range(6)]
        rows[0]["mask"] = ""
        rows[1]["mask"] = "masks/none.png"
        rows[2]["mask"] = "../outside.png"
        (masked / "masks/3.png").write_bytes(b"no image")
        save_image(masked / "masks/4.png", size=(30, 20), mode="L")
        (masked / "masks/4.png").write_bytes((masked / "masks/5.png").read_bytes())
        Image.fromarray(np.zeros((20, 30), np.uint8)).save(masked / "masks/4.png")
        write_table(masked, rows)
        collection = read(masked, "table")
        assert list(collection.samples.ids) == ["0.png", "5.png"]
        reasons = {one.name: one.reason for one in collection.skipped}
        assert "there is no such file" in reasons["1.png"]
        assert "points outside" in reasons["2.png"]
        assert "not an image" in reasons["3.png"]
        assert "30x20 pixels, its image is 24x20" in reasons["4.png"]
        assert bool((collection.samples[0].labels["mask"] == -1).all())

    def test_a_changed_mask_or_image_is_read_again(self, masked: Path) -> None:
        read(masked, "table")
        Image.fromarray(np.zeros((20, 24), np.uint8)).save(masked / "masks/1.png")
        save_image(masked / "2.png", size=(40, 30))
        collection = read(masked, "table", size=16)
        again = read(masked, "table")
        assert collection.samples[1].labels["mask"].unique().tolist() == [0]
        assert [one.name for one in again.skipped] == ["2.png"]

    def test_jpeg_masks_are_refused_with_a_rule_too(self, masked: Path, tmp_path: Path) -> None:
        save_image(masked / "masks/0.jpg", size=(24, 20), mode="L")
        write_table(masked, [{"file": f"{i}.png", "mask": f"masks/{i}.{'png' if i else 'jpg'}"} for i in range(6)])
        rules = tmp_path / "tasks.yaml"
        rules.write_text("tasks: {mask: {kind: segmentation, classes: [a, b, c], ignore: [255]}}")
        (reason,) = (one.reason for one in read(masked, "table", tasks=[str(rules)]).skipped if one.name == "0.png")
        assert "JPEG changes the numbers" in reason

    def test_greys_are_colours_of_masks_and_no_normals(self, masked: Path, tmp_path: Path) -> None:
        rules = tmp_path / "tasks.yaml"
        code = "codes: ['#000000', '#010101', '#020202'], ignore: ['#ffffff']"
        rules.write_text(f"tasks: {{mask: {{kind: segmentation, classes: [a, b, c], {code}}}}}")
        assert torch.equal(
            read(masked, "table", tasks=[str(rules)]).samples[1].labels["mask"],
            read(masked, "table").samples[1].labels["mask"],
        )
        rules.write_text("tasks: {mask: {kind: normals}}")
        with pytest.raises(InputError, match="normals are three numbers per pixel"):
            read(masked, "table", tasks=[str(rules)])

    def test_a_cell_that_names_no_file_leaves_the_other_masks_named(self, masked: Path, tmp_path: Path) -> None:
        rows = [{"file": f"{i}.png", "mask": f"masks/{i}.png" if i else "masks/0"} for i in range(6)]
        write_table(masked, rows)
        rules = tmp_path / "tasks.yaml"
        rules.write_text("tasks: {mask: {kind: segmentation, classes: [a, b, c], ignore: [255]}}")
        skipped = {one.name: one.reason for one in read(masked, "table", tasks=[str(rules)]).skipped}
        assert set(skipped) == {"0.png", "masks/0.png"}
        assert skipped["masks/0.png"] == "no row names it"

    @pytest.mark.parametrize(
        ("rule", "why"),
        [
            ("{kind: normals, scale: 2}", "task 'mask': 'scale' goes with 'kind: depth'"),
            ("{kind: segmentation, classes: [a, b], high: 9}", "task 'mask': 'high' goes with 'kind: depth'"),
            ("{kind: segmentation, classes: [a, b], codes: [1]}", "one code per class"),
            ("{kind: segmentation, classes: [a, b], codes: [x, y]}", "neither a number nor a colour"),
            ("{kind: segmentation, classes: [a, b], codes: [[1, 2], 3]}", "should be a list"),
            ("{kind: depth, scale: -1}", "above 0"),
            ("{kind: normals, high: much}", "above 0"),
        ],
    )
    def test_rules_that_cannot_be_followed_are_named(self, masked: Path, tmp_path: Path, rule: str, why: str) -> None:
        rules = tmp_path / "tasks.yaml"
        rules.write_text(f"tasks: {{mask: {rule}}}")
        with pytest.raises(InputError, match=why):
            read(masked, "table", tasks=[str(rules)])

    def test_masks_of_fractions_and_unreadable_ones_are_named(self, masked: Path) -> None:
        rows = [{"file": f"{i}.png", "mask": f"masks/{i}.npy", "weather": "ab"[i % 2]} for i in range(6)]
        write_table(masked, rows)
        for i in range(6):
            np.save(masked / f"masks/{i}.npy", np.full((20, 24), 0.5))
        assert any("masks/0.npy, whose numbers are not whole" in note for note in read(masked, "table").notes)
        for i in range(6):
            (masked / f"masks/{i}.npy").write_bytes(b"none")
            save_image(masked / f"masks/{i}.jpg")
        assert any("no mask file that can be read" in note for note in read(masked, "table").notes)
        write_table(masked, [{**row, "mask": f"masks/{i}.jpg"} for i, row in enumerate(rows)])
        assert any("JPEG changes the numbers" in note for note in read(masked, "table").notes)

    def test_photos_are_no_masks(self, masked: Path) -> None:
        for i in range(6):
            save_image(masked / f"masks/{i}.png", seed=50 + i)
        collection = read(masked, "table")
        assert [task.name for task in collection.tasks] == ["weather"]
        assert any("column 'mask' names masks of more than 256" in note for note in collection.notes)

    def test_an_imagefolder_with_masks_in_its_split_folders(self, masked: Path, tmp_path: Path) -> None:
        root = tmp_path / "folder"
        for split in ("train", "test"):
            (root / split).mkdir(parents=True)
            for part in range(6):
                (root / split / f"{part}.png").write_bytes((masked / f"{part}.png").read_bytes())
                (root / split / f"m{part}.png").write_bytes((masked / f"masks/{part}.png").read_bytes())
            rows = [{"file_name": f"{i}.png", "mask_file_name": f"m{i}.png", "w": "ab"[i % 2]} for i in range(6)]
            write_table(root / split, rows, "metadata.csv")
        collection = read(root, "imagefolder")
        assert len(collection.listing) == 12
        assert collection.skipped == []
        assert collection.tasks[0].name == "mask_file_name"
