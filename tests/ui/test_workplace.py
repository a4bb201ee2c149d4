"""A stage's state is told from its files: whatever ends, the server or the process, nothing is lost."""

import os
import time
from pathlib import Path
from threading import Event, Thread

import pytest

from mtlue.errors import InputError
from mtlue.files import write_text
from mtlue.ui.workspace.journal import Journal
from mtlue.ui.workspace.workplace import Project, Workplace


@pytest.fixture
def project(tmp_path: Path) -> Project:
    project = Workplace(tmp_path).new()
    project.describe("photos", tmp_path, uploaded=False)
    return project


def state(project: Project) -> str:
    """Of the look; each call reads the files again."""
    return project.stage("look").state


def test_the_life_of_a_stage(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    stage = project.stage("look")
    assert state(project) == "new"
    stage.asked({"dataset": "auto"})
    assert (state(project), project.running) == ("running", "look")
    with stage.lock:
        stage.journal.add("started", process=os.getpid())
        assert state(project) == "running"
        stage.journal.add("Note", text="x")
        assert state(project) == "running"
    assert (state(project), project.running) == ("interrupted", None)
    for event in ("done", "failed", "cancelled"):
        stage.journal.add(event, text="")
        assert state(project) == event
    stage.asked({})
    monkeypatch.setattr("mtlue.ui.workspace.stage_folder.STARTS_WITHIN", -1.0)
    assert state(project) == "interrupted"  # its process never took the lock


def test_a_look_at_a_stage_takes_nobody_elses_look_for_its_process(project: Project) -> None:
    stage = project.stage("look")
    stage.asked({})
    stage.journal.add("done", text="")
    taken = Event()

    def look() -> None:
        with stage.lock:
            taken.set()
            time.sleep(0.01)

    other = Thread(target=look)
    other.start()
    taken.wait()
    assert not stage.held
    other.join()


def test_a_line_that_was_cut_off_is_passed_over(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "events.jsonl")
    journal.begin()
    journal.add("Note", text="ä\n")
    with journal.path.open("a") as file:
        file.write('{"event": "half')
    assert [row["event"] for row in journal.rows()] == ["asked", "Note"]
    assert journal.rows()[1]["text"] == "ä\n"
    write_text(journal.path, "[]\n1\n\n")
    assert journal.rows() == []


def test_a_project_is_removed_whole_but_not_while_it_is_worked_on(project: Project) -> None:
    project.stage("look").asked({})
    with project.stage("look").lock, pytest.raises(InputError, match="cancel it first"):
        project.remove()
    project.stage("look").journal.add("done", text="")
    project.remove()
    assert not project.path.exists()


@pytest.mark.parametrize("key", ["..", "", ".", "x", "20260101-000000-0000000g", "20260101-000000-00000000"])
def test_keys_that_are_none(tmp_path: Path, key: str) -> None:
    assert Workplace(tmp_path).project(key) is None


def test_only_this_user_sees_the_work(tmp_path: Path) -> None:
    workplace = Workplace(tmp_path / "work")
    workplace.create()
    assert workplace.path.stat().st_mode & 0o077 == 0
    assert workplace.new().path.stat().st_mode & 0o077 == 0
