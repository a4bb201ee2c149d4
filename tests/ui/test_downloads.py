"""A release as a zip file that is never whole anywhere."""

import asyncio
import io
import os
import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from served import at, project_in, served
from starlette.types import Message

from mtlue.errors import InputError
from mtlue.release.layout import OutputFolder
from mtlue.release.staging import staged
from mtlue.ui.web.downloads import ReplacedError, zipped
from mtlue.ui.web.files import Download


def test_every_file_and_nothing_else(tmp_path: Path) -> None:
    release = tmp_path / "release"
    (release / "images/a").mkdir(parents=True)
    contents = {"manifest.json": b"{}", "images/a/1.png": bytes(3_000_000), "images/ä.png": b"x", "empty.txt": b""}
    for name, content in contents.items():
        (release / name).write_bytes(content)
    (tmp_path / "private").mkdir()
    (tmp_path / "private/key").write_text("secret")
    (release / "link").symlink_to(tmp_path / "private/key")
    (release / "linked").symlink_to(tmp_path / "private")
    parts = list(zipped(release, "release"))
    assert max(map(len, parts)) < 2_000_000
    with zipfile.ZipFile(io.BytesIO(b"".join(parts))) as archive:
        assert archive.testzip() is None
        found = {name: archive.read(name) for name in archive.namelist()}
    assert found == {f"release/{name}": content for name, content in contents.items()}


def test_what_a_browser_gets(tmp_path: Path) -> None:
    project = project_in(tmp_path)
    with served(tmp_path) as client:
        answer = client.get(at(f"/projects/{project.key}/release.zip"))
        assert client.get(at(f"/projects/{project.key}/report.html")).status_code == 404
        project.out.release.manifest.unlink()
        assert client.get(at(f"/projects/{project.key}/release.zip")).status_code == 404
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert sorted(archive.namelist()) == ["photos-protected/images/a.png", "photos-protected/manifest.json"]
        assert min(entry.date_time for entry in archive.infolist()) > (2020,)
    assert answer.headers["content-disposition"] == "attachment; filename*=UTF-8''photos-protected.zip"


def release_in(out: OutputFolder, content: bytes) -> None:
    """Put a release in place as ``protect`` does, with a folder that is listed once the others are read."""
    with staged(out) as stage:
        (stage.release.path / "images/a/b").mkdir(parents=True)
        stage.release.manifest.write_bytes(content)
        for name in ("images/1.png", "images/2.png", "images/a/3.png", "images/a/b/4.png"):
            (stage.release.path / name).write_bytes(content)


@pytest.mark.parametrize("read", range(1, 6))
def test_a_release_that_is_replaced_while_it_is_read_is_never_mixed_with_the_next(tmp_path: Path, read: int) -> None:
    out = OutputFolder(tmp_path)
    release_in(out, b"first")
    parts = zipped(out.release.path, "release")
    for _ in range(read):
        next(parts)
    release_in(out, b"second")
    if read == 5:  # every file is in it
        assert list(parts)
        return
    with pytest.raises(ReplacedError):
        list(parts)


def test_a_release_that_is_deleted_while_it_is_read_is_not_taken_for_a_smaller_one(tmp_path: Path) -> None:
    out = OutputFolder(tmp_path)
    release_in(out, b"first")
    parts = zipped(out.release.path, "release")
    next(parts)
    out.release.path.rename(tmp_path / "aside")
    with pytest.raises(ReplacedError):
        list(parts)


def test_a_folder_that_cannot_be_listed_is_not_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = OutputFolder(tmp_path)
    release_in(out, b"first")
    listed = os.scandir

    def refused(place: str) -> object:
        if str(place).endswith("images/a"):
            raise PermissionError(13, "Permission denied", str(place))
        return listed(place)

    monkeypatch.setattr(os, "scandir", refused)
    with pytest.raises(PermissionError):
        list(zipped(out.release.path, "release"))


def test_an_answer_that_broke_off_has_no_end(caplog: pytest.LogCaptureFixture) -> None:
    def parts() -> Iterator[bytes]:
        yield b"begun"
        raise InputError("the release was replaced")

    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    asyncio.run(Download(parts()).stream_response(send))
    assert [message.get("more_body") for message in sent] == [None, True]
    assert "a download broke off: the release was replaced" in caplog.text


def test_a_release_that_goes_before_the_first_file_is_said_on_a_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = project_in(tmp_path)

    def gone(release: Path, name: str) -> Iterator[bytes]:
        shutil.rmtree(release)
        return zipped(release, name)

    monkeypatch.setattr("mtlue.ui.web.files.zipped", gone)
    with served(tmp_path) as client:
        answer = client.get(at(f"/projects/{project.key}/release.zip"))
    assert answer.status_code == 400
    assert "download it again" in answer.text
