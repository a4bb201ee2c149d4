"""What protect and apply measure of a release is what its files show."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

from conftest import read_rows, save_image, write_table
from mtlue.data.options import DataOptions
from mtlue.fidelity.measures import measure
from mtlue.fidelity.record import Fidelity
from mtlue.jobs.protection.protect import run_protect
from mtlue.jobs.releases.apply import run_apply
from mtlue.jobs.releases.private_folder import saved_fidelity
from mtlue.jobs.requests.owner import ApplyRequest, ProtectRequest
from mtlue.methods import Scope
from mtlue.methods.options import MethodChoice
from mtlue.release.form import ReleaseForm
from mtlue.runtime import Runtime

SIZES = [(17, 23), (24, 20), (24, 20), (9, 30)]
NOISE = MethodChoice("noise")


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Images of several sizes, without a test split."""
    root = tmp_path / "photos"
    rows = []
    for i, size in enumerate(SIZES):
        save_image(root / f"{i}.png", size, seed=i)
        rows.append({"file": f"{i}.png", "kind": "ab"[i % 2], "split": "train"})
    write_table(root, rows)
    return root


def pixels(path: Path) -> Tensor:
    return torch.from_numpy(np.array(Image.open(path).convert("RGB"))).permute(2, 0, 1)


def check_against_files(fidelity: Fidelity, photos: Path, out: Path) -> None:
    """Compare with the files, as a reader decodes them."""
    released = {row["id"]: out / "release" / row["file_name"] for row in read_rows(out / "release/metadata.csv")}
    assert sorted(image.id for image in fidelity.images) == sorted(released)
    for image in fidelity.images:
        for name, values in measure(pixels(photos / image.id)[None], pixels(released[image.id])[None]).items():
            known = getattr(image, name)
            assert (np.nan if known is None else known) == pytest.approx(float(values), abs=1e-3, nan_ok=True), name


@pytest.mark.parametrize("form", ["png", "webp-lossless", "jpeg", "webp"])
def test_it_is_measured_as_a_reader_decodes_it(photos: Path, tmp_path: Path, form: str) -> None:
    data, written = DataOptions("table", photos), ReleaseForm(form, native=True, lossy=True)
    protected, applied = tmp_path / "protected", tmp_path / "applied"
    result = run_protect(ProtectRequest(data, protected, form=written, method=NOISE, seed=1), Runtime("cpu"))
    request = ApplyRequest(data, applied, form=written, private=protected / "private", fidelity=True)
    again = run_apply(request, Runtime("cpu"))
    for fidelity, out in ((result.fidelity, protected), (again.fidelity, applied)):
        assert fidelity is not None
        check_against_files(fidelity, photos, out)
        assert fidelity == saved_fidelity(out / "private")
        assert fidelity.summaries()["ssim"].images == 3
        assert not list((out / "release").rglob("fidelity*"))


def test_images_keep_their_ids_whatever_the_batches(
    photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mtlue.protector.LARGEST_BATCH", 3)
    request = ProtectRequest(DataOptions("table", photos), tmp_path / "out", method=NOISE, seed=1)
    fidelity = run_protect(request, Runtime("cpu")).fidelity
    assert fidelity is not None
    assert [image.id for image in fidelity.images] == [f"{i}.png" for i in "0123"]


def test_images_outside_the_fraction_are_not_measured(tmp_path: Path) -> None:
    half = MethodChoice("noise", scope=Scope(fraction=0.5))
    request = ProtectRequest(DataOptions("digits", limit_train=30, limit_test=2), tmp_path / "out", method=half, seed=0)
    result = run_protect(request, Runtime("cpu"))
    assert result.fidelity is not None
    assert result.fidelity.released == result.fidelity.sampled == 32
    assert len(result.fidelity.images) == result.changed < 32


def test_apply_measures_only_where_it_is_asked_for(photos: Path, tmp_path: Path) -> None:
    data, protected, applied = DataOptions("table", photos), tmp_path / "protected", tmp_path / "applied"
    form = ReleaseForm("png", native=True)
    run_protect(ProtectRequest(data, protected, form=form, method=NOISE, seed=1), Runtime("cpu"))
    result = run_apply(ApplyRequest(data, applied, form=form, private=protected / "private"), Runtime("cpu"))
    assert result.fidelity is None
    assert saved_fidelity(applied / "private") is None
