"""A form sends the names that there are, whatever characters are in them; only what is shown is made visible."""

import re
import shutil
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from served import FOUND, at, project_in, served
from starlette.testclient import TestClient

from mtlue.structured import read_json
from mtlue.ui.stages import processes
from mtlue.ui.wording.choices import LookChoices, ProtectChoices
from mtlue.ui.workspace.workplace import Project, Workplace

NAMES = [
    "new\nline", "carriage\rreturn", "both\r\n", "tab\t", "zero\u200bwidth", "turned\u202e", "%41", "a%0Ab", "a+b &c=d",
    "\\n", '"><b>', "ünï", " spaces ", "\x1b[31m", "100%",
]  # fmt: skip


class Forms(HTMLParser):
    """The fields that each form of a page would send, text fields among them, with their values."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.sent: dict[str, list[tuple[str, str]]] = {}
        self._action = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._action = given["action"]
            self.sent.setdefault(self._action, [])
        ticked = given.get("type") not in ("radio", "checkbox") or "checked" in given
        if tag == "input" and "name" in given and ticked:
            self.sent[self._action].append((given["name"], as_sent(given)))


def as_sent(field: dict[str, str]) -> str:
    """A value as browsers send it: without line breaks in a field of text, with both characters for each elsewhere."""
    if field.get("type", "text") == "text":
        return re.sub("[\r\n]", "", field["value"])
    return re.sub("\r\n?|\n", "\r\n", field["value"])


def post(client: TestClient, action: str, fields: list[tuple[str, str]]) -> int:
    answer = client.post(action, data={name: [value for one, value in fields if one == name] for name, _ in fields})
    return answer.status_code


@pytest.fixture(autouse=True)
def no_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "_launch", lambda *_: None)


@pytest.mark.parametrize("name", NAMES)
def test_a_folder_that_is_listed_can_be_chosen(tmp_path: Path, name: str) -> None:
    (tmp_path / "home" / name / "images").mkdir(parents=True)
    with served(tmp_path) as client:
        (link,) = re.findall(r'href="[^"]*(/folders\?path=[^"]*)"><b>', client.get(at("/folders")).text)
        page = client.get(at(link)).text
        assert "\x1b" not in page
        assert post(client, at("/projects"), Forms(page).sent[at("/projects")]) == 303
    (project,) = Workplace(tmp_path / "work").projects()
    assert project.record.data == tmp_path / "home" / name


@pytest.mark.parametrize("name", NAMES)
def test_a_task_that_is_ticked_is_protected(tmp_path: Path, name: str) -> None:
    project = project_in(tmp_path)
    age, hair = FOUND.tasks
    check_of = {name: 600.0, "hair": 0.0}
    replace(FOUND, tasks=[replace(age, name=name), hair], estimate=replace(FOUND.estimate, check_of=check_of)).write(
        project
    )
    shutil.rmtree(project.stage("protect").path)
    action = at(f"/projects/{project.key}/protect")
    with served(tmp_path) as client:
        fields = Forms(client.get(at(f"/projects/{project.key}")).text).sent[action]
        ticks = [value for field, value in fields if field == "protected"]
        times = client.get(at(f"/projects/{project.key}/times"), params={"unprotected": ticks[0]}).json()["times"]
        assert times["fast"] == "54 s"
        assert post(client, action, [field for field in fields if field != ("protected", ticks[1])]) == 303
    assert read_json(project.stage("protect").request, ProtectChoices, "").unprotected == ["hair"]


def look_of(project: Project) -> LookChoices:
    return read_json(project.stage("look").request, LookChoices, "")


@pytest.mark.parametrize("name", NAMES)
def test_a_column_that_was_proposed_is_read_and_stays(tmp_path: Path, name: str) -> None:
    project = project_in(tmp_path)
    (tmp_path / "home").mkdir()
    (tmp_path / "home/labels.csv").write_text("file,age\n")
    page = at(f"/projects/{project.key}")
    project.stage("look").asked({"dataset": "table", "labels": "labels.csv"})
    project.stage("look").journal.add("failed", text="two columns", ways=[{"image_column": name}])
    with served(tmp_path) as client:
        forms = Forms(client.get(page).text).sent
        assert post(client, f"{page}/settle", forms[f"{page}/settle"]) == 303
        assert look_of(project).image_column == name
        project.stage("look").journal.add("failed", text="no image")
        fields = Forms(client.get(page).text).sent[f"{page}/look"]
        assert post(client, f"{page}/look", [*fields, ("dataset", "table")]) == 303
    assert look_of(project).image_column == name


def test_a_value_of_no_page_is_refused(tmp_path: Path) -> None:
    with served(tmp_path) as client:
        answer = client.post(at("/projects"), data={"path": "%FF"})
    assert (answer.status_code, "not on the page" in answer.text) == (400, True)
