"""The audit's table in a terminal: what it says below its rows."""

from audit_examples import CLEAN, TRIVIAL, both, record
from mtlue.evaluation.audits.records import AuditCost, AuditReport, KnownAttack
from mtlue.report.audits.table import render_audit_table


def test_attacks_whose_clean_learners_do_not_learn_are_named_whether_they_have_a_row_or_not() -> None:
    hardly = TRIVIAL + 0.02 * (CLEAN - TRIVIAL)
    unlearned = [record("adversarial8", condition, hardly) for condition in ("clean", "protected")]
    records = [*both("none", 0.2), *both("grey", 0.5), *unlearned]
    known = [KnownAttack(name, name, "nothing") for name in ("none", "grey", "adversarial8")]
    report = AuditReport("faces", "tap", 8.0, known, records, [], AuditCost(1, 1))
    for most in (3, 2):
        caption = f"{render_audit_table(report, most).caption}"
        said = "No recovery of 'age' (MTL) by adversarial8, because a clean learner hardly learns it with the attack."
        assert said in caption
