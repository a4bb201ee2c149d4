"""Where commands may write: never among a dataset's images, never into a release."""

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from conftest import Outcome
from mtlue import InputError, OutputError
from mtlue.data.loading import load
from mtlue.data.options import DataOptions
from mtlue.files import check_writable, written_whole
from mtlue.jobs.learners.report_request import ReportRequest
from mtlue.jobs.requests.places import check_data_places, check_place

Run = Callable[..., Outcome]
GRID = "datasets: {photos: {dataset: table, data: photos}}\nmethods: {clean: {}}\nseeds: 1\n"


@pytest.fixture
def protected(mtlue: Run, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The release of ``photos``, in ``out``, with the working folder around both, and an evaluation's records."""
    monkeypatch.chdir(tmp_path)
    done = mtlue("protect", "--dataset", "table", "--data", folder, "--method", "noise", "--out", "out")
    assert done.status == 0, done.err
    Path("audit").mkdir()
    Path("audit/results.json").write_text("[]")
    Path("grid.yaml").write_text(GRID)
    return tmp_path / "out"


def files(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*"))


DATA = ("--dataset", "table", "--data", "photos")
COMMANDS = {
    "protect": ("protect", *DATA, "--method", "noise", "--out"),
    "apply": ("apply", "out/private", *DATA, "--out"),
    "inspect": ("inspect", *DATA, "--sheet"),
    "evaluate": ("evaluate", *DATA, "--protected", "out", "--out"),
    "analyse": ("analyse", *DATA, "--protected", "out", "--out"),
    "benchmark": ("benchmark", "grid.yaml", "--out"),
    "table": ("table", "audit", "--out"),
}
IN_RELEASE, IN_DATA = ("out/release", "out/release/images/new.png"), ("photos", "photos/new/sheet.png")
PLACES = {**dict.fromkeys(COMMANDS, (*IN_RELEASE, *IN_DATA)), "table": IN_RELEASE}  # table reads no dataset


@pytest.mark.parametrize(("command", "place"), [(command, place) for command in COMMANDS for place in PLACES[command]])
def test_no_command_writes_into_a_release_or_among_images(
    mtlue: Run, protected: Path, command: str, place: str
) -> None:
    before = files(protected.parent)
    refused = mtlue(*COMMANDS[command], place)
    assert refused.status == 2
    release = "a release that is to be published"
    inside = "--data photos" if place.startswith("photos") else f"out/release, {release}"
    named = {"out/release": f"is {release}", "photos": f"is the folder of the images itself, {inside}"}
    said = named.get(place, "lies inside ")
    assert f" {place} {said}" in refused.err
    assert f"{said if place in named else inside}: choose a place outside it" in refused.err
    assert files(protected.parent) == before


@pytest.mark.usefixtures("protected")
@pytest.mark.parametrize("place", ["out/release/report.html", "photos/report.html"])
def test_no_page_is_written_there(place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ReportRequest, "records_of", lambda _: [])
    request = ReportRequest(Path("audit"), clean=DataOptions("table", Path("photos")), out=Path(place))
    with pytest.raises(InputError, match=f"out {place} lies inside"):
        request.check()
    assert replace(request, out=None).page == Path("audit/report.html")


@pytest.mark.usefixtures("protected")
def test_a_damaged_release_and_a_link_to_one_are_releases_too() -> None:
    Path("link").symlink_to("out/release")
    Path("out/release/manifest.json").write_text("{")
    with pytest.raises(ValueError, match="a release that is to be published"):
        check_place(Path("link/cells"))
    check_place(Path("out/private/audit"))  # not published


def test_another_programs_manifest_is_no_release(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text('{"name": "an extension"}')
    check_place(tmp_path / "audit")


def test_what_cannot_be_written_is_found_early(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    check_writable(tmp_path / "a/b/c")
    (tmp_path / "file").touch()
    check_writable(tmp_path / "file")
    with pytest.raises(OutputError, match=r"cannot write .*file/x: .*file is a file; choose another folder"):
        check_writable(tmp_path / "file/x")
    monkeypatch.setattr(os, "access", lambda *_: False)  # a test may run as root
    with pytest.raises(OutputError, match=r"cannot write .*a/b/c: no permission to write there"):
        check_writable(tmp_path / "a/b/c")


def test_a_temporary_files_name_is_never_shown(tmp_path: Path) -> None:
    with (
        pytest.raises(OutputError, match=r"cannot write [^ ]*/r\.html: no permission"),
        written_whole(tmp_path / "r.html") as temporary,
    ):
        raise PermissionError(13, "Permission denied", str(temporary))


def test_no_cache_lies_among_the_images(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = files(folder)
    for cache in (folder, folder / "cache", folder / "a/b", folder / "a/../../photos/b"):
        for read in (check_data_places, load):
            with pytest.raises(
                InputError, match=r"cache .* lies inside data .*: give a folder outside it, or no_cache"
            ):
                read(DataOptions("table", folder, cache=cache))
    monkeypatch.setenv("MTLUE_CACHE", str(folder / "cache"))
    with pytest.raises(InputError, match=r"photos/cache \(from the environment variable MTLUE_CACHE\) lies inside"):
        check_data_places(DataOptions(data=folder))
    assert files(folder) == before
    for more in ({"no_cache": True}, {"cache": tmp_path}, {"cache": folder / ".cache"}):
        check_data_places(DataOptions(data=folder, **more))
