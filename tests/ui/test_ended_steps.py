"""What pages say of a step that ended otherwise than well."""

import shutil
from pathlib import Path

from served import at, project_in, served


def test_what_a_cancelled_step_left_is_said(tmp_path: Path) -> None:
    project = project_in(tmp_path)
    project.stage("audit").asked({})
    project.stage("audit").journal.add("cancelled", text="")
    with served(tmp_path) as client:
        page = client.get(at(f"/projects/{project.key}")).text
    assert "what the audit has tried is kept" in page
    assert "The earlier audit" not in page  # there is none
    assert ">Go on</button>" in page


def test_a_release_is_named_only_where_there_is_one(tmp_path: Path) -> None:
    project, stays = project_in(tmp_path), "The release that was there before is still there."
    project.stage("protect").asked({})
    project.stage("protect").journal.add("cancelled", text="")
    with served(tmp_path) as client:
        assert stays in client.get(at(f"/projects/{project.key}")).text
        shutil.rmtree(project.out.path)
        page = client.get(at(f"/projects/{project.key}")).text
    assert stays not in page
    assert "what was trained so far is kept" in page


def test_images_that_cannot_be_read_lead_to_others(tmp_path: Path) -> None:
    project = project_in(tmp_path)
    shutil.rmtree(project.out.path)
    shutil.rmtree(project.stage("protect").path)
    project.stage("look").asked({})
    project.stage("look").journal.add("failed", text="there is no image in it")
    with served(tmp_path) as client:
        page = client.get(at(f"/projects/{project.key}")).text
        listed = client.get(at("/")).text
    assert "Reading the images did not work</h2>" in page
    assert "Choose other images</a>" in page
    assert "Reading the images did not work</span>" in listed


def test_what_did_not_work_is_shown_as_a_failure(tmp_path: Path) -> None:
    project = project_in(tmp_path)
    shutil.rmtree(project.out.path)
    project.stage("protect").asked({})
    project.stage("protect").journal.add("failed", text="no room")
    with served(tmp_path) as client:
        assert '<span class="state bad">The protection did not work</span>' in client.get(at("/")).text
        page = client.get(at(f"/projects/{project.key}")).text
        assert '<section class="card bad" aria-labelledby="ended">' in page
        assert "Your images are as they were" in page
        project.stage("protect").journal.add("cancelled", text="")
        assert '<span class="state">The protection was cancelled</span>' in client.get(at("/")).text
        assert "card bad" not in client.get(at(f"/projects/{project.key}")).text
