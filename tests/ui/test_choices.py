"""What words on a page mean to the jobs, and that every event has its sentence."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from served import project_in

from mtlue.errors import InputError, param
from mtlue.jobs import events
from mtlue.jobs.audits import events as audit_events
from mtlue.ui import web
from mtlue.ui.wording.choices import BUDGETS, LEVELS, AuditChoices, LookChoices, ProtectChoices, Strength
from mtlue.ui.wording.sentences import CONTROLS, plainly, told

FACES_ALONE: Sequence[str] = ("LearnerStarted", "LearnerFinished", "LearnersPlanned", "CellFailed", "AuditTimed")
"""Events of jobs that the pages do not run, and one that a page's time left says."""


@pytest.mark.parametrize(("strength", "levels"), [("subtle", 4), ("standard", 8), ("strong", 16)])
def test_strengths(tmp_path: Path, strength: Strength, levels: float) -> None:
    (tmp_path / "home").mkdir()
    project = project_in(tmp_path)
    request = ProtectChoices(strength, "strong", ["hair"], native=True).request(project)
    assert request.form.native
    assert request.data.size is None
    assert ProtectChoices(size=(30, 40)).request(project).data.size == (30, 40)
    assert request.method.epsilon == pytest.approx(levels / 255)
    assert request.method.settings_for(()).to_json()["preset"] == "strong"
    assert request.method.scope.unprotected == ("hair",)
    assert (request.data.data, request.out) == (tmp_path / "home", project.out.path)
    assert levels == LEVELS[strength]


def test_budgets(tmp_path: Path) -> None:
    project = project_in(tmp_path)
    project.out.private.config.write_text('{"data": {"dataset": "table", "data": "/photos"}}')
    plans = [AuditChoices(budget).request(project).plan for budget in BUDGETS]
    assert [plan.budget for plan in plans] == [180, 600, 1800, 7200, 28800]


def test_tables_lie_in_the_folder(tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    for name in ("photos/labels.csv", "secret.csv"):
        (tmp_path / name).write_text("")
    assert LookChoices(test_percent=35).options(tmp_path / "photos").test_fraction == 0.35
    found = LookChoices(labels="labels.csv").options(tmp_path / "photos")
    assert found.labels == tmp_path / "photos/labels.csv"
    for name in ("../secret.csv", str(tmp_path / "secret.csv"), "none.csv"):
        with pytest.raises(InputError):
            LookChoices(labels=name).options(tmp_path / "photos")


@pytest.mark.parametrize("link", ["labels.csv", "2021/labels.parquet", "linked"])
def test_labels_that_are_linked_from_elsewhere_are_not_read(tmp_path: Path, link: str) -> None:
    """Nor linked images, which are passed over where the folder is read, and links inside the folder are fine."""
    photos, other = tmp_path / "photos", tmp_path / "other"
    for folder in (photos / "2021", other):
        folder.mkdir(parents=True)
        (folder / "more.csv").write_text("file,secret\n")
    (photos / "a.png").symlink_to(other / "a.png")
    (photos / "inside.csv").symlink_to(photos / "2021/more.csv")
    assert LookChoices().options(photos).data == photos
    (photos / link).symlink_to(other if link == "linked" else other / "more.csv")
    with pytest.raises(InputError, match=f"'{link}' is a link that leads out of the folder"):
        LookChoices().options(photos)


def test_every_event_has_its_sentence() -> None:
    kinds = [
        one
        for one in {**vars(events), **vars(audit_events)}.values()
        if isinstance(one, type) and issubclass(one, events.Event)
    ]
    silent = {kind.__name__ for kind in kinds if told.dispatch(kind) is told.dispatch(object)} - {"Event"}
    assert silent == set(FACES_ALONE)


@pytest.mark.parametrize("name", ["test_fraction", "limit_train", "data"])
def test_a_page_speaks_of_its_own_controls(name: str) -> None:
    assert "--" not in plainly(f"change {param(name)}")
    assert "_" not in plainly(f"change {param(name)}")


def test_every_control_is_on_a_page() -> None:
    templates = "".join(path.read_text() for path in (Path(web.__file__).parent / "templates").iterdir())
    for words in CONTROLS.values():
        assert not words.startswith("'") or words.strip("'") in templates, words
