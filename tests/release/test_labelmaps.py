"""Label maps of a release: written, proved by their hashes, and read back as they were."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from msgspec.structs import replace
from PIL import Image

from conftest import save_image, write_table
from forging import change, forge, png_chunks, png_header, png_of
from mtlue import Runtime
from mtlue.data.loading import Collection, load
from mtlue.data.options import DataOptions
from mtlue.errors import VerificationError
from mtlue.files import sha256
from mtlue.release.form import ReleaseForm
from mtlue.release.labelmaps import folder_names
from mtlue.release.layout import OutputFolder
from mtlue.release.manifest import Manifest
from mtlue.release.verify import verify
from mtlue.release.writer import write_release
from mtlue.tasks import Depth, Normals, Regression, Segmentation, task_from_json

RUNTIME = Runtime("cpu")
RULES = """
tasks:
  mask: {kind: segmentation, classes: [sky, road, tree], codes: [5, 7, 9], ignore: [200]}
  far/near: {column: far, kind: depth, scale: 0.001, high: 5}
  up: {kind: normals}
  pose: {kind: regression, size: 2}
"""


@pytest.fixture
def scenes(tmp_path: Path) -> Path:
    """Five images with three label maps each, one number of two parts, and a class; the last lacks its mask."""
    root = tmp_path / "scenes"
    (root / "maps").mkdir(parents=True)
    rows = []
    for i in range(5):
        random = np.random.default_rng(i)
        save_image(root / f"in/{i}.jpg", seed=i)
        Image.fromarray(random.choice([5, 7, 9, 200], (20, 24)).astype(np.uint8)).save(root / f"maps/m{i}.png")
        Image.fromarray(random.choice([0, 700, 4000], (20, 24)).astype(np.uint16)).save(root / f"maps/d{i}.png")
        normals = random.normal(size=(20, 24, 3))
        normals[3] = 0
        np.save(root / f"maps/n{i}.npy", normals / np.maximum(np.linalg.norm(normals, axis=2, keepdims=True), 1e-9))
        row = {"file": f"in/{i}.jpg", "mask": f"maps/m{i}.png", "far": f"maps/d{i}.png", "up": f"maps/n{i}.npy"}
        rows.append({**row, "pose": f"{i} {2 * i}", "weather": ["wet", "dry"][i % 2]})
    rows[4]["mask"] = ""
    write_table(root, rows)
    return root


def read(root: Path, rules: Path, dataset: str = "table", size: Sequence[int] | None = None) -> Collection:
    given = None if size is None else (size[0], size[1])
    return load(DataOptions(dataset, root, tasks=[str(rules)], size=given), RUNTIME)


def released(collection: Collection, out: Path, native: bool = False) -> Manifest:
    """A release of the images as they are."""
    folder = OutputFolder(out)
    folder.release.path.mkdir(parents=True)
    folder.private.path.mkdir()
    images = collection.samples.images[:]
    pairs = [list(zip(images, images, strict=True))]
    return write_release(folder, collection, pairs, "tap", 8.0, ReleaseForm(native=native)).manifest


@pytest.fixture
def collection(scenes: Path, tmp_path: Path) -> Collection:
    (tmp_path / "rules.yaml").write_text(RULES)
    return read(scenes, tmp_path / "rules.yaml", size=(16, 12))


@pytest.mark.parametrize("dataset", ["table", "imagefolder"])
def test_label_maps_are_read_back_as_they_were(collection: Collection, tmp_path: Path, dataset: str) -> None:
    released(collection, tmp_path / "out")
    verify(tmp_path / "out", None, RUNTIME)
    release = tmp_path / "out/release"
    again = read(release, release / "tasks.yaml", dataset)
    assert again.skipped == []
    assert [task.name for task in again.tasks] == ["mask", "far/near", "up", "pose", "weather"]
    assert again.samples.ids == collection.samples.ids
    for task in collection.tasks:
        before, after = collection.samples.labels[task.name][:], again.samples.labels[task.name][:]
        assert before.dtype == after.dtype
        assert torch.allclose(before.double(), after.double(), atol=1e-6, equal_nan=True)
        assert before.is_floating_point() or torch.equal(before, after)
    names = pd.read_csv(release / "metadata.csv", dtype=str, keep_default_na=False)
    assert list(names["mask"]) == [*(f"labels/mask/in/{i}.png" for i in range(4)), ""]
    assert names["far/near"][0] == "labels/far_near/in/0.npy"
    assert not (release / "labels/mask/in/4.png").exists()


def test_a_changed_missing_or_added_label_map_is_found(collection: Collection, tmp_path: Path) -> None:
    released(collection, tmp_path / "out")
    place = tmp_path / "out/release/labels/far_near/in/1.npy"
    content = place.read_bytes()
    place.write_bytes(content[:-1] + b"x")
    with pytest.raises(VerificationError, match=r"labels/far_near/in/1\.npy was changed"):
        verify(tmp_path / "out", None, RUNTIME)
    place.unlink()
    with pytest.raises(VerificationError, match=r"labels/far_near/in/1\.npy is missing"):
        verify(tmp_path / "out", None, RUNTIME)
    place.write_bytes(content)
    (place.parent / "more.npy").write_bytes(content)
    with pytest.raises(VerificationError, match=r"more\.npy is not in the manifest"):
        verify(tmp_path / "out", None, RUNTIME)


def test_label_maps_of_strangers_hold_numbers_alone(collection: Collection, tmp_path: Path) -> None:
    released(collection, tmp_path / "out")
    release = tmp_path / "out/release"
    array, mask = "labels/far_near/in/1.npy", "labels/mask/in/1.png"
    numbers, chunks = (release / array).read_bytes(), png_chunks((release / mask).read_bytes())
    larger = numbers.replace(b"(16, 12)", b"(16, 99)")
    objects = numbers.replace(b"<f4", b"|O8")
    for content in (numbers + b"x", numbers[:-1], larger, objects, numbers.replace(b"}  ", b"} #", 1), b"", b"PK\3\4"):
        forge(release, array, content)
        with pytest.raises(VerificationError, match=r"far_near/in/1\.npy"):
            verify(release, None, RUNTIME)
    forge(release, array, numbers)
    other = [(b"IHDR", png_header(99, 99, 8, 0)), *chunks[1:]]
    for parts in ([*chunks[:-1], (b"tEXt", b"a\0b"), chunks[-1]], chunks[:-1], other):
        forge(release, mask, png_of(parts))
        with pytest.raises(VerificationError, match=r"mask/in/1\.png"):
            verify(release, None, RUNTIME)
    forge(release, mask, png_of(chunks))
    assert verify(release, None, RUNTIME).images == 5
    for text in ("- 1", "tasks: [", "tasks: &a [*a]", "a: " + "[" * 5000):
        forge(release, "tasks.yaml", text.encode())
        with pytest.raises(VerificationError, match=r"tasks\.yaml"):
            verify(release, None, RUNTIME)


def test_a_label_map_of_no_image_is_found(collection: Collection, tmp_path: Path) -> None:
    released(collection, tmp_path / "out")
    release = tmp_path / "out/release"
    stray = "labels/mask/in/stray.png"
    (release / stray).write_bytes((release / "labels/mask/in/1.png").read_bytes())
    change(release, lambda values: values["labels"].append({"file_name": stray, "sha256": sha256(release / stray)}))
    with pytest.raises(VerificationError, match="the label of no image"):
        verify(release, None, RUNTIME)


def test_at_their_own_sizes_images_leave_their_label_maps_behind(collection: Collection, tmp_path: Path) -> None:
    manifest = released(collection, tmp_path / "out", native=True)
    release = tmp_path / "out/release"
    assert manifest.labels_left_out == ("mask", "far/near", "up")
    assert Manifest.read(release) == manifest
    assert list(pd.read_csv(release / "metadata.csv").columns) == ["file_name", "id", "split", "pose", "weather"]
    assert not (release / "labels").exists()
    assert (release / "tasks.yaml").read_text() == "tasks:\n  pose:\n    kind: regression\n    size: 2\n"


def test_a_manifest_that_lists_label_maps_elsewhere_is_damaged(collection: Collection, tmp_path: Path) -> None:
    manifest, release = released(collection, tmp_path / "out"), tmp_path / "out/release"
    outside = replace(manifest.labels[-1], file_name="labels/../../x.npy")
    replace(manifest, labels=(outside,)).write(release)
    with pytest.raises(VerificationError, match=r"'labels/\.\./\.\./x\.npy' lies outside labels/"):
        Manifest.read(release)


@pytest.mark.parametrize(("classes", "kind", "void"), [(255, "uint8", 255), (256, "uint16", 65535)])
def test_masks_have_as_many_bytes_as_their_classes_need(classes: int, kind: str, void: int) -> None:
    task = Segmentation("mask", tuple(map(str, range(classes))))
    label = torch.tensor([[-1, 0], [classes - 1, 3]], dtype=torch.int16)
    values = task.released(label)
    assert (values.dtype, int(values[0, 0])) == (np.dtype(kind), void)
    rule = task.table_rule()
    assert rule is not None
    assert np.array_equal(Segmentation("mask", tuple(rule["classes"]), ignore=(void,)).read(values)[0], label)


def test_folders_of_tasks_never_meet() -> None:
    tasks = [Depth(name) for name in ("a/b", "a b", "A_B", "../x", "Tiefe")]
    names = folder_names(tasks)
    assert names[0] == "a_b"
    assert len({name.casefold() for name in names}) == 5
    assert all(name.replace("_", "").isalnum() for name in names)


def test_only_columns_that_do_not_speak_for_themselves_need_a_rule() -> None:
    assert Regression("age", 0, 9).table_rule() == {"kind": "regression"}  # few whole numbers would be classes
    assert Regression("pose", size=2).table_rule() == {"kind": "regression", "size": 2}
    assert Normals("up").table_rule() == {"kind": "normals"}
    assert task_from_json({"kind": "categorical", "name": "x", "classes": ["a", "b"]}).table_rule() is None
