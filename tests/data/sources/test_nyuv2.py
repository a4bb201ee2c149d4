"""The NYUv2 layout: dense labels in arrays, and what stands in their way."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch

from conftest import MAP_SIZE as SIZE
from conftest import Outcome, read_data, write_nyuv2
from mtlue import InputError
from mtlue.arrays.mapped_array import MappedArray
from mtlue.jobs.inspection.statistics import account_tasks

read = partial(read_data, "nyuv2")


class TestNyuv2:
    @pytest.mark.parametrize("no_cache", [False, True])
    def test_labels_and_pixels_are_those_of_the_files(self, tmp_path: Path, no_cache: bool) -> None:
        root = write_nyuv2(tmp_path / "nyuv2")
        for _ in range(2):
            collection = read(root, size=SIZE, no_cache=no_cache)
            assert collection.skipped == []
            assert collection.splits == ["train"] * 3 + ["test"] * 2
            for position, sample in enumerate(collection.samples):
                split, _, name = collection.files[position].split("/")
                stored = {part: np.load(root / split / part / name) for part in ("image", "label", "depth", "normal")}
                assert np.array_equal(sample.image.numpy(), np.round(stored["image"] * 255).transpose(2, 0, 1))
                assert np.array_equal(sample.labels["segmentation"].numpy(), stored["label"])
                assert np.allclose(sample.labels["depth"].numpy(), stored["depth"][:, :, 0])
                assert np.allclose(sample.labels["normals"].numpy(), stored["normal"].transpose(2, 0, 1), atol=1e-6)

    def test_the_official_size_is_the_default_and_labels_follow_the_image(self, tmp_path: Path) -> None:
        collection = read(write_nyuv2(tmp_path))
        assert collection.pipeline.size == (288, 384)
        assert collection.pipeline.crop is None
        assert read(tmp_path, size=SIZE).pipeline.crop is None
        batch = collection.samples.batch(torch.arange(2))
        assert batch.labels["segmentation"].shape == (2, 288, 384)
        assert batch.labels["normals"].shape == (2, 3, 288, 384)
        small = np.load(tmp_path / "train/label/0.npy")
        assert np.array_equal(batch.labels["segmentation"][0], small.repeat(24, 0).repeat(24, 1))
        assert isinstance(collection.samples.labels["depth"], MappedArray)
        assert batch.to(torch.device("cpu")).labels["segmentation"].dtype == torch.int64

    def test_images_are_in_the_sequence_of_their_numbers_and_keep_their_split(self, tmp_path: Path) -> None:
        collection = read(write_nyuv2(tmp_path, train=11), size=SIZE)
        assert [Path(file).stem for file in collection.files[:11]] == [str(i) for i in range(11)]
        chosen = read(tmp_path, size=SIZE, limit_train=4).files
        np.save(tmp_path / "train/image/99.npy", np.zeros((*SIZE, 3)))  # without labels: skipped, moves nothing
        more = read(tmp_path, size=SIZE, limit_train=4)
        assert more.files == chosen
        assert [one.name for one in more.skipped] == ["train/image/99.npy"]

    @pytest.mark.parametrize(
        ("part", "values", "why"),
        [
            ("image", np.zeros((12, 16, 4)), "its shape is [12, 16, 4]"),
            ("image", np.full((12, 16, 3), np.nan), "none of its pixels holds a number"),
            ("image", np.full((12, 16, 3), "bed"), "not numbers"),
            ("label", np.zeros((12, 15)), "15x12 pixels, its image is 16x12"),
            ("label", np.full(SIZE, 13), "the number 13"),
            ("label", np.full(SIZE, 0.5), "not whole"),
            ("label", np.full(SIZE, "bed"), "not numbers"),
            ("label", np.full(SIZE, {}, dtype=object), "not a NumPy array"),
            ("depth", np.full((*SIZE, 1), -2.0), "negative depth"),
            ("depth", np.full((*SIZE, 3), 2.0), "one number per pixel"),
            ("normal", np.full((*SIZE, 3), 128.0), "longest vector"),
            ("normal", np.full((*SIZE, 1), 1.0), "three numbers per pixel"),
        ],
    )
    def test_bad_files_are_skipped_by_name(self, tmp_path: Path, part: str, values: np.ndarray, why: str) -> None:
        root = write_nyuv2(tmp_path)
        np.save(root / "train" / part / "1.npy", values, allow_pickle=True)
        collection = read(root, size=SIZE)
        (skipped,) = collection.skipped
        assert skipped.name == "train/image/1.npy"
        assert why in skipped.reason
        assert [Path(identifier).stem for identifier in collection.samples.ids] == ["0", "2", "0", "1"]

    @pytest.mark.parametrize("content", [b"", b"no array", b"\x93NUMPY\x01\x00"])
    def test_damaged_arrays_are_skipped_by_name(self, tmp_path: Path, content: bytes) -> None:
        root = write_nyuv2(tmp_path)
        (root / "val/depth/1.npy").write_bytes(content)
        (skipped,) = read(root, size=SIZE).skipped
        assert skipped.name == "val/image/1.npy"
        assert "val/depth/1.npy: it is not a NumPy array" in skipped.reason

    def test_holes_in_depth_and_long_normals_are_noted(self, tmp_path: Path) -> None:
        root = write_nyuv2(tmp_path)
        depth, normal = np.load(root / "train/depth/0.npy"), np.load(root / "train/normal/2.npy")
        depth[3, 4] = np.nan
        np.save(root / "train/depth/0.npy", depth)
        np.save(root / "train/normal/2.npy", normal * 0.8)
        collection = read(root, size=SIZE)
        assert any(note.startswith("train/depth/0.npy: 1 pixel is no number: it counts") for note in collection.notes)
        assert any("train/normal/2.npy: 176 normals were not of length 1" in note for note in collection.notes)
        assert float(collection.samples[0].labels["depth"][3, 4]) == 0

    def test_counts_and_tasks_by_name(self, tmp_path: Path, mtlue: Callable[..., Outcome]) -> None:
        root = write_nyuv2(tmp_path / "nyuv2")
        accounts = account_tasks(read(root, size=SIZE, tasks=["segmentation", "depth"]))
        assert [account.task.name for account in accounts] == ["segmentation", "depth"]
        assert accounts[0].present == {"train": 3, "test": 2}
        stored = [np.load(root / f"train/label/{i}.npy") for i in range(3)]
        assert list(accounts[0].classes.values()) == [sum(index in its for its in stored) for index in range(13)]
        outcome = mtlue("inspect", "--dataset", "nyuv2", "--data", root, "--sheet", tmp_path / "sheet.png")
        assert outcome.status == 0
        assert "normals" in outcome.out

    @pytest.mark.parametrize("no_cache", [False, True])
    def test_labels_that_are_all_unusable_are_refused_by_name(self, tmp_path: Path, no_cache: bool) -> None:
        root = write_nyuv2(tmp_path)
        for file in root.glob("*/label/*.npy"):
            np.save(file, np.full(SIZE, 40))
        with pytest.raises(InputError, match=r"train/image/0\.npy: its label for 'segmentation', .* the number 40"):
            read(root, size=SIZE, no_cache=no_cache)

    def test_a_split_whose_labels_are_unusable_is_told_why(self, tmp_path: Path) -> None:
        root = write_nyuv2(tmp_path)
        for file in (root / "train/label").iterdir():
            np.save(file, np.full(SIZE, 40))
        with pytest.raises(InputError, match=r"no train images .* 3 could not be used \(train/image/0\.npy"):
            read(root, size=SIZE).split("train")

    def test_other_folders_are_refused(self, tmp_path: Path) -> None:
        with pytest.raises(InputError, match="no train/image and no val/image"):
            read(tmp_path)
