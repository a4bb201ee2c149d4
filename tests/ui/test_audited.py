"""The pages speak of an audit only where it is of the release that is there."""

import json
from pathlib import Path

import pytest
from served import at, project_in, served

from mtlue.files import sha256
from mtlue.jobs.events import FewImages
from mtlue.ui.wording.sentences import AUDIT_ADVICE, told
from mtlue.ui.wording.views import ProjectView
from mtlue.ui.workspace.workplace import Project


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """With an audit that has ended."""
    project = project_in(tmp_path)
    place = project.out.findings
    place.path.mkdir()
    said = {
        "release": sha256(project.out.release.manifest),
        "tried": "all 3 attacks tried",
        "judgement": {"outcome": "holds", "title": "It holds", "text": "At most 2 %."},
        "verdict": ["It holds."],
    }
    place.report.write_text(json.dumps({**said, "records": []}))
    place.page.write_text("the audit's page")
    return project


def test_an_audit_of_this_release_is_shown(project: Project, tmp_path: Path) -> None:
    view = ProjectView.of(project)
    assert view.verdict.lines == ["All 3 attacks tried.", "It holds."]
    assert view.summary == "Protected and audited"
    with served(tmp_path) as client:
        assert client.get(at(f"/projects/{project.key}/audit.html")).text == "the audit's page"
        assert "It holds." in client.get(at(f"/projects/{project.key}")).text


def test_what_an_audit_has_measured_is_not_advised_again(project: Project, tmp_path: Path) -> None:
    few = told(FewImages(75, 500))
    project.told.add("FewImages", **few)
    with served(tmp_path) as client:
        page = client.get(at(f"/projects/{project.key}")).text
        assert "Only 75 training images: below 500, protection is doubtful.</p>" in page
        assert "Let an audit" not in page
        assert "Audit again" in page
        assert 'value="2h" checked' in page  # longer than the usual time
        project.out.findings.page.unlink()
        assert few["text"] in client.get(at(f"/projects/{project.key}")).text
        assert few["text"].endswith(AUDIT_ADVICE)


def test_what_could_not_be_checked_may_be_audited(project: Project) -> None:
    project.told.add("SelfChecked", text="Could not be checked.", warns=True, outcome="unknown")
    assert ProjectView.of(project).summary == "Protected and audited"
    project.out.findings.page.unlink()
    assert ProjectView.of(project).summary == "Protected, but not checked"


def test_an_audit_of_another_release_is_not(project: Project, tmp_path: Path) -> None:
    project.out.release.manifest.write_text('{"another": 1}')
    view = ProjectView.of(project)
    assert (view.verdict.lines, view.verdict.audited) == ([], None)
    assert view.summary == "Protected, but not checked"
    with served(tmp_path) as client:
        assert client.get(at(f"/projects/{project.key}/audit.html")).status_code == 404
        page = client.get(at(f"/projects/{project.key}")).text
        assert "It holds." not in page
        assert "Start the audit" in page
        assert 'value="30m" checked' in page


@pytest.mark.parametrize(
    ("outcome", "checked", "summary", "tone"),
    [
        ("fails", "protected", "Does not hold", "bad"),
        ("partly", "protected", "Holds only in part", "doubted"),
        ("holds", "learnable", "Does not hold", "bad"),  # the worse of the two
        ("unknown", "protected", "Protected", "good"),
        ("unknown", "unknown", "Protected, but an audit could not judge it", "doubted"),
    ],
)
def test_a_release_that_does_not_hold_is_not_recommended(
    project: Project, tmp_path: Path, outcome: str, checked: str, summary: str, tone: str
) -> None:
    said = json.loads(project.out.findings.report.read_text())
    judged = {"outcome": outcome, "title": f"The audit says: {outcome}", "text": "107 % comes back."}
    project.out.findings.report.write_text(json.dumps({**said, "judgement": judged}))
    project.report.write_text("learners")
    project.told.add("SelfChecked", text="Small learners: 2 %.", warns=checked != "protected", outcome=checked)
    with served(tmp_path) as client:
        listed = client.get(at("/")).text
        page = client.get(at(f"/projects/{project.key}")).text
    assert f'class="state {tone}">{summary}</span>' in listed
    assert f'<div class="finding {tone}">' in page
    assert page.index('class="says"') < page.index("Largest change")
    assert f"The audit says: {outcome}" in page
    broken = tone == "bad" or outcome == "partly"
    assert ("Download the release all the same</a>" in page) == broken
    assert (f'class="button" href="{at(f"/projects/{project.key}/release.zip")}"' in page) != broken
    assert ("See what small learners got back" in page) == (checked == "protected" and not broken)
    assert ('<details class="card" id="again" open>' in page) == broken
