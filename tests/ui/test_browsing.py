"""Folders that may be chosen: those below the one of the start, and no private part of a release."""

import os
from pathlib import Path

import pytest
from served import at, project_in, served

from mtlue.errors import InputError
from mtlue.tables.reading import READERS
from mtlue.ui.workspace.browsing import LABELS, Shelf


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    for name in ("home/photos/2021", "home/.hidden", "home/work/x", "other", "home/out/private", "home/out/release"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "home/out/release/manifest.json").write_text("{}")
    (tmp_path / "home/photos/a.png").write_text("")
    (tmp_path / "home/link").symlink_to(tmp_path / "other")
    (tmp_path / "home/inside").symlink_to(tmp_path / "home/photos")
    return Shelf(tmp_path / "home", tmp_path / "home/work")


def test_what_is_listed(shelf: Shelf) -> None:
    assert shelf.listing(".").folders == [("inside", "inside"), ("out", "out"), ("photos", "photos")]
    assert shelf.listing("out").folders == [("release", "out/release")]
    found = shelf.listing("photos")
    assert (found.way, found.files) == ([("home", "."), ("photos", "photos")], 1)


def test_a_table_of_every_kind_counts_as_one() -> None:
    assert {*READERS} <= LABELS


def test_folders_that_are_not_listed_are_counted(tmp_path: Path) -> None:
    for number in range(1003):
        (tmp_path / f"home/{number}").mkdir(parents=True)
    with served(tmp_path) as client:
        page = client.get(at("/folders")).text
    assert "holds 0 files and 1003 folders." in page
    assert "3 more are not shown." in page


def test_a_folder_whose_name_is_not_utf8_hides_no_other(tmp_path: Path) -> None:
    for name in (b"bad\xff name", b"good"):
        (tmp_path / "home" / os.fsdecode(name)).mkdir(parents=True)
    with served(tmp_path) as client:
        answer = client.get(at("/folders"))
    assert answer.status_code == 200
    assert "good" in answer.text
    assert "1 more is not shown." in answer.text


@pytest.mark.parametrize(
    "path", ["..", "../other", "link", "/etc", "/", "photos/../..", "work", "work/x", "out/private", "none", "a\0b"]
)
def test_what_is_not(shelf: Shelf, path: str) -> None:
    with pytest.raises(InputError):
        shelf.listing(path)


def test_a_place_out_of_reach_begins_nothing(tmp_path: Path) -> None:
    project = project_in(tmp_path)
    with served(tmp_path) as client:
        for path in ("..", "/etc", str(project.out.private.path), "../work"):
            assert client.post(at("/projects"), data={"path": path}).status_code == 400
            assert client.get(at("/folders"), params={"path": path}).status_code == 400
        answer = client.post(at("/projects"))
    assert (answer.status_code, "folder is chosen" in answer.text) == (400, True)
    assert len(list((tmp_path / "work").iterdir())) == 1


def test_an_empty_folder_is_not_to_be_chosen(tmp_path: Path) -> None:
    (tmp_path / "home/empty").mkdir(parents=True)
    with served(tmp_path) as client:
        page = client.get(at("/folders"), params={"path": "empty"}).text
        above = client.get(at("/folders")).text
    assert "<b>empty</b> is empty" in page
    assert "Use this folder" not in page
    assert "Use this folder" in above
    for text in (page, above):
        assert "Back to the start</a>" in text
