"""A project whose own files are damaged takes no other away, is listed as damaged, and can be removed."""

import json
import shutil
import time
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock, Timeout
from served import FOUND, at, project_in, served

from mtlue.errors import InputError
from mtlue.ui.stages import processes
from mtlue.ui.web.damage import Damaged, Whole, whole_or_damaged
from mtlue.ui.wording.views import ProjectView
from mtlue.ui.workspace.workplace import Project, Workplace


def event(kind: str, **values: Any) -> str:
    return json.dumps({"event": kind, "at": 1, **values}) + "\n"


def record(**values: Any) -> str:
    return json.dumps({"name": "x", "data": "/x", "uploaded": False, "created": 1, **values})


FOLDER = "a folder"
DAMAGES = [
    ("project.json", "{"),
    ("project.json", "{}"),
    ("project.json", "[]"),
    ("project.json", ""),
    ("project.json", FOLDER),
    ("project.json", record(created=1e300)),
    ("project.json", record(created=-1e12)),
    ("project.json", record(created="x")),
    ("project.json", record(name=["x"])),
    ("look/events.jsonl", event("failed")),
    ("look/events.jsonl", event("failed", text=["x"])),
    ("look/events.jsonl", event("failed", text="x", ways=[1])),
    ("look/events.jsonl", event("failed", text="x", ways=[{"labels": 1}])),
    ("look/events.jsonl", event("asked", at="x")),
    ("look/events.jsonl", event("asked", at=1e300)),
    ("look/events.jsonl", '{"event": "asked", "at": NaN}\n'),
    ("look/events.jsonl", event("started", process="x")),
    ("look/events.jsonl", '{"event": ["asked"], "at": 1}\n'),
    ("look/events.jsonl", event("Note", text=1)),
    ("look/events.jsonl", FOLDER),
    ("look", "a file"),
    ("look/progress.json", "[1]"),
    ("look/progress.json", '{"done": "x"}'),
    ("look/found.json", "{}"),
    ("look/found.json", FOLDER),
    ("look/lock", FOLDER),
    ("look/request.json", "["),
    ("protect/request.json", '{"size": 3}'),
    ("audit/request.json", '{"budget": "1y"}'),
    ("released.jsonl", event("ReleaseWritten")),
    ("released.jsonl", event("SelfChecked", outcome=["x"])),
    ("released.jsonl", FOLDER),
]


def damage(project: Project, name: str, content: str) -> None:
    place = project.path / name
    if place.is_dir():
        shutil.rmtree(place)
    place.unlink(missing_ok=True)
    place.parent.mkdir(exist_ok=True)
    if content == FOLDER:
        place.mkdir()
    else:
        place.write_text(content)


@pytest.mark.parametrize(("name", "content"), DAMAGES)
def test_what_is_damaged_is_listed_so_and_can_be_removed(tmp_path: Path, name: str, content: str) -> None:
    project_in(tmp_path)
    damaged = project_in(tmp_path)
    damage(damaged, name, content)
    page = at(f"/projects/{damaged.key}")
    with served(tmp_path) as client:
        listed, shown = client.get(at("/")), client.get(page)
        assert (listed.status_code, listed.text.count("/projects/")) == (200, 2)
        assert f'<b>{damaged.key}</b><span class="state bad">Damaged</span>' in listed.text
        assert "This project is damaged</h1>" in shown.text
        assert name.split("/", 1)[0] in shown.text
        assert client.post(f"{page}/remove").status_code == 303
        assert not damaged.path.exists()
        assert client.get(at("/")).text.count("/projects/") == 1


@pytest.mark.parametrize("name", ["beginning.lock", "protect/events.jsonl", "audit/lock"])
def test_what_only_a_step_needs_keeps_nobody_from_removing(tmp_path: Path, name: str) -> None:
    project = project_in(tmp_path)
    damage(project, name, FOLDER)
    project.remove()
    assert not project.path.exists()


def test_a_damaged_project_is_not_removed_while_a_process_works_on_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = project_in(tmp_path)
    damage(project, "look/events.jsonl", event("asked", at="x"))
    with project.stage("look").lock, pytest.raises(InputError, match="cancel it first"):
        project.remove()

    def busy(*_: object) -> None:
        raise Timeout("beginning.lock")

    monkeypatch.setattr(FileLock, "acquire", busy)
    with pytest.raises(InputError, match="about to begin"):
        project.remove()
    assert project.path.exists()


def test_a_step_that_begins_anew_mends_its_own_journal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "_launch", lambda *_: None)
    project = project_in(tmp_path)
    damage(project, "look/events.jsonl", event("failed"))
    processes.start(project, "look", {})
    assert ProjectView.of(project).running is not None


def test_a_project_without_its_record_is_neither_hidden_nor_swept_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = project_in(tmp_path)
    project.file.unlink()
    monkeypatch.setattr("mtlue.ui.workspace.workplace._ABANDONED", -1.0)
    with served(tmp_path) as client:
        assert project.out.private.config.is_file()
        assert "Damaged</span>" in client.get(at("/")).text
        assert client.post(at(f"/projects/{project.key}/remove")).status_code == 303


def test_a_folder_or_file_of_another_kind_is_no_project(tmp_path: Path) -> None:
    workplace, key = Workplace(tmp_path / "work"), time.strftime("%Y%m%d-%H%M%S-00000000")
    workplace.create()
    (workplace.path / key).write_text("")
    assert (workplace.projects(), workplace.project(key)) == ([], None)


def test_what_no_file_is_known_to_lead_to_takes_nothing_away_either(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    project = project_in(tmp_path)

    def show(whole: Whole) -> str:
        return FOUND.estimate.size("unheard-of")

    found = whole_or_damaged(project, show)
    assert isinstance(found, Damaged)
    assert (found.status, "(KeyError)" in found.text) == (500, True)
    assert "unheard-of" in capsys.readouterr().err


def test_a_damaged_project_does_not_hide_the_others(tmp_path: Path) -> None:
    project_in(tmp_path)
    damaged = project_in(tmp_path)
    damaged.file.write_text("{")
    with served(tmp_path) as client:
        page = client.get(at("/"))
        shown = client.get(at(f"/projects/{damaged.key}"))
        assert (shown.status_code, "Remove for good</button>" in shown.text) == (400, True)
        assert client.post(at(f"/projects/{damaged.key}/remove")).status_code == 303
        assert not damaged.path.exists()
        assert client.get(at("/")).text.count("/projects/") == 1
    assert (page.status_code, page.text.count("/projects/")) == (200, 2)
    assert f'<b>{damaged.key}</b><span class="state bad">Damaged</span>' in page.text


def test_a_project_that_cannot_be_read_does_not_hide_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project_in(tmp_path)
    locked, is_file = project_in(tmp_path), Path.is_file

    def refused(path: Path) -> bool:
        if path.is_relative_to(locked.path):
            raise PermissionError(13, "Permission denied", str(path))
        return is_file(path)

    monkeypatch.setattr(Path, "is_file", refused)
    with served(tmp_path) as client:
        page = client.get(at("/"))
        assert "cannot be used: Permission denied." in client.get(at(f"/projects/{locked.key}")).text
    assert (page.status_code, page.text.count("/projects/")) == (200, 2)
