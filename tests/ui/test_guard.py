"""Who is let in: another page, another name for this machine, and who does not know the token are not."""

import asyncio
import re
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from served import ADDRESS, ORIGIN, SECRET, at, project_in, served

import mtlue.ui.web


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1", "127.0.0.1:8001", "127.0.0.1:8000.evil.example", ""])
def test_another_host_is_refused(tmp_path: Path, host: str) -> None:
    with served(tmp_path) as client:
        assert client.get(at("/"), headers={"Host": host}).status_code == 421


def test_both_names_of_this_machine_are_served(tmp_path: Path) -> None:
    with served(tmp_path) as client:
        assert client.get(at("/"), headers={"Host": "localhost:8000"}).status_code == 200
        assert client.get(at("/")).status_code == 200


@pytest.mark.parametrize("path", ["/", "/wrong/", "/the-toke/", "/the-toke", "", "/static/page.css", "/the-tokén/"])
def test_without_the_token_nothing_is_served(tmp_path: Path, path: str) -> None:
    with served(tmp_path) as client:
        assert client.get(path).status_code == 404


@pytest.mark.parametrize("target", ["*", "foo", "", "the-token"])
def test_a_target_that_is_no_path_is_refused(tmp_path: Path, target: str) -> None:
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    async def ask(app: Any) -> None:
        host = ADDRESS.hosts[0].encode()
        scope = {"type": "http", "method": "GET", "path": target, "headers": [(b"host", host)], "query_string": b""}
        await app(scope, receive, send)

    with served(tmp_path) as client:
        asyncio.run(ask(client.app))
    assert sent[0]["status"] == 404


def test_an_address_without_its_last_slash_leads_on(tmp_path: Path) -> None:
    with served(tmp_path) as client:
        answer = client.get("/the-token")
    assert (answer.status_code, answer.headers["location"]) == (307, "/the-token/")


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:8001"},
        {"Origin": ""},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
@pytest.mark.parametrize(("method", "path"), [("POST", "/projects"), ("POST", "/uploads"), ("DELETE", "/uploads/x")])
def test_only_own_pages_change_anything(tmp_path: Path, headers: dict[str, str], method: str, path: str) -> None:
    with served(tmp_path) as client:
        assert client.request(method, at(path), headers=headers).status_code == 403


def test_a_form_is_small_and_says_its_length(tmp_path: Path) -> None:
    with served(tmp_path) as client:
        assert client.post(at("/projects"), data={"path": "x" * 200_000}).status_code == 413
        assert client.post(at("/projects"), content=iter([b"path=."])).status_code == 411


@pytest.mark.parametrize(
    "path", ["/", "/folders", "/nowhere", "/static/page.css", "/uploads/x/file", "/../", "/projects"]
)
def test_every_answer_carries_the_headers(tmp_path: Path, path: str) -> None:
    with served(tmp_path) as client:
        headers = client.get(at(path)).headers
    assert "default-src 'none'" in headers["content-security-policy"]
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert headers["cache-control"] == "no-store"


def test_reports_run_no_script_and_fetch_nothing(tmp_path: Path) -> None:
    project = project_in(tmp_path)
    project.report.write_text("<p>report")
    with served(tmp_path) as client:
        policy = client.get(at(f"/projects/{project.key}/report.html")).headers["content-security-policy"]
    assert policy.startswith("sandbox; default-src 'none'")
    assert "script" not in policy


def test_the_private_part_is_never_served(tmp_path: Path) -> None:
    project = project_in(tmp_path)
    inside = ("out/private/config.json", "out/release/../private/config.json", "private/config.json", "project.json")
    places = [f"/projects/{project.key}/{path}" for path in inside]
    places += [f"/static/../../{project.path}/{inside[0]}", f"/static/{quote('../', safe='')}config.json"]
    places += [f"/projects/{quote('../', safe='')}{project.key}", f"/projects/{project.key}/release.zip"]
    places += [f"/projects/{project.key}", "/", "/folders", f"/folders?path={quote(str(project.out.private.path))}"]
    with served(tmp_path) as client:
        answers = [client.get(at(path)) for path in places]
    assert all(SECRET not in answer.text for answer in answers)
    assert [answer.status_code for answer in answers[:6]] == [404] * 6


def test_text_from_data_is_shown_as_text(tmp_path: Path) -> None:
    project = project_in(tmp_path)
    project.describe("<b>\u202e", tmp_path / "home", uploaded=False)
    with served(tmp_path) as client:
        page = client.get(at(f"/projects/{project.key}")).text
    assert "<script>alert" not in page
    assert "&lt;b&gt;\\u202e" in page


def test_pages_name_no_other_machine() -> None:
    own = Path(mtlue.ui.web.__file__).parent
    files = [*own.glob("templates/*"), *own.glob("static/*")]
    assert {"home.html", "page.css"} <= {file.name for file in files}
    for file in files:
        found = set(re.findall(r"(?:https?:)?//[\w.]+[^\s\"']*", file.read_text()))
        assert not {link for link in found if "w3.org" not in link}, file


def test_the_address_is_this_machine_alone() -> None:
    assert ADDRESS.url == f"{ORIGIN}/the-token/"
