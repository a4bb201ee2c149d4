"""What the server says where something is wrong."""

from pathlib import Path

import pytest
from served import ADDRESS, ORIGIN, at, project_in
from starlette.testclient import TestClient

from mtlue.ui.app import application
from mtlue.ui.views import ProjectView


def test_what_should_not_happen_is_said_in_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise PermissionError(13, "Permission denied", "/x")

    project = project_in(tmp_path)
    monkeypatch.setattr(ProjectView, "of", broken)
    app = application(ADDRESS, tmp_path / "home", tmp_path / "work", 1)
    answer = TestClient(app, base_url=ORIGIN, raise_server_exceptions=False).get(at(f"/projects/{project.key}"))
    assert answer.status_code == 500
    assert "/x cannot be used: Permission denied." in answer.text
