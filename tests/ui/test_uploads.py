"""What a browser sends: streamed to disk within a limit, under names that stay inside; nothing refused is kept."""

import io
import zipfile
from pathlib import Path
from typing import Any

import pytest
from served import at, served
from starlette.testclient import TestClient

from mtlue.errors import InputError
from mtlue.ui.stages import processes
from mtlue.ui.web.uploads import Upload
from mtlue.ui.workspace.stage_folder import StageName
from mtlue.ui.workspace.workplace import Project, Workplace


@pytest.fixture(autouse=True)
def started(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Project, StageName]]:
    """The stages that would have been started; no process is."""
    found: list[tuple[Project, StageName]] = []

    def start(project: Project, name: StageName, request: Any) -> None:
        found.append((project, name))

    monkeypatch.setattr(processes, "start", start)
    return found


def begun(client: TestClient) -> str:
    return f"/uploads/{client.post(at('/uploads')).json()['key']}"


def zipped(**files: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return file.getvalue()


def test_a_folder_becomes_a_project(tmp_path: Path, started: list[tuple[Project, StageName]]) -> None:
    with served(tmp_path) as client:
        upload = begun(client)
        for name in ("photos/labels.csv", "photos/2021/ä 1.png", "photos/.DS_Store"):
            assert client.put(at(f"{upload}/file"), params={"path": name}, content=b"x").status_code == 200
        to = client.post(at(f"{upload}/end"), params={"name": "photos"}).json()["to"]
    ((project, stage),) = started
    assert (stage, to) == ("look", at(f"/projects/{project.key}"))
    assert (project.record.name, project.record.uploaded) == ("photos", True)
    assert project.record.data == (project.images / "photos").resolve()
    assert sorted(path.name for path in project.record.data.rglob("*.*")) == ["labels.csv", "ä 1.png"]


@pytest.mark.parametrize(
    "name", ["../a.png", "/a.png", "a/../../b.png", "a\\b.png", "a\nb", "", "a//b", "C:/a", "x" * 256, "CON", "a/NUL.b"]
)
def test_names_that_lead_out(tmp_path: Path, name: str) -> None:
    with served(tmp_path) as client:
        answer = client.put(at(f"{begun(client)}/file"), params={"path": name}, content=b"x")
    assert (answer.status_code, list(answer.json())) == (400, ["detail"])
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_the_limit_counts_all_files_together(tmp_path: Path) -> None:
    with served(tmp_path, limit=1000) as client:
        upload = begun(client)
        first, second = (
            client.put(at(f"{upload}/file"), params={"path": name}, content=bytes(600)) for name in ("a.png", "b.png")
        )
    assert (first.status_code, second.status_code) == (200, 413)
    assert second.json()["detail"].startswith("It is larger than the 1.0 kB that an upload may have: choose the folder")
    assert [path.name for path in tmp_path.rglob("*.png")] == ["a.png"]


def test_the_same_file_twice(tmp_path: Path) -> None:
    with served(tmp_path) as client:
        upload = begun(client)
        codes = [client.put(at(f"{upload}/file"), params={"path": "a"}, content=b"x").status_code for _ in range(2)]
    assert codes == [200, 400]


def test_a_zip_file(tmp_path: Path, started: list[tuple[Project, StageName]]) -> None:
    with served(tmp_path) as client:
        upload = begun(client)
        packed = zipped(**{"photos/a.png": b"a", "photos/b/c.png": b"c"})
        assert client.put(at(f"{upload}/archive"), content=packed).status_code == 200
        assert client.post(at(f"{upload}/end")).status_code == 200
    ((project, _),) = started
    assert project.record.name == "photos"
    assert not (project.path / "upload.zip").exists()


@pytest.mark.parametrize("content", [b"no zip", zipped(**{"../a.png": b"x"}), zipped(), zipped(**{".DS_Store": b"x"})])
def test_a_bad_zip_leaves_nothing(tmp_path: Path, content: bytes) -> None:
    with served(tmp_path) as client:
        answer = client.put(at(f"{begun(client)}/archive"), content=content)
    assert answer.status_code == 400
    assert list((tmp_path / "work").iterdir()) == []


def test_dropped_and_unknown_uploads(tmp_path: Path) -> None:
    with served(tmp_path) as client:
        upload = begun(client)
        client.put(at(f"{upload}/file"), params={"path": "a.png"}, content=b"x")
        assert client.delete(at(upload)).status_code == 200
        assert client.put(at(f"{upload}/file"), params={"path": "a.png"}, content=b"x").status_code == 400
        assert client.post(at(f"{begun(client)}/end")).json()["detail"].startswith("Nothing was uploaded")
        assert client.put(at("/uploads/..%2fx/file"), params={"path": "a"}).status_code == 404


def test_folders_alone_are_no_project(tmp_path: Path) -> None:
    upload = Upload(Workplace(tmp_path).new(), 1000)
    (upload.project.images / "photos").mkdir(parents=True)
    with pytest.raises(InputError, match="nothing was uploaded"):
        upload.finish("photos")


def test_what_was_broken_off_goes_after_a_day(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    workplace = Workplace(tmp_path)
    old, kept = workplace.new(), workplace.new()
    kept.describe("kept", tmp_path, uploaded=True)
    workplace.create()
    assert old.path.is_dir()
    monkeypatch.setattr("mtlue.ui.workspace.workplace._ABANDONED", -1.0)
    workplace.create()
    assert not old.path.exists()
    assert workplace.projects() == [kept]
