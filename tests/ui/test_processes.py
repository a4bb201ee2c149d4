"""What a stage's process writes, however the stage ends, and what a page makes of it."""

import json
import os
import re
import shutil
import signal
import time
import webbrowser
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from served import ADDRESS, FOUND, at, project_in, served

from mtlue.errors import InputError, param
from mtlue.jobs.audits.events import AttackTried, AuditPlanned, PlannedAttack
from mtlue.jobs.events import FewImages, Listener, Note
from mtlue.progress import Progress
from mtlue.ui.stages import processes
from mtlue.ui.stages import steps as stages
from mtlue.ui.stages.worker import Reported, Stops, Teller, work
from mtlue.ui.web.server import ServeRequest, _open
from mtlue.ui.wording.choices import ProtectChoices
from mtlue.ui.wording.views import ProjectView, StageView
from mtlue.ui.workspace.stage_folder import StageFolder, StageName
from mtlue.ui.workspace.workplace import Project


@pytest.fixture
def project(tmp_path: Path) -> Project:
    (tmp_path / "home").mkdir()
    project = project_in(tmp_path)
    project.stage("look").asked({})
    return project


def ran(project: Project, monkeypatch: pytest.MonkeyPatch, job: Callable[[Progress, Listener], None]) -> StageView:
    """The look of a project, with another job in its place."""

    def run(project: Project, stage: StageFolder, progress: Progress, tell: Listener) -> None:
        job(progress, tell)

    monkeypatch.setattr(stages, "RUN", {"look": run})
    with project.stage("look").lock:
        work(project, "look", Stops())
    return StageView.of(project, "look")


def test_events_become_sentences(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    def job(progress: Progress, tell: Listener) -> None:
        tell(Note(f"see {param('fit_limit')}"))
        tell(FewImages(3, 500))
        assert list(progress.track(range(3), "reading", 3)) == [0, 1, 2]

    view = ran(project, monkeypatch, job)
    assert view.state == "done"
    assert view.events[0] == ("See the option 'fit limit' (of the command line alone).", False)
    assert view.events[1][0].startswith("Only 3 training images")
    assert view.events[1][1]
    assert (view.step, view.done, view.total) == ("Reading", 3, 3)


@pytest.mark.parametrize("error", [KeyboardInterrupt(), OSError(28, "No space left on device")])
def test_a_release_that_is_there_is_done_whatever_becomes_of_its_pictures(
    project: Project, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    def show(*_: object) -> None:
        raise error

    project.stage("protect").asked({})
    monkeypatch.setattr(stages, "run_protect", lambda *_: None)
    monkeypatch.setattr(stages, "_show", show)
    monkeypatch.setattr(stages, "read_json", lambda *_: ProtectChoices())
    with project.stage("protect").lock:
        work(project, "protect", Stops())
    view = StageView.of(project, "protect")
    assert view.state == "done"
    assert any("could not be made" in text for text, _ in view.events) == isinstance(error, OSError)


@pytest.mark.parametrize(
    ("error", "state", "reason"),
    [
        (InputError(f"give {param('data')}"), "failed", "Give the folder of images."),
        (PermissionError(13, "Permission denied", "/x"), "failed", "/x cannot be used: Permission denied"),
        (ZeroDivisionError(), "failed", "An error that should not happen: ZeroDivisionError"),
        (KeyboardInterrupt(), "cancelled", ""),
    ],
)
def test_however_it_ends(
    project: Project, monkeypatch: pytest.MonkeyPatch, error: BaseException, state: str, reason: str
) -> None:
    def job(progress: Progress, tell: Listener) -> None:
        raise error

    view = ran(project, monkeypatch, job)
    assert view.state == state
    assert view.reason.startswith(reason)


def test_an_upload_is_called_by_its_name(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    images = project.images / "photos"
    project.describe("my photos", images, uploaded=True)

    def job(progress: Progress, tell: Listener) -> None:
        raise InputError(f"there is no image below {images}")

    assert ran(project, monkeypatch, job).reason == "There is no image below my photos."


def test_a_signal_waits_for_imports(tmp_path: Path) -> None:
    stops = Stops()
    stops(signal.SIGTERM)
    with pytest.raises(KeyboardInterrupt):
        stops.listen(tmp_path / "none")
    with pytest.raises(KeyboardInterrupt):
        stops(signal.SIGTERM)
    stops.ignore()
    stops(signal.SIGTERM)


def test_time_left(project: Project) -> None:
    stage = project.stage("protect")
    stage.asked({"preset": "fast", "unprotected": ["hair"]})
    estimate = replace(FOUND.estimate, seconds={"fast": 7190.0}, surrogates={"fast": 0.5})
    replace(FOUND, estimate=estimate).write(project)
    Reported(stage)._write("surrogate", 1, 4, 0.0, time_left=True)
    with stage.lock:
        stage.journal.add("started", process=os.getpid())
        values = json.loads(stage.progress.read_text())
        stage.progress.write_text(json.dumps({**values, "started": values["at"] - 900}))
        assert StageView.of(project, "protect").time == "0 s so far, about 1.8 h left"  # as fast as was expected
        stage.progress.write_text(json.dumps({**values, "started": values["at"] - 7200}))
        slow = StageView.of(project, "protect").time  # eight times as slow: so will the generator be
        assert slow == "0 s so far, about 12 h left"


def test_what_steps_took_is_kept_by_the_first_word_of_their_names(project: Project) -> None:
    stage = project.stage("protect")
    reported = Reported(stage)
    for name in ("learner a", "learner b", "generator"):
        assert list(reported.track(range(2), name, 2)) == [0, 1]
    kept = json.loads(stage.progress.read_text())["finished"]
    assert {name: count for name, (count, _) in kept.items()} == {"learner": 2}


def test_an_attack_that_runs_over_its_share_slows_all_that_is_left(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = project.stage("audit")
    stage.asked({})
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now)
    attacks = tuple(PlannedAttack(name, "nothing", 4, 0, seconds) for name, seconds in (("none", 60.0), ("grey", 40.0)))
    with stage.lock:
        Teller(stage.journal)(AuditPlanned(attacks, (), 1, 300.0))
        for passed, left in ((0, "about 1.7 min"), (60, "about 40 s"), (60, "about 80 s"), (90, "about 90 s")):
            now += passed
            assert StageView.of(project, "audit").time.endswith(f", {left} left")


def test_the_time_of_an_audit_is_what_it_tells_and_not_that_of_its_bar(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = project.stage("audit")
    stage.asked({})
    reported, tell = Reported(stage), Teller(stage.journal)
    with stage.lock:
        stage.journal.add("started", process=os.getpid())
        now = time.time()
        monkeypatch.setattr(time, "time", lambda: now)
        steps = reported.track(range(8), "training learners", 8, time_left=False)
        next(steps)
        now += 60
        next(steps)  # a minute for the first: seven for the others, if they were alike
        assert StageView.of(project, "audit").time == "60 s so far"
        attacks = (PlannedAttack("none", "nothing", 8, 1, 90.0),)
        tell(AuditPlanned(attacks, (), 1, None, elapsed=60.0))
        assert StageView.of(project, "audit").time == "60 s so far, about 90 s left"
        tell(AttackTried("none", None, 8, 8, 30.0))
        assert StageView.of(project, "audit").time == "60 s so far, about 30 s left"


def test_only_a_living_process_is_ended(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    killed: list[int] = []
    monkeypatch.setattr(os, "kill", lambda process, number: killed.append(process))
    stage = project.stage("look")
    stage.journal.add("started", process=4711)
    processes.cancel(project)  # its number may be another process's by now
    assert killed == []
    with stage.lock:
        processes.cancel(project)
    assert killed == [4711]


def test_cancelled_before_there_is_a_process(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    processes.cancel(project)
    assert ran(project, monkeypatch, lambda progress, tell: None).state == "cancelled"
    project.stage("look").asked({})
    assert ran(project, monkeypatch, lambda progress, tell: None).state == "done"


def test_one_process_at_a_time(project: Project) -> None:
    with pytest.raises(InputError, match="goes on"):
        processes.start(project, "protect", {})


def test_of_two_forms_at_once_one_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project = project_in(tmp_path)
    launched: list[StageName] = []
    refused: list[str] = []
    asked = StageFolder.asked

    def slowly(stage: StageFolder, request: Any) -> None:
        time.sleep(0.2)
        asked(stage, request)

    monkeypatch.setattr(StageFolder, "asked", slowly)
    monkeypatch.setattr(processes, "_launch", lambda project, name: launched.append(name))

    def ask(name: StageName) -> None:
        try:
            processes.start(project, name, {"by": name})
        except InputError as error:
            refused.append(str(error))

    threads = [Thread(target=ask, args=(name,)) for name in ("look", "protect", "audit")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(launched), len(refused)) == (1, 2)
    assert json.loads(project.stage(launched[0]).request.read_text()) == {"by": launched[0]}


def test_forms_are_checked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, object]] = []
    monkeypatch.setattr(processes, "start", lambda project, name, request: asked.append((name, request)))
    project = project_in(tmp_path)
    place = at(f"/projects/{project.key}")
    good = {"strength": "strong", "preset": "fast", "protected": ["age"]}
    wrongs: tuple[dict[str, Any], ...] = (
        {"strength": "16"},
        {"preset": "paper"},
        {"protected": []},
        {"protected": ["nothing"]},
    )
    with served(tmp_path) as client:
        (tmp_path / "home/labels.csv").write_text("file,age\n")
        assert client.post(f"{place}/protect", data=good).status_code == 303
        for wrong in wrongs:
            assert client.post(f"{place}/protect", data={**good, **wrong}).status_code == 400
        for hints in (
            {"labels": "../secret.csv"},
            {"labels": "/etc/passwd"},
            {"dataset": "digits"},
            {"split_column": "", "test_percent": "35"},
        ):
            assert client.post(f"{place}/look", data=hints).status_code == (303 if "split_column" in hints else 400)
        for step, wrong in (
            ("look", {"out": "x"}),
            ("look", {"test_percent": "many"}),
            ("look", {"test_percent": "91"}),
            ("audit", {"budget": "99h"}),
        ):
            answer = client.post(f"{place}/{step}", data=wrong)
            assert answer.status_code == 400
            assert not re.search("enum|Expected|`|--", re.sub("<[^>]*>|<!--", "", answer.text))
        assert client.post(f"{place}/resume", data={"stage": "audit"}).status_code == 400
        assert client.post(f"{place}/resume", data={"stage": "../x"}).status_code == 400
    name, request = asked[0]
    assert name == "protect"
    assert request["unprotected"] == ["hair"]  # type: ignore[index]


def test_a_project_as_the_list_shows_it(project: Project) -> None:
    project.stage("look").journal.add("done", text="")
    view = ProjectView.of(project)
    assert (view.summary, view.ended) == ("Protected, but not checked", None)
    project.stage("protect").asked({})
    project.stage("protect").journal.add("failed", text="no room")
    view = ProjectView.of(project)
    assert view.ended is not None
    assert (view.ended.title, view.ended.reason) == ("The protection did not work", "no room")
    assert view.release is not None  # the earlier one is still there
    assert not view.failed


def test_a_notice_is_said_once(tmp_path: Path) -> None:
    project, few = project_in(tmp_path), "Only 3 training images."
    replace(FOUND, doubts=[few]).write(project)
    with served(tmp_path) as client:
        page = at(f"/projects/{project.key}")
        assert client.get(page).text.count(few) == 1
        for _ in range(2):
            project.told.add("FewImages", text=few, warns=True)
        assert client.get(page).text.count(few) == 1


def test_times_are_those_of_the_tasks_that_are_ticked(tmp_path: Path) -> None:
    project = project_in(tmp_path)
    with served(tmp_path) as client:
        page = at(f"/projects/{project.key}/times")
        assert client.get(page).json()["times"] == {"fast": "11 min", "strong": "20 min"}
        assert client.get(f"{page}?unprotected=hair").json()["times"] == {"fast": "60 s", "strong": "10 min"}
        assert client.get(f"{page}?unprotected=hair&unprotected=age&unprotected=x").json()["times"]["fast"] == "54 s"
        shutil.rmtree(project.stage("look").path)
        assert client.get(page).status_code == 400


def test_the_page_that_opens_the_browser_is_this_users_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From the start: a file that is made private later can be opened before."""
    seen: list[int] = []
    opened: list[str] = []
    replaced = Path.replace

    def watched(path: Path, target: Path) -> Path:
        seen.append(path.stat().st_mode & 0o777)
        return replaced(path, target)

    monkeypatch.setattr(Path, "replace", watched)
    monkeypatch.setattr(webbrowser, "open", opened.append)
    (tmp_path / "open.html").touch(mode=0o644)
    _open(ADDRESS, tmp_path)
    assert seen == [0o600]
    assert opened == [(tmp_path / "open.html").as_uri()]
    assert (tmp_path / "open.html").stat().st_mode & 0o777 == 0o600
    assert ADDRESS.url in (tmp_path / "open.html").read_text()


def test_folders_that_cannot_be_used_are_refused_at_the_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "home").mkdir()
    ServeRequest(tmp_path / "home", tmp_path / "work").check()
    ServeRequest(tmp_path, tmp_path / "work").check()  # it is hidden there
    for place in (tmp_path / "home", tmp_path):
        with pytest.raises(InputError, match="give a folder of its own"):
            ServeRequest(tmp_path / "home", place).check()
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(InputError, match="cannot be read"):
        ServeRequest(tmp_path / "home", tmp_path / "work").check()
