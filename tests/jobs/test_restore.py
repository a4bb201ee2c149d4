"""Whoever holds the key of a release gets its images back; nobody else does, and nothing half-written stays."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image

from mtlue import InputError, OutputError, Runtime, VerificationError
from mtlue.data.options import DataOptions
from mtlue.jobs.protection.protect import run_protect
from mtlue.jobs.releases.apply import run_apply
from mtlue.jobs.releases.restore import run_restore
from mtlue.jobs.requests.owner import ApplyRequest, ProtectRequest
from mtlue.jobs.requests.restore import RestoreRequest
from mtlue.jobs.requests.self_check import SelfCheckOptions
from mtlue.methods import Scope
from mtlue.methods.options import MethodChoice
from mtlue.release.form import ReleaseForm

QUICK = {"epochs": 1, "surrogate_epochs": 1}
CPU = Runtime("cpu")


def photos(folder: Path, count: int = 12, size: tuple[int, int] = (17, 23), channels: int = 3) -> DataOptions:
    """Smooth images between 20 and 235, so that nothing is cut off, and a table with a label that is missing once."""
    folder.mkdir()
    draw = np.random.default_rng(0)
    for number in range(count):
        ramp = np.linspace(20, 235, size[0] * size[1] * channels) + draw.integers(-4, 4)
        pixels = np.rint(ramp).clip(20, 235).astype(np.uint8).reshape(*size, channels)
        Image.fromarray(pixels[:, :, 0] if channels == 1 else pixels).save(folder / f"{number}.png")
    kinds = ["", *("a" if number % 2 else "b" for number in range(1, count))]
    table = {"file": [f"{number}.png" for number in range(count)], "kind": kinds, "split": ["train"] * count}
    pd.DataFrame(table).to_csv(folder / "labels.csv", index=False)
    return DataOptions("table", data=folder, no_cache=True)


def protected(data: DataOptions, out: Path, method: MethodChoice, form: ReleaseForm | None = None) -> Path:
    unchecked = SelfCheckOptions(self_check=False)
    run_protect(ProtectRequest(data, out, form=form or ReleaseForm(), method=method, self_check=unchecked), CPU)
    return out


def request_of(folder: Path, to: Path, clean: DataOptions | None = None) -> RestoreRequest:
    return RestoreRequest(folder / "private", folder / "release", to, clean)


@pytest.mark.parametrize(
    "method",
    [
        MethodChoice("noise", scope=Scope(fraction=0.5)),
        MethodChoice("lsp-patch", {"square": 4}, epsilon=16 / 255),
        MethodChoice("tap", QUICK),
        MethodChoice("tap-samplewise", {"surrogate_epochs": 1, "pgd_steps": 2}),
    ],
    ids=lambda method: method.name,
)
@pytest.mark.parametrize("channels", [1, 3])
def test_images_come_back_where_nothing_is_cut_off(tmp_path: Path, method: MethodChoice, channels: int) -> None:
    data = photos(tmp_path / "photos", channels=channels)
    result = run_restore(request_of(protected(data, tmp_path / "out", method), tmp_path / "clean", data), CPU)
    assert result.error is not None
    assert result.images == 12
    assert result.given_back > 0.99
    assert result.error.mean < 0.02
    own = sorted(path.name for path in (tmp_path / "clean").iterdir())
    assert own == ["images", "metadata.csv", "restored.json"]
    table = pd.read_csv(tmp_path / "clean/metadata.csv", keep_default_na=False)
    assert table["kind"].tolist()[:3] == ["", "a", "b"]
    released = pd.read_csv(tmp_path / "out/release/metadata.csv", keep_default_na=False)["file_name"].tolist()
    assert table["file_name"].tolist() == released  # their endings too: a release is PNG, as this is
    for name, identifier in zip(table["file_name"], table["id"], strict=True):
        back, clean = (
            np.asarray(Image.open(path), np.int16)
            for path in (tmp_path / "clean" / name, tmp_path / "photos" / identifier)
        )
        assert back.shape == clean.shape
        assert np.abs(back - clean).mean() < 0.2


def test_images_come_back_from_a_release_in_shards(tmp_path: Path) -> None:
    data = photos(tmp_path / "photos", count=4)
    out = protected(data, tmp_path / "out", MethodChoice("lsp-patch", {"square": 4}), ReleaseForm("parquet"))
    result = run_restore(request_of(out, tmp_path / "clean", data), CPU)
    assert result.error is not None
    assert result.error.largest == 0


def test_values_that_were_cut_off_are_counted(tmp_path: Path) -> None:
    data = photos(tmp_path / "photos")
    Image.fromarray(np.full((17, 23, 3), 255, np.uint8)).save(tmp_path / "photos/3.png")
    out = protected(data, tmp_path / "out", MethodChoice("noise"))
    result = run_restore(request_of(out, tmp_path / "clean", data), CPU)
    assert result.error is not None
    assert result.error_within is not None
    assert 0 < result.at_limits < 1 / 12
    assert result.error_within.largest == 0
    assert result.error.largest <= 8
    assert result.error_at_limits is not None
    assert result.error_at_limits + result.error_within == result.error


def test_white_backgrounds_come_back_within_the_bounds_that_are_stated(tmp_path: Path) -> None:
    """A generator looks at what was cut off: values there are within epsilon, and others within twice as much."""
    data, ramp = photos(tmp_path / "photos"), np.linspace(0, 255, 12 * 11 * 3).astype(np.uint8).reshape(12, 11, 3)
    for number in range(12):
        white = np.full((17, 23, 3), 255, np.uint8)
        white[3:15, number : number + 11] = ramp
        Image.fromarray(white).save(tmp_path / f"photos/{number}.png")
    out = protected(data, tmp_path / "out", MethodChoice("tap", QUICK), ReleaseForm(native=True))
    result = run_restore(request_of(out, tmp_path / "clean", data), CPU)
    assert result.error_at_limits is not None
    assert result.error_within is not None
    assert result.at_limits > 0.2
    assert 0 < result.error_at_limits.largest <= result.bound
    assert result.error_within.largest <= 2 * result.bound


@pytest.mark.parametrize("name", ["noise", "lsp-patch", "ar-patch"])
def test_values_near_the_limits_that_were_not_cut_off_come_back_exactly(tmp_path: Path, name: str) -> None:
    """Protecting the released image cuts some of them off: the search for the clean one must not stop there."""
    data = photos(tmp_path / "photos", count=4)
    ramp = np.linspace(0, 255, 17 * 23 * 3).astype(np.uint8).reshape(17, 23, 3)
    for number in range(4):
        Image.fromarray(np.roll(ramp, 100 * number)).save(tmp_path / f"photos/{number}.png")
    out = protected(data, tmp_path / "out", MethodChoice(name, epsilon=16 / 255))
    result = run_restore(request_of(out, tmp_path / "clean", data), CPU)
    assert result.error is not None
    assert result.error_within is not None
    assert result.given_back == 1
    assert result.error_within.largest == 0
    assert 0 < result.error.largest <= result.bound == 16


def test_what_a_lossy_format_changed_stays(tmp_path: Path) -> None:
    data = photos(tmp_path / "photos")
    out = protected(data, tmp_path / "out", MethodChoice("noise"), ReleaseForm("jpeg", quality=90))
    result = run_restore(request_of(out, tmp_path / "clean", data), CPU)
    assert result.error is not None
    assert not result.lossless
    assert 0 < result.error.mean < 8


def test_the_key_of_another_release_is_refused(tmp_path: Path) -> None:
    data = photos(tmp_path / "photos", count=4)
    one, two = (protected(data, tmp_path / name, MethodChoice("noise")) for name in ("one", "two"))
    with pytest.raises(InputError, match=r"was not written with .*one/release"):
        run_restore(RestoreRequest(two / "private", one / "release", tmp_path / "clean"), CPU)
    assert not (tmp_path / "clean").exists()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["one", "photos", "two"]


def test_a_changed_release_and_places_that_are_taken_are_refused(tmp_path: Path) -> None:
    data = photos(tmp_path / "photos", count=4)
    out = protected(data, tmp_path / "out", MethodChoice("noise"))
    with pytest.raises(OutputError, match="is not empty"):
        run_restore(request_of(out, tmp_path / "photos"), CPU)
    with pytest.raises(InputError, match="lies inside"):
        run_restore(request_of(out, out / "release/clean"), CPU)
    image = next((out / "release/images").rglob("*.png"))
    Image.fromarray(torch.zeros(17, 23, 3, dtype=torch.uint8).numpy()).save(image)
    with pytest.raises(VerificationError, match=image.name):
        run_restore(request_of(out, tmp_path / "clean"), CPU)
    assert not (tmp_path / "clean").exists()


def test_restored_images_are_known_as_such(tmp_path: Path) -> None:
    """They are no release, nothing is written among them, and to protect them is to protect clean images."""
    out, clean = protected(photos(tmp_path / "photos"), tmp_path / "out", MethodChoice("noise")), tmp_path / "clean"
    run_restore(request_of(out, clean), CPU)
    with pytest.raises(InputError, match="clean holds images that mtlue restored"):
        run_restore(RestoreRequest(out / "private", clean, tmp_path / "twice"), CPU)
    with pytest.raises(InputError, match="already holds images that mtlue restored: choose another folder"):
        run_restore(request_of(out, clean), CPU)
    with pytest.raises(InputError, match="among images that mtlue restored: choose a place outside"):
        run_restore(request_of(out, clean / "again"), CPU)
    assert sorted(path.name for path in clean.iterdir()) == ["images", "metadata.csv", "restored.json"]
    said: list[object] = []
    unchecked = SelfCheckOptions(self_check=False)
    request = ProtectRequest(
        DataOptions(data=clean), tmp_path / "two", method=MethodChoice("noise"), self_check=unchecked
    )
    assert run_protect(request, CPU, said.append).changed == 12
    assert "protected first" not in str(said)


@pytest.mark.parametrize("method", [MethodChoice("noise"), MethodChoice("tap", QUICK)], ids=lambda method: method.name)
@pytest.mark.parametrize("channels", [1, 3])
def test_images_at_their_own_sizes_come_back(tmp_path: Path, method: MethodChoice, channels: int) -> None:
    data = photos(tmp_path / "photos", count=4, channels=channels)
    large = np.asarray(Image.open(tmp_path / "photos/1.png").resize((61, 37)))
    Image.fromarray(large).save(tmp_path / "photos/1.png")
    out = protected(replace(data, size=(16, 16)), tmp_path / "out", method, ReleaseForm(native=True))
    result = run_restore(request_of(out, tmp_path / "clean", data), CPU)
    assert result.error is not None
    assert result.given_back > 0.99
    assert result.error.mean < 0.02
    table = pd.read_csv(tmp_path / "clean/metadata.csv", keep_default_na=False)
    back = np.asarray(Image.open(tmp_path / "clean" / table["file_name"][1]), np.int16)
    assert np.abs(back - large).mean() < 0.2


SCENES = DataOptions("scenes", limit_train=4, limit_test=2)


def test_label_maps_that_are_not_in_a_release_are_named(tmp_path: Path) -> None:
    scope = Scope(unprotected=("depth",))
    out = protected(SCENES, tmp_path / "out", MethodChoice("joint-code", scope=scope), ReleaseForm(native=True))
    with pytest.raises(InputError, match=r"holds no label maps \(solid, normals\)"):
        run_restore(request_of(out, tmp_path / "clean"), CPU)
    assert not (tmp_path / "clean").exists()


@pytest.mark.parametrize(
    "method",
    [
        MethodChoice("noise"),
        MethodChoice("tap", QUICK, scope=Scope(unprotected=("solid", "depth", "normals"))),
    ],
    ids=lambda method: method.name,
)
def test_label_maps_that_decide_no_perturbation_are_not_missed(tmp_path: Path, method: MethodChoice) -> None:
    out = protected(SCENES, tmp_path / "out", method, ReleaseForm(native=True))
    result = run_restore(request_of(out, tmp_path / "clean", SCENES), CPU)
    assert result.error_within is not None
    assert result.images == 6
    assert result.error_within.mean < 0.1


@pytest.mark.parametrize("name", ["generator.safetensors", "generator.json"])
def test_a_generator_of_another_fit_is_refused(tmp_path: Path, name: str) -> None:
    data = photos(tmp_path / "photos", count=4)
    one, two = (protected(data, tmp_path / name, MethodChoice("tap", QUICK)) for name in ("one", "two"))
    shutil.copyfile(two / "private" / name, one / "private" / name)
    with pytest.raises(InputError, match=rf"one/private/{name} is not the file"):
        run_restore(request_of(one, tmp_path / "clean"), CPU)
    with pytest.raises(InputError, match=rf"one/private/{name} is not the file"):
        run_apply(ApplyRequest(data, tmp_path / "more", private=one / "private"), CPU)
    assert not (tmp_path / "clean").exists()
    assert not (tmp_path / "more").exists()
