"""Releases in lossy formats: the bound that holds of their files is measured, kept and proved."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from conftest import read_rows, save_image, write_table
from forging import change
from mtlue.data.options import DataOptions
from mtlue.errors import VerificationError
from mtlue.jobs.protection.protect import run_protect
from mtlue.jobs.releases.apply import run_apply
from mtlue.jobs.releases.verify import run_verify
from mtlue.jobs.requests.owner import ApplyRequest, ProtectRequest, VerifyRequest
from mtlue.methods.options import MethodChoice
from mtlue.release.form import ReleaseForm
from mtlue.runtime import Runtime

LOSSY = ("jpeg", "webp")
SIZES = [(17, 23), (24, 20), (24, 20), (9, 30)]
CPU = Runtime("cpu")


def photos(root: Path, sizes: list[tuple[int, int]], mode: str = "RGB") -> DataOptions:
    """A table of images without a test split."""
    for i, size in enumerate(sizes):
        save_image(root / f"{i}.png", size, seed=i)
        Image.open(root / f"{i}.png").convert(mode).save(root / f"{i}.png")
    write_table(root, [{"file": f"{i}.png", "kind": "ab"[i % 2], "split": "train"} for i in range(len(sizes))])
    return DataOptions("table", root)


def protect(data: DataOptions, out: Path, form: ReleaseForm) -> Path:
    run_protect(ProtectRequest(data, out, form=form, method=MethodChoice("noise"), seed=1), CPU)
    return out


def by_hand(root: Path, out: Path, mode: str) -> tuple[int, float, float]:
    """Largest and mean change, and PSNR, of the files as Pillow decodes them."""
    changes = [
        np.asarray(Image.open(out / "release" / row["file_name"]).convert(mode)).astype(int)
        - np.asarray(Image.open(root / row["id"])).astype(int)
        for row in read_rows(out / "release/metadata.csv")
    ]
    values = np.concatenate([values.ravel() for values in changes])
    return (
        int(np.abs(values).max()),
        float(np.abs(values).mean()),
        float(20 * np.log10(255 / np.sqrt((values**2).mean()))),
    )


@pytest.mark.parametrize("mode", ["RGB", "L"])
@pytest.mark.parametrize("form", LOSSY)
def test_the_bound_is_measured_on_the_files(tmp_path: Path, form: str, mode: str) -> None:
    several, one = photos(tmp_path / "several", SIZES, mode), photos(tmp_path / "one", SIZES[:1], mode)
    written = ReleaseForm(form, native=True, quality=60)
    out, more = protect(several, tmp_path / "out", written), tmp_path / "more"
    run_apply(ApplyRequest(one, more, form=written, private=out / "private"), CPU)
    check_bound(several, out, mode)
    check_bound(one, more, mode)


def check_bound(data: DataOptions, out: Path, mode: str) -> None:
    """The manifest, the private record and verify say what the files show."""
    assert data.data is not None
    largest, mean, psnr = by_hand(data.data, out, mode)
    manifest = json.loads((out / "release/manifest.json").read_text())
    assert (manifest["quality"], manifest["largest_change"]) == (60, largest)
    files = json.loads((out / "private/files.json").read_text())
    assert files["largest_change"] == largest
    assert [files["mean_change"], files["psnr"]] == pytest.approx([mean, psnr])
    assert files["survival"] > 0
    assert not list((out / "release").rglob("files.json"))
    proof = run_verify(VerifyRequest(out, data), CPU).proof
    assert proof.largest_change == largest
    assert proof.difference is not None
    assert [proof.difference.mean, proof.difference.psnr] == pytest.approx([mean, psnr])
    assert run_verify(VerifyRequest(out), CPU).proof.difference is None


def test_a_lossless_release_keeps_epsilon_alone(tmp_path: Path) -> None:
    data = photos(tmp_path / "photos", SIZES)
    out = protect(data, tmp_path / "out", ReleaseForm("webp-lossless", native=True))
    manifest = json.loads((out / "release/manifest.json").read_text())
    assert (manifest["quality"], manifest["largest_change"]) == (None, None)
    files = json.loads((out / "private/files.json").read_text())
    assert files == {
        "largest_change": 8,
        "bytes": sum(path.stat().st_size for path in (out / "release/images").iterdir()),
        "source_bytes": sum(path.stat().st_size for path in (tmp_path / "photos").glob("*.png")),
        "survival": 1.0,
    }


@pytest.mark.parametrize("form", LOSSY)
def test_files_beyond_the_manifests_bound_fail(tmp_path: Path, form: str) -> None:
    data = photos(tmp_path / "photos", SIZES)
    out = protect(data, tmp_path / "out", ReleaseForm(form, native=True, quality=90))
    allowed: list[int] = []
    change(out / "release", lambda values: allowed.append(values["largest_change"]))
    change(out / "release", lambda values: values.update(largest_change=allowed[0] - 1))
    run_verify(VerifyRequest(out), CPU)
    with pytest.raises(
        VerificationError, match=f"{allowed[0]} levels .* more than the {allowed[0] - 1} of the manifest"
    ):
        run_verify(VerifyRequest(out, data), CPU)


def test_jpeg_files_have_the_quality_of_the_manifest(tmp_path: Path) -> None:
    out = protect(photos(tmp_path / "photos", SIZES), tmp_path / "out", ReleaseForm("jpeg", native=True, quality=60))
    change(out / "release", lambda values: values.update(quality=61))
    with pytest.raises(VerificationError, match="its header holds other segments or tables than the writer's"):
        run_verify(VerifyRequest(out), CPU)


@pytest.mark.parametrize("form", LOSSY)
def test_releases_from_before_there_was_a_quality_are_proved_as_they_were(tmp_path: Path, form: str) -> None:
    data = photos(tmp_path / "photos", SIZES)
    out = protect(data, tmp_path / "out", ReleaseForm(form, native=True, quality=95))
    change(out / "release", lambda values: (values.pop("quality"), values.pop("largest_change")))
    result = run_verify(VerifyRequest(out, data), CPU)
    assert result.proof.difference is not None
    assert result.manifest.written_as.options["quality"] == 95


@pytest.mark.parametrize("claimed", [{"quality": 90}, {"largest_change": 8}, {"quality": 0}])
def test_a_lossless_release_that_claims_what_it_has_not_is_damaged(tmp_path: Path, claimed: dict[str, int]) -> None:
    out = protect(photos(tmp_path / "photos", SIZES), tmp_path / "out", ReleaseForm(native=True))
    change(out / "release", lambda values: values.update(claimed))
    with pytest.raises(VerificationError, match=r"manifest.json is damaged|manifest.json.*quality"):
        run_verify(VerifyRequest(out), CPU)
