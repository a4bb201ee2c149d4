"""What the link to the page of a release's learners says: no more than they showed."""

from pathlib import Path
from typing import Any

import pytest
from served import at, project_in, served

from mtlue.evaluation.learner import Learner
from mtlue.evaluation.records import Record
from mtlue.jobs.checked import SelfCheck, Verdict
from mtlue.jobs.events import FewTested, SelfChecked
from mtlue.ui.wording.sentences import told


def learner(score: float, method: str | None) -> Record:
    values: dict[str, Any] = {
        "metrics": {"age": {"balanced_accuracy": score}},
        "trivial": {"age": {"balanced_accuracy": 0.5}},
        "directions": {"age": {"balanced_accuracy": True}},
        "headline": {"age": "balanced_accuracy"},
    }
    return Record(
        dataset="faces", condition="clean" if method is None else "protected", method=method, epsilon=8.0,
        train_images=400, test_images=100, seconds=1.0, curves={}, learner=Learner(seed=0, tasks=("age",)),
        attack="none", **values,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("clean", "protected", "link"),
    [
        (0.9, 0.5, "See what small learners got back"),
        (0.9, 0.88, "See what can still be learned"),
        (0.5, 0.5, "See what small learners scored"),
        (None, None, "See how it was checked"),  # by an earlier version, which did not say
    ],
)
def test_the_link_says_what_was_shown(tmp_path: Path, clean: float | None, protected: float | None, link: str) -> None:
    project = project_in(tmp_path)
    project.report.write_text("learners")
    row = {"text": "Checked."}
    if clean is not None and protected is not None:
        check = SelfCheck.of([learner(clean, None), learner(protected, "tap")])
        row = told(SelfChecked(Verdict({1: check}, 1, 1, 0.25)))
    project.told.add("SelfChecked", **row)
    with served(tmp_path) as client:
        page = client.get(at(f"/projects/{project.key}")).text
        listed = client.get(at("/")).text
    assert f">{link}</a>" in page
    assert ('class="state good">Protected</span>' in listed) == (link == "See what small learners got back")
    assert ('class="state bad">Does not hold</span>' in listed) == ("learned" in link)
    assert ('class="card good"' in page) == (link == "See what small learners got back")
    assert "proof" not in page.lower()
    assert ('class="button" href="' + at(f"/projects/{project.key}/release.zip") in page) == ("learned" not in link)
    assert "Size of the images</dt>" not in page  # an earlier version did not say it
    assert ("See what small learners got back" in page) == (link == "See what small learners got back")


def test_few_test_images_are_no_reason_to_say_that_it_holds(tmp_path: Path) -> None:
    project = project_in(tmp_path)
    verdict = Verdict({1: SelfCheck.of([learner(0.9, None), learner(0.5, "tap")])}, 1, 1, 0.25)
    project.told.add("SelfChecked", **told(SelfChecked(verdict, FewTested(32, ("age",), 1, 20))))
    with served(tmp_path) as client:
        page = client.get(at(f"/projects/{project.key}")).text
        assert "Protected, but too few test images to tell</span>" in client.get(at("/")).text
    assert "There are too few test images to tell whether the protection holds" in page
    assert '<div class="finding doubted">' in page
