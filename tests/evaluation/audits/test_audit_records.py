"""``audit.json`` says again what was written, and makes the verdict from it."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from audit_examples import both
from mtlue import InputError
from mtlue.evaluation.audits.records import AuditCost, AuditReport, KnownAttack, NotRun, read_audit_report

REPORT = AuditReport(
    dataset="faces",
    method="tap",
    epsilon=8.0,
    attacks=[KnownAttack("none", "as they are", "nothing"), KnownAttack("purifier", "a purifier", "our tool", "us")],
    records=[*both("none", 0.1), *both("purifier", 0.6, control=0.4, own_images=80, own_wanted=500)],
    not_run=[NotRun("diffusion", "no large model was given")],
    cost=AuditCost(planned=60.0, taken=70.5, processes=2, budget=1200.0),
    holdout=["height"],
    detection={"accuracy": 0.9},
    release="0" * 64,
)


def test_what_was_written_is_read(tmp_path: Path) -> None:
    REPORT.write(tmp_path / "audit.json")
    assert read_audit_report(tmp_path / "audit.json") == REPORT
    saved = json.loads((tmp_path / "audit.json").read_text())
    assert saved["verdict"] == [step.text for step in REPORT.verdict]
    assert "60 % of what clean images teach of 'age' comes back, by purifier" in saved["verdict"][2]


def test_every_recovery_is_written_and_the_records_give_it_again(tmp_path: Path) -> None:
    REPORT.write(tmp_path / "audit.json")
    saved = json.loads((tmp_path / "audit.json").read_text())["recoveries"]
    assert [one["attack"] for one in saved] == ["purifier", "none"]
    assert {name: saved[0][name] for name in ("seeds", "treat_test", "own_images", "own_wanted")} == {
        "seeds": [0], "treat_test": True, "own_images": 80, "own_wanted": 500,
    }  # fmt: skip
    numbers = [saved[0][name] for name in ("value", "against_plain", "control", "score", "clean", "trivial")]
    assert numbers == pytest.approx([0.6, 0.6, 0.4, 0.58, 0.9, 0.1])
    read_audit_report(tmp_path / "audit.json").write(tmp_path / "again.json")
    assert json.loads((tmp_path / "again.json").read_text())["recoveries"] == saved


def test_a_tier_whose_attacks_failed_is_not_said_to_have_been_left_out() -> None:
    broken = replace(REPORT, records=both("none", 0.1), not_run=[NotRun("purifier", "RuntimeError: no", failed=True)])
    assert broken.verdict[2].finding == "not tried (failed: RuntimeError: no)"
    assert (broken.reasons, broken.failures) == ({}, {"RuntimeError: no": ["purifier"]})


def test_scores_that_are_not_numbers_come_back(tmp_path: Path) -> None:
    bad = replace(REPORT.records[1], metrics={"age": {"accuracy": float("nan")}})
    replace(REPORT, records=[REPORT.records[0], bad]).write(tmp_path / "audit.json")
    assert "NaN" not in (tmp_path / "audit.json").read_text()
    assert [step.tried for step in read_audit_report(tmp_path / "audit.json").verdict[:1]] == [False]


def test_an_attack_of_another_version_is_known_by_its_name() -> None:
    assert REPORT.attack("purifier").tier == "tool"
    assert REPORT.attack("unheard-of").tier == "nothing"


@pytest.mark.parametrize("content", ["[]", "{", '{"records": 3}', '{"dataset": "x"}'])
def test_another_file_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "audit.json").write_text(content)
    with pytest.raises(InputError, match=r"audit\.json .*: give the audit\.json that audit wrote"):
        read_audit_report(tmp_path / "audit.json")
