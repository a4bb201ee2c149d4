"""Label maps of a release have a coding of their own: ``restore`` and ``apply`` read them by it, not by the owner's."""

import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
import yaml
from PIL import Image

from mtlue import InputError, Runtime
from mtlue.data.options import DataOptions
from mtlue.jobs.learners.reading import read_audit_data
from mtlue.jobs.protection.protect import run_protect
from mtlue.jobs.releases.apply import run_apply
from mtlue.jobs.releases.restore import run_restore
from mtlue.jobs.requests.owner import ApplyRequest, ProtectRequest
from mtlue.jobs.requests.restore import RestoreRequest
from mtlue.jobs.requests.self_check import SelfCheckOptions
from mtlue.methods.options import MethodChoice
from mtlue.release.form import ReleaseForm
from mtlue.release.shards.unpacking import as_files
from mtlue.tasks import Segmentation

CPU = Runtime("cpu")
CODE = MethodChoice("joint-code")
"""A perturbation that depends on labels and key alone, so that images come back exactly."""

CASES: dict[str, tuple[list[Any], dict[str, Any] | None]] = {
    "class order": ([0, 1], None),
    "plain masks": ([0, 255], None),
    "turned round": ([0, 1], {"classes": ["back", "front"], "codes": [1, 0]}),
    "16 bits": ([0, 300, 600], None),
    "colours": ([(0, 0, 0), (255, 0, 0), (0, 128, 255)], None),
    "ignored": ([0, 1, 7], {"classes": ["back", "front"], "codes": [1, 0], "ignore": [7]}),
    "void in between": ([1, 0, 255], {"classes": ["zero", "void", "one"], "codes": [0, 255, 1]}),
}
"""Numbers or colours of masks, and the rule of a tasks file."""


def masks(folder: Path, codes: Sequence[Any], rule: dict[str, Any] | None, count: int = 6) -> DataOptions:
    """Images between 20 and 235, a mask of three areas for each, and a label; one mask is missing."""
    draw = np.random.default_rng(0)
    for name in ("img", "seg"):
        (folder / name).mkdir(parents=True)
    for number in range(count):
        Image.fromarray(draw.integers(20, 236, (24, 24, 3), np.uint8)).save(folder / f"img/{number}.png")
        areas = np.array(codes, np.uint16 if np.max(codes) > 255 else np.uint8)[
            (np.arange(24)[:, None] // 8 + np.zeros((1, 24), int) + number) % len(codes)
        ]
        Image.fromarray(areas).save(folder / f"seg/{number}.png")
    table = {
        "image": [f"img/{number}.png" for number in range(count)],
        "seg": ["", *(f"seg/{number}.png" for number in range(1, count))],
        "kind": ["a" if number % 2 else "b" for number in range(count)],
        "split": [*["train"] * (count - 2), "test", "test"],
    }
    pd.DataFrame(table).to_csv(folder / "labels.csv", index=False)
    tasks = None
    if rule is not None:
        (folder / "rules.yaml").write_text(yaml.safe_dump({"tasks": {"seg": {"kind": "segmentation", **rule}}}))
        tasks = [str(folder / "rules.yaml")]
    return DataOptions("table", data=folder, no_cache=True, tasks=tasks)


def depths(folder: Path) -> DataOptions:
    """Images with depths in millimetres, up to the largest one."""
    draw = np.random.default_rng(0)
    for name in ("img", "far"):
        (folder / name).mkdir(parents=True)
    for number in range(6):
        Image.fromarray(draw.integers(20, 236, (24, 24, 3), np.uint8)).save(folder / f"img/{number}.png")
        Image.fromarray(np.linspace(0, 100, 24 * 24).reshape(24, 24).astype(np.uint16)).save(
            folder / f"far/{number}.png"
        )
    table = {"image": [f"img/{i}.png" for i in range(6)], "far": [f"far/{i}.png" for i in range(6)], "split": "train"}
    pd.DataFrame(table).to_csv(folder / "labels.csv", index=False)
    (folder / "rules.yaml").write_text("tasks: {far: {kind: depth, scale: 0.001, high: 0.1}}")
    return DataOptions("table", data=folder, no_cache=True, tasks=[str(folder / "rules.yaml")])


def protected(data: DataOptions, out: Path, packing: str = "png") -> Path:
    unchecked = SelfCheckOptions(self_check=False)
    run_protect(ProtectRequest(data, out, form=ReleaseForm(packing), method=CODE, self_check=unchecked), CPU)
    return out


def require_back(data: DataOptions, out: Path, to: Path) -> None:
    """Every value is the clean one where the release is neither 0 nor 255, whether clean images are at hand or not."""
    result = run_restore(RestoreRequest(out / "private", out / "release", to / "with", data), CPU)
    assert result.error_within is not None
    assert result.error_within.largest == 0
    run_restore(RestoreRequest(out / "private", out / "release", to / "without", None), CPU)
    table = pd.read_csv(to / "without/metadata.csv", keep_default_na=False)
    for name, identifier in zip(table["file_name"], table["id"], strict=True):
        assert data.data is not None
        assert np.array_equal(
            np.asarray(Image.open(to / "without" / name)), np.asarray(Image.open(data.data / identifier))
        )
    if not (out / "release/labels").is_dir():
        return
    released = {path.relative_to(out / "release"): path.read_bytes() for path in (out / "release/labels").rglob("*.*")}
    back = {path.relative_to(to / "without"): path.read_bytes() for path in (to / "without/labels").rglob("*.*")}
    assert back == released


@pytest.mark.parametrize("case", CASES)
def test_masks_of_any_coding_give_the_clean_images_back(tmp_path: Path, case: str) -> None:
    data = masks(tmp_path / "photos", *CASES[case])
    require_back(data, protected(data, tmp_path / "out"), tmp_path)


@pytest.mark.parametrize("packing", ["parquet", "webdataset"])
def test_masks_of_shards_give_the_clean_images_back(tmp_path: Path, packing: str) -> None:
    data = masks(tmp_path / "photos", *CASES["ignored"])
    require_back(data, protected(data, tmp_path / "out", packing), tmp_path)


def test_depths_of_another_unit_give_the_clean_images_back(tmp_path: Path) -> None:
    data = depths(tmp_path / "photos")
    require_back(data, protected(data, tmp_path / "out"), tmp_path)


def test_a_release_whose_labels_cannot_all_be_read_is_not_restored_in_part(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = protected(masks(tmp_path / "photos", *CASES["void in between"]), tmp_path / "out")
    monkeypatch.setattr(Segmentation, "as_released", lambda task: task)
    with pytest.raises(InputError, match=r"release cannot be restored: images/img/1\.png: its label for 'seg'"):
        run_restore(RestoreRequest(out / "private", out / "release", tmp_path / "clean", None), CPU)
    assert not (tmp_path / "clean").exists()


@pytest.mark.parametrize("packing", ["png", "webdataset"])
@pytest.mark.parametrize("case", ["ignored", "turned round", "16 bits"])
@pytest.mark.parametrize("named", [False, True], ids=["", "with its tasks file"])
def test_restored_images_protected_with_the_same_key_are_the_release(
    tmp_path: Path, packing: str, case: str, named: bool
) -> None:
    out = protected(masks(tmp_path / "photos", *CASES[case]), tmp_path / "out", packing)
    run_restore(RestoreRequest(out / "private", out / "release", tmp_path / "clean", None), CPU)
    tasks = [str(tmp_path / "clean/tasks.yaml")] if named else None
    data = DataOptions("table", data=tmp_path / "clean", no_cache=True, tasks=tasks)
    request = ApplyRequest(data, tmp_path / "more", form=ReleaseForm(packing), private=out / "private")
    request.examine()
    run_apply(request, CPU)
    one, two = (as_files(tmp_path / name / "release", None) for name in ("out", "more"))
    first, second = (
        {path.name: path.read_bytes() for path in (folder / "images").rglob("*.png")} for folder in (one, two)
    )
    assert len(first) == 6
    assert first == second


@pytest.mark.parametrize(
    ("packing", "place"),
    [("png", "folder"), *((shards, place) for shards in ("webdataset", "parquet") for place in ("folder", "remote"))],
)
def test_the_label_maps_of_a_release_are_read_in_its_coding_by_apply(tmp_path: Path, packing: str, place: str) -> None:
    out = protected(masks(tmp_path / "photos", *CASES["turned round"]), tmp_path / "out", packing)
    data = DataOptions(data=out / "release", no_cache=True)
    if place == "remote":
        data = DataOptions(f"remote-shards:root={(out / 'release').as_uri()}", no_cache=True)
    run_apply(ApplyRequest(data, tmp_path / "more", private=out / "private"), CPU)
    labels = as_files(out / "release", None) / "labels/seg"
    first, second = (
        sorted(path.read_bytes() for path in folder.rglob("*.png"))
        for folder in (labels, tmp_path / "more/release/labels/seg")
    )
    assert len(first) == 5
    assert first == second


@pytest.mark.parametrize("beside", ["release", "restored"])
def test_clean_images_beside_a_release_are_read_in_the_owners_coding(tmp_path: Path, beside: str) -> None:
    out = protected(masks(tmp_path / "photos", *CASES["turned round"]), tmp_path / "out")
    if beside == "release":
        new = masks(tmp_path / "new", *CASES["turned round"])
        shutil.copytree(out / "release", tmp_path / "new/release")
        new = replace(new, labels=Path("labels.csv"))
    else:
        run_restore(RestoreRequest(out / "private", out / "release", tmp_path / "clean", None), CPU)
        new = masks(tmp_path / "clean/new", *CASES["turned round"])
    run_apply(ApplyRequest(new, tmp_path / "more", private=out / "private"), CPU)
    first, second = (
        sorted(path.read_bytes() for path in (place / "release/labels").rglob("*.png"))
        for place in (out, tmp_path / "more")
    )
    assert first == second


@pytest.mark.parametrize("packing", ["webdataset", "parquet"])
def test_depths_in_shards_are_read_as_data(tmp_path: Path, packing: str) -> None:
    out = protected(depths(tmp_path / "photos"), tmp_path / "out", packing)
    data = DataOptions(data=out / "release", no_cache=True)
    run_apply(ApplyRequest(data, tmp_path / "more", private=out / "private"), CPU)
    assert len(list((tmp_path / "more/release/labels").rglob("*.npy"))) == 6


def test_restored_images_are_evaluated_as_the_clean_ones_with_their_own_tasks_file(tmp_path: Path) -> None:
    data = masks(tmp_path / "photos", *CASES["turned round"])
    out, clean = protected(data, tmp_path / "out"), tmp_path / "clean"
    run_restore(RestoreRequest(out / "private", out / "release", clean, None), CPU)
    for folder, rules in ((clean, tmp_path / "photos/rules.yaml"), (tmp_path / "photos", clean / "tasks.yaml")):
        with pytest.raises(InputError, match=r"'codes' of task 'seg' .*or the tasks\.yaml of restored images"):
            read_audit_data(DataOptions("table", data=folder, no_cache=True, tasks=[str(rules)]), out, CPU)
    own = DataOptions("table", data=clean, no_cache=True, tasks=[str(clean / "tasks.yaml")])
    back, before = (read_audit_data(one, out, CPU).clean.labels["seg"][:] for one in (own, data))
    assert torch.equal(back, before)
