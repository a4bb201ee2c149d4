"""What the terminal says after an audit: what to do, and what the verdict's words mean."""

from dataclasses import replace
from pathlib import Path

import pytest

from audit_examples import both
from mtlue.cli.telling.audit_next import explained, next_step
from mtlue.evaluation.attacks import ATTACKS
from mtlue.evaluation.audits.records import AuditCost, AuditReport, KnownAttack, NotRun
from mtlue.evaluation.recoveries.coverage import NO_TIME

PAGE = Path("an out/audit.html")
REPORT = AuditReport(
    "d", "tap", 8.0,
    attacks=[KnownAttack.of(ATTACKS[name]) for name in ("none", "half", "jpeg10")],
    records=[*both("none", 0.2), *both("half", 1.05)],
    not_run=[NotRun("jpeg10", NO_TIME)],
    cost=AuditCost(1, 1),
)  # fmt: skip


def test_a_release_that_does_not_hold_is_not_to_be_published() -> None:
    failed = next_step(REPORT, PAGE, failed=True)
    assert failed.startswith("do not publish this release as it is; protect again, with --strength strong, or with")
    assert "--strength" not in next_step(replace(REPORT, epsilon=16.0), PAGE, failed=True)


def test_the_same_command_goes_on_only_where_there_was_no_time_for_something() -> None:
    opened = "open 'an out/audit.html' in a browser"
    larger = next_step(REPORT, PAGE, failed=False)
    assert larger == f"{opened}; the same command with a larger --budget tries what there was no time for"
    assert next_step(replace(REPORT, not_run=[]), PAGE, failed=False) == opened


def test_attacks_of_the_verdict_and_shares_beyond_the_whole_are_explained() -> None:
    assert REPORT.verdict[0].value == pytest.approx(1.05)
    attack, beyond = explained(REPORT)
    assert attack == "  half: half the size, and back"
    assert beyond.startswith("  more than 100 %: ")
    assert list(explained(replace(REPORT, records=both("none", 0.2)))) == []
