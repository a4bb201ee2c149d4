"""The pages of an evaluation and an audit in a browser: nothing is out of sight on a phone, and axe finds no fault."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from browsing import ANY, CHROMIUM, check_usable, opened_browser

from mtlue.evaluation.attacks import find_attack
from mtlue.evaluation.audits.records import AuditCost, AuditReport, KnownAttack
from mtlue.evaluation.learner import Learner
from mtlue.evaluation.records import Record
from mtlue.fidelity.record import Fidelity, ImageFidelity
from mtlue.report.audits.page import AuditPage, write_audit_page
from mtlue.report.evaluations.page import write_page

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here: apt-get install chromium")
TASKS = ("eyeglasses", "a_task_with_quite_a_long_name")
OUTSIDE = """() => [...document.querySelectorAll('.cards td, .cards th, .attacks td')]
    .filter(cell => cell.checkVisibility() && cell.getBoundingClientRect().right > innerWidth)
    .map(cell => cell.textContent)"""


def learners(attack: str, protected: float) -> list[Record]:
    """One of clean images, and one of protected ones that knows so much."""
    return [_learner(attack, "clean", 0.9), _learner(attack, "tap", protected)]


def _learner(attack: str, method: str, score: float) -> Record:
    clean = method == "clean"
    values: dict[str, Any] = {
        "dataset": "faces", "condition": "clean" if clean else "protected", "method": None if clean else method,
        "epsilon": None if clean else 8.0, "train_images": 400, "test_images": 100, "seconds": 1.0,
        "metrics": {task: {"balanced_accuracy": score} for task in TASKS},
        "trivial": {task: {"balanced_accuracy": 0.5} for task in TASKS},
        "directions": {task: {"balanced_accuracy": True} for task in TASKS},
        "headline": dict.fromkeys(TASKS, "balanced_accuracy"), "curves": {"training loss": [2.0, 1.0]},
    }  # fmt: skip
    return Record(learner=Learner(seed=0, tasks=TASKS, countermeasure=attack), attack=attack, **values)


def write_audit(path: Path) -> None:
    records = [*learners("none", 0.6), *learners("grey", 0.7)]
    attacks = [KnownAttack.of(find_attack(name)) for name in ("none", "grey")]
    report = AuditReport("faces", "tap", 8.0, attacks, records, [], AuditCost(60.0, 60.0, 1, 60.0))
    seen = torch.zeros(8, 3, 32, 32, dtype=torch.uint8)
    write_audit_page(path, AuditPage(report, pictures={"what was released": seen, "grey": seen}))


def write_evaluation(path: Path) -> None:
    images = torch.zeros(2, 3, 8, 8, dtype=torch.uint8)
    seen = Fidelity(2, 2, 0, tuple(ImageFidelity(f"a/{i}.png", 42.0, 0.9, 3.0, 2.0, None, 0.5) for i in range(2)))
    write_page(path, learners("none", 0.6), (images, images), {"generator base loss": [1.0, 0.5]}, fidelity=seen)


@pytest.mark.parametrize(
    ("write", "heading"),
    [(write_audit, "Does the protection hold?"), (write_evaluation, "Can this dataset still be learned from?")],
)
def test_a_page_is_usable_unfolded_and_on_a_phone(tmp_path: Path, write: Callable[[Path], None], heading: str) -> None:
    write(tmp_path / "page.html")
    with opened_browser() as browser:
        page = browser.new_page()
        page.goto((tmp_path / "page.html").as_uri())
        page.get_by_role("heading", name=heading).wait_for()
        page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true })")
        check_usable(page, ANY)
        page.set_viewport_size({"width": 360, "height": 900})
        assert page.evaluate(OUTSIDE) == []
