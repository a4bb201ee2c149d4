"""Lossy images in shards: their quality and the bound that holds of them are kept, and proved, as of single files."""

import json
import tarfile
from pathlib import Path

import pytest

from conftest import save_image, write_table
from forging import change
from mtlue import Runtime
from mtlue.data.options import DataOptions
from mtlue.errors import InputError, VerificationError
from mtlue.files import sha256
from mtlue.jobs.protection.protect import run_protect
from mtlue.jobs.releases.apply import run_apply
from mtlue.jobs.releases.verify import run_verify
from mtlue.jobs.releases.writing import ReleaseResult
from mtlue.jobs.requests.owner import ApplyRequest, ProtectRequest, VerifyRequest
from mtlue.methods.options import MethodChoice
from mtlue.release.form import PACKINGS, USUAL_QUALITY, ReleaseForm
from mtlue.release.shards.manifest import ShardedManifest
from mtlue.release.shards.unpacking import as_files
from shard_files import write_tars

RUNTIME = Runtime("cpu")
KINDS = pytest.mark.parametrize("kind", PACKINGS.rows)
LOSSY = pytest.mark.parametrize("image", ["jpeg", "webp"])


def photos(root: Path, mode: str = "RGB", count: int = 5) -> DataOptions:
    """Images of odd sides without a test split."""
    for i in range(count):
        save_image(root / f"{i}.png", (17 + i, 23), mode, seed=i)
    write_table(root, [{"file": f"{i}.png", "kind": "ab"[i % 2], "split": "train"} for i in range(count)])
    return DataOptions("table", root)


def protect(data: DataOptions, out: Path, form: str, **more: object) -> ReleaseResult:
    shape = ReleaseForm(form, native=True, **more)  # type: ignore[arg-type]
    return run_protect(ProtectRequest(data, out, form=shape, method=MethodChoice("noise"), seed=1), RUNTIME)


def kept(out: Path) -> dict[str, float]:
    values: dict[str, float] = json.loads((out / "private/files.json").read_text())
    return values


def stated(release: Path) -> dict[str, dict[str, object]]:
    """The shards' own manifests."""
    return {path.stem: json.loads(path.read_text()) for path in sorted((release / "manifests").iterdir())}


@KINDS
@LOSSY
@pytest.mark.parametrize(("mode", "count"), [("RGB", 5), ("L", 5), ("RGB", 2)])
def test_shards_say_what_files_do(kind: str, image: str, mode: str, count: int, tmp_path: Path) -> None:
    data = photos(tmp_path / "photos", mode, count)
    plain, out = tmp_path / "plain", tmp_path / "out"
    files = protect(data, plain, image, quality=60)
    shards = protect(data, out, f"{kind}:images={image},rows=2", quality=60)
    assert kept(out) == kept(plain)
    assert shards.files == files.files
    assert shards.verdict is None
    for name in ("quality", "largest_change", "image_format"):
        assert getattr(shards.manifest, name) == getattr(files.manifest, name)
    own = stated(out / "release")
    assert {one["quality"] for one in own.values()} == {60}
    proved, alone = run_verify(VerifyRequest(out, data), RUNTIME), run_verify(VerifyRequest(plain, data), RUNTIME)
    assert proved.proof == alone.proof
    assert proved.manifest.format_in_words == f"{image} of quality 60"
    assert run_verify(VerifyRequest(out), RUNTIME).proof.difference is None
    unpacked = as_files(out / "release", None)
    assert run_verify(VerifyRequest(unpacked, data), RUNTIME).proof == alone.proof


@KINDS
def test_each_shard_has_the_bound_of_its_own_images(kind: str, tmp_path: Path) -> None:
    data = photos(tmp_path / "photos")
    many, single = tmp_path / "many", tmp_path / "single"
    whole = protect(data, many, f"{kind}:images=webp,rows=1", quality=30).manifest
    own = [one["largest_change"] for one in stated(many / "release").values()]
    assert isinstance(whole, ShardedManifest)
    assert whole.largest_change == max(own)  # type: ignore[type-var]
    assert len({*own}) > 1
    assert protect(data, single, f"{kind}:images=webp", quality=30).manifest.largest_change == whole.largest_change


@KINDS
def test_apply_gathers_shards(kind: str, tmp_path: Path) -> None:
    for name, numbers in (("a-train", range(6)), ("b-train", range(6, 9)), ("c-test", range(9, 13))):
        write_tars(tmp_path / f"in/{name}.tar", numbers)
    data = DataOptions("shards", tmp_path / "in")
    fitted, plain, out = (tmp_path / name for name in ("fitted", "plain", "out"))
    protect(data, fitted, "png")
    for place, form in ((plain, "jpeg"), (out, f"{kind}:images=jpeg")):
        shape = ReleaseForm(form, quality=75)
        result = run_apply(ApplyRequest(data, place, form=shape, private=fitted / "private"), RUNTIME)
    assert kept(out) == pytest.approx(kept(plain))
    assert result.files.source_bytes == sum(png.stat().st_size for png in unpacked(tmp_path, data))
    assert run_verify(VerifyRequest(out, data), RUNTIME).proof == run_verify(VerifyRequest(plain, data), RUNTIME).proof


def unpacked(tmp_path: Path, data: DataOptions) -> list[Path]:
    """The images of the shards, as any reader of tars writes them."""
    assert data.data is not None
    for path in data.data.glob("*.tar"):
        with tarfile.open(path) as archive:
            archive.extractall(tmp_path / "tars", filter="data")
    return sorted((tmp_path / "tars").glob("*.png"))


@KINDS
def test_a_bound_that_does_not_hold_is_found(kind: str, tmp_path: Path) -> None:
    data = photos(tmp_path / "photos")
    out = tmp_path / "out"
    largest = protect(data, out, f"{kind}:images=jpeg", quality=90).manifest.largest_change
    assert largest is not None
    change(out / "release", lambda values: values.update(largest_change=largest - 1))
    with pytest.raises(VerificationError, match="do not allow the same largest change"):
        run_verify(VerifyRequest(out), RUNTIME)
    path = next((out / "release/manifests").iterdir())
    before = sha256(path)
    path.write_text(path.read_text().replace(f'"largest_change": {largest}', f'"largest_change": {largest - 1}'))
    whole = out / "release/manifest.json"
    whole.write_text(whole.read_text().replace(before, sha256(path)))
    run_verify(VerifyRequest(out), RUNTIME)
    with pytest.raises(VerificationError, match=f"{largest} levels .* more than the {largest - 1} of the manifest"):
        run_verify(VerifyRequest(out, data), RUNTIME)


@KINDS
@pytest.mark.parametrize("claimed", [{"quality": 61}, {"quality": None}])
def test_shards_have_the_quality_of_the_release(kind: str, claimed: dict[str, int | None], tmp_path: Path) -> None:
    out = tmp_path / "out"
    protect(photos(tmp_path / "photos"), out, f"{kind}:images=jpeg", quality=60)
    change(out / "release", lambda values: values.update(claimed))
    with pytest.raises(VerificationError, match="its manifest and the release's differ in quality"):
        run_verify(VerifyRequest(out), RUNTIME)


@KINDS
def test_a_lossless_release_claims_no_quality(kind: str, tmp_path: Path) -> None:
    data, out = photos(tmp_path / "photos"), tmp_path / "out"
    result = protect(data, out, kind)
    assert (result.manifest.quality, result.manifest.largest_change, result.files.difference) == (None, None, None)
    assert kept(out)["largest_change"] == 8
    change(out / "release", lambda values: values.update(quality=90))
    with pytest.raises(VerificationError, match=r"manifest\.json is damaged .png is lossless"):
        run_verify(VerifyRequest(out), RUNTIME)


@KINDS
@LOSSY
def test_a_quality_or_lossy_allows_the_format_inside(kind: str, image: str) -> None:
    form = f"{kind}:images={image}"
    with pytest.raises(InputError, match="loses part"):
        ReleaseForm(form).checked()
    assert ReleaseForm(form, lossy=True).checked().written_quality == USUAL_QUALITY
    assert ReleaseForm(form, quality=75).checked().written_quality == 75
    with pytest.raises(InputError, match="quality 0: give 1 to 100"):
        ReleaseForm(form, quality=0).checked()


@KINDS
@pytest.mark.parametrize("image", ["png", "webp-lossless"])
def test_a_lossless_format_inside_has_no_quality(kind: str, image: str) -> None:
    assert ReleaseForm(f"{kind}:images={image}", lossy=True).checked().written_quality is None
    with pytest.raises(InputError, match=f"{image} keeps every pixel.* choose format {kind}:images=jpeg"):
        ReleaseForm(f"{kind}:images={image}", quality=90).checked()
