"""Which tasks and attacks have no recovery, and why, as the owner of a release reads it."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from audit_examples import CLEAN, TRIVIAL, record
from mtlue.evaluation.audits.records import AuditCost, AuditReport, KnownAttack
from mtlue.evaluation.learner import Learner
from mtlue.evaluation.records import Record
from mtlue.report.audits.page import AuditPage, write_audit_page
from mtlue.report.audits.table import render_audit_table
from mtlue.report.audits.without_recovery import NAMED, without_recovery

HARDLY = TRIVIAL + 0.02 * (CLEAN - TRIVIAL)


def attacked(attack: str, clean: dict[str, float]) -> list[Record]:
    """Learners of clean images that reach these accuracies, and of the release, which reach half as much."""
    return [
        record(attack, "clean", clean),
        record(attack, "protected", {task: TRIVIAL + (score - TRIVIAL) / 2 for task, score in clean.items()}),
    ]


def report(records: Sequence[Record]) -> AuditReport:
    known = [KnownAttack(name, name, "nothing") for name in dict.fromkeys(str(one.attack) for one in records)]
    return AuditReport("faces", "tap", 8.0, known, list(records), [], AuditCost(1.0, 1.0))


def test_where_all_is_known_nothing_is_said() -> None:
    assert without_recovery(report(attacked("none", {"age": CLEAN}))) == []


def test_a_task_that_clean_learners_do_not_learn_is_named_once_whatever_the_attack() -> None:
    scores = {"age": CLEAN, "mood": TRIVIAL, "hat": TRIVIAL}
    records = [one for name in ("none", "grey", "half") for one in attacked(name, scores)]
    (said,) = without_recovery(report(records))
    assert said == (
        "No recovery of 'mood' (MTL), 'hat' (MTL) by any attack, because a clean learner does not learn them."
    )


def test_both_kinds_of_learners_are_one_mention() -> None:
    multi = attacked("none", {"mood": TRIVIAL})
    alone = [replace(one, learner=Learner(setting="stl", tasks=("mood",))) for one in multi]
    assert without_recovery(report([*multi, *alone])) == [
        "No recovery of 'mood' (MTL and STL) by any attack, because a clean learner does not learn it."
    ]


def test_attacks_that_cost_clean_learners_everything_are_named() -> None:
    records = [*attacked("none", {"age": CLEAN, "hat": CLEAN}), *attacked("blur2", {"age": HARDLY, "hat": CLEAN})]
    assert without_recovery(report(records)) == [
        "No recovery of 'age' (MTL) by blur2, because a clean learner hardly learns it with the attack."
    ]
    more = [*records, *attacked("quarter", {"age": HARDLY, "hat": HARDLY})]
    assert without_recovery(report(more)) == [
        "No recovery of 'age' (MTL), 'hat' (MTL) by some of blur2, quarter, because a clean learner hardly learns them "
        "with these attacks."
    ]


def test_a_task_that_only_an_attack_learns_is_said_of_plain_learners() -> None:
    records = [*attacked("none", {"age": TRIVIAL}), *attacked("pretrained", {"age": CLEAN})]
    assert without_recovery(report(records)) == [
        "No recovery of 'age' (MTL) by learners without an attack, because a clean learner does not learn it."
    ]


def test_many_tasks_are_counted_and_the_page_says_so(tmp_path: Path) -> None:
    scores = {f"task{number}": TRIVIAL for number in range(NAMED + 3)}
    audited = report(attacked("none", scores))
    (said,) = without_recovery(audited)
    assert "'task7' (MTL) and 3 more by any attack" in said
    write_audit_page(tmp_path / "audit.html", AuditPage(audited))
    page = (tmp_path / "audit.html").read_text()
    assert "and 3 more by any attack, because a clean learner does not learn them." in page
    assert "results without recovery" not in page


def test_an_attack_of_which_nothing_is_known_has_no_row_of_dashes() -> None:
    table = render_audit_table(report([*attacked("none", {"age": TRIVIAL}), *attacked("pretrained", {"age": CLEAN})]))
    assert [f"{cell}" for cell in table.columns[0].cells] == ["pretrained"]
    assert "No recovery of 'age' (MTL) by learners without an attack, because" in f"{table.caption}"
    nothing = render_audit_table(report([*attacked("none", {"age": TRIVIAL}), *attacked("grey", {"age": TRIVIAL})]))
    assert nothing.row_count == 0
    assert "No recovery of 'age' (MTL) by any attack, because" in f"{nothing.caption}"
