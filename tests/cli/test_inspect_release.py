"""A release that is read as a dataset is called one: its images are not clean, and it is proved next."""

import shutil
from pathlib import Path

import pytest
from released_files import NOISE, Run

from conftest import Outcome

FORMATS = pytest.mark.parametrize("packing", ["png", "parquet", "webdataset"])


def release_of(mtlue: Run, folder: Path, out: Path, packing: str) -> Path:
    assert mtlue("protect", folder, "--out", out, *NOISE, "--format", packing).status == 0
    return out / "release"


def said(done: Outcome) -> str:
    assert done.status == 0, done.err
    return " ".join(f"{done.out} {done.err}".split())


@FORMATS
@pytest.mark.parametrize("place", ["release", "release/data"])
def test_a_release_is_called_one_and_verified_next(
    mtlue: Run, folder: Path, tmp_path: Path, packing: str, place: str
) -> None:
    release = release_of(mtlue, folder, tmp_path / "out", packing)
    if packing == "png":
        place = place.replace("data", "images")
    done = mtlue("inspect", tmp_path / "out" / place, "--sheet", tmp_path / "sheet.png")
    text = said(done)
    assert f"note: {release} is a release that mtlue wrote" in text
    (line,) = [line for line in done.err.splitlines() if line.startswith("next: ")]
    assert line.startswith(f"next: mtlue verify {tmp_path / 'out'} ")
    assert "mtlue protect" not in text
    assert "clean" not in text.replace("the clean ones", "")
    assert "column 'file_name'" not in text


def test_a_release_alone_is_verified_alone(mtlue: Run, folder: Path, tmp_path: Path) -> None:
    release_of(mtlue, folder, tmp_path / "out", "png").rename(tmp_path / "alone")
    assert f"next: mtlue verify {tmp_path / 'alone'} " in said(mtlue("inspect", tmp_path / "alone"))


def test_a_zip_of_a_release_is_called_one_too(mtlue: Run, folder: Path, tmp_path: Path) -> None:
    release = release_of(mtlue, folder, tmp_path / "out", "png")
    archive = shutil.make_archive(str(tmp_path / "published"), "zip", release.parent, "release")
    text = said(mtlue("inspect", archive))
    assert f"the files of {archive} were unpacked into" in text
    assert f"note: {archive} is a release that mtlue wrote" in text
    assert f"next: unpack {archive}; mtlue verify FOLDER " in text


def test_images_inside_a_table_of_a_release_are_not_called_clean(mtlue: Run, folder: Path, tmp_path: Path) -> None:
    data = release_of(mtlue, folder, tmp_path / "out", "parquet") / "data"
    table = next(data.glob("*.parquet"))
    text = said(mtlue("inspect", data, "--dataset", "table", "--labels", table.name))
    assert "inside Parquet files were unpacked into" in text


@pytest.mark.parametrize("place", ["photos", "restored"])
def test_other_images_are_protected_next(mtlue: Run, folder: Path, tmp_path: Path, place: str) -> None:
    release = release_of(mtlue, folder, tmp_path / "out", "png")
    restored = tmp_path / "restored"
    assert mtlue("restore", release.parent / "private", release, "--out", restored).status == 0
    text = said(mtlue("inspect", {"photos": folder, "restored": restored}[place]))
    assert "next: mtlue protect" in text
    assert "release that mtlue wrote" not in text


@FORMATS
def test_verify_says_of_every_format_that_an_audit_could_say_nothing(
    mtlue: Run, folder: Path, tmp_path: Path, packing: str
) -> None:
    release_of(mtlue, folder, tmp_path / "out", packing)
    assert "next: an audit could say nothing with" in said(mtlue("verify", tmp_path / "out"))
