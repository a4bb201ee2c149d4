"""What the server says where something is wrong."""

from pathlib import Path

import pytest
from served import ADDRESS, ORIGIN, at, project_in, served
from starlette.testclient import TestClient

from mtlue.ui.web.app import application
from mtlue.ui.wording.views import ProjectView


def test_what_should_not_happen_is_said_in_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise PermissionError(13, "Permission denied", "/x")

    project = project_in(tmp_path)
    monkeypatch.setattr(ProjectView, "of", broken)
    app = application(ADDRESS, tmp_path / "home", tmp_path / "work", 1)
    answer = TestClient(app, base_url=ORIGIN, raise_server_exceptions=False).get(at(f"/projects/{project.key}"))
    assert answer.status_code == 500
    assert "/x cannot be used: Permission denied." in answer.text


def test_what_was_wrong_leads_back_to_where_it_was(tmp_path: Path) -> None:
    project = project_in(tmp_path)
    page = f"/projects/{project.key}"
    with served(tmp_path) as client:
        refused = client.post(at(f"{page}/protect"), data={"strength": "standard"})
        assert "No task is chosen" in refused.text
        assert f'href="{at(page)}">Back to the project</a>' in refused.text
        assert "Back to the folders" in client.get(at("/folders"), params={"path": "none"}).text
        for lost in ("/projects/none/protect", "/none"):
            assert "Back to the start" in client.post(at(lost)).text
        project.file.write_text("{}")
        assert "All projects</a>" in client.get(at(page)).text  # not to the page that does not work


def test_a_form_of_another_kind_is_said_to_be_one(tmp_path: Path) -> None:
    with served(tmp_path) as client:
        answer = client.post(at("/projects"), files={"path": b"x"})
    assert (answer.status_code, "What the page sent cannot be read." in answer.text) == (400, True)


def test_a_tab_of_an_earlier_start_is_told_so(tmp_path: Path) -> None:
    with served(tmp_path) as client:
        answer = client.get("/an-old-token/projects/x")
    assert answer.status_code == 404
    assert "a new address each time it is started" in answer.text
    assert ADDRESS.token not in answer.text
    assert "script-src" not in answer.headers["Content-Security-Policy"]
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")
