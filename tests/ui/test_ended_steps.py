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


def test_a_look_that_fails_after_a_release_is_said(tmp_path: Path) -> None:
    project = project_in(tmp_path)
    project.stage("look").asked({})
    project.stage("look").journal.add("failed", text="no image")
    with served(tmp_path) as client:
        assert "Reading the images did not work</h2>" in client.get(at(f"/projects/{project.key}")).text


def test_what_is_ambiguous_is_settled_by_a_button(tmp_path: Path) -> None:
    project = project_in(tmp_path)
    for folder in (project.out.path, project.stage("protect").path):
        shutil.rmtree(folder)
    project.stage("look").asked({"pattern": "x", "test_percent": 30})
    ways = [{"labels": "a.csv"}, {"image_column": "b.csv"}, {"dataset": "imagefolder"}]
    project.stage("look").journal.add("failed", text="two tables", ways=ways)
    with served(tmp_path) as client:
        page = client.get(at(f"/projects/{project.key}")).text
        assert '<input type="hidden" name="image_column" value="b.csv">' in page
        assert page.count('<input type="hidden" name="test_percent" value="30">') == 3  # what was said before stays
        for button in ("Use a.csv", "Use b.csv", "Read it as folders, one for each class"):
            assert f"<button>{button}</button>" in page
        project.stage("look").journal.add("failed", text="two tables", ways=[{"test_labels": "a.csv"}])
        assert "Use a.csv" not in client.get(at(f"/projects/{project.key}")).text  # no form says it


def test_a_step_that_is_being_cancelled_says_so(tmp_path: Path) -> None:
    project = project_in(tmp_path)
    project.stage("audit").asked({})
    with served(tmp_path) as client, project.stage("audit").lock:
        project.stage("audit").journal.add("started", process=1)
        assert ">Cancel</button>" in client.get(at(f"/projects/{project.key}")).text
        project.stage("audit").cancelled.touch()
        page = client.get(at(f"/projects/{project.key}")).text
        state = client.get(at(f"/projects/{project.key}/state")).json()
    assert ">Cancelling</h2>" in page
    assert ">Cancel</button>" not in page
    assert (state["step"], state["time"]) == ("Ending what is being done; this takes some seconds", "")


def test_a_release_is_named_only_where_there_is_one(tmp_path: Path) -> None:
    project, stays = project_in(tmp_path), "The release that was there before is still there."
    project.stage("protect").asked({})
    project.stage("protect").journal.add("cancelled", text="")
    with served(tmp_path) as client:
        assert stays in client.get(at(f"/projects/{project.key}")).text
        shutil.rmtree(project.out.path)
        page = client.get(at(f"/projects/{project.key}")).text
    assert stays not in page
    assert "any model that was trained to its end is kept" in page


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
