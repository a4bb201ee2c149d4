"""A release as a zip file that is never whole anywhere."""

import io
import zipfile
from pathlib import Path

from served import at, project_in, served

from mtlue.ui.web.downloads import zipped


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
