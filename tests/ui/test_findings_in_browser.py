"""What a release's owner is shown of it, the proof and the audit's page, by keyboard and on a phone."""

import json
from pathlib import Path
from typing import Any

import pytest
from browsing import CHROMIUM, check_usable, opened_browser, press_to, running_ui
from playwright.sync_api import Page
from served import project_in

from mtlue.evaluation.attacks import find_attack
from mtlue.evaluation.audit_records import AuditCost, AuditReport, KnownAttack
from mtlue.evaluation.learner import Learner
from mtlue.evaluation.records import Record
from mtlue.report.audit_page import AuditPage, write_audit_page
from mtlue.report.page import write_page

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


def audited_project(folder: Path) -> None:
    """A project whose proof and audit are there."""
    project = project_in(folder)
    write_page(project.report, learners("none", 0.6))
    found, page = project.out.findings
    page.parent.mkdir()
    records = [*learners("none", 0.6), *learners("grey", 0.7)]
    attacks = [KnownAttack.of(find_attack(name)) for name in ("none", "grey")]
    report = AuditReport("faces", "tap", 8.0, attacks, records, [], AuditCost(60.0, 60.0, 1, 60.0))
    write_audit_page(page, AuditPage(report))
    found.write_text(json.dumps({"verdict": ["Greyscale gets back half."]}))


def check_page(page: Page) -> None:
    """It is usable with all of it unfolded, and no cell of a table is out of sight on a phone."""
    page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true })")
    check_usable(page)
    page.set_viewport_size({"width": 360, "height": 900})
    assert page.evaluate(OUTSIDE) == []


def test_proof_and_audit_open_by_keyboard_and_fit_a_phone(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    audited_project(tmp_path)
    with opened_browser() as browser, running_ui(tmp_path) as address:
        page = browser.new_page()
        page.set_default_timeout(240_000)
        page.goto(address)
        press_to(page, "a:has-text('photos')")
        page.keyboard.press("Enter")
        page.get_by_role("heading", name="How well does it hold?").wait_for()
        check_page(page)
        for words, heading in (
            ("Open the audit's page", "Does the protection hold?"),
            ("Open the proof", "Can this dataset still be learned from?"),
        ):
            page.reload()
            press_to(page, f'a:text("{words}")')
            with page.expect_popup() as opened:
                page.keyboard.press("Enter")
            opened.value.get_by_role("heading", name=heading).wait_for()
            check_page(opened.value)
