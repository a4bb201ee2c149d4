"""The table of ``mtlue audit``: the strongest attack first, oracles last, and controls in the notes."""

from dataclasses import replace

from rich.console import Console
from table_records import record

from mtlue.cli.terminal.console import Console as Terminal
from mtlue.evaluation.attacks import find_attack
from mtlue.evaluation.audits.records import AuditCost, AuditReport, KnownAttack, NotRun
from mtlue.evaluation.records import Record
from mtlue.evaluation.recoveries.verdict import NOT_ASKED
from mtlue.report.audits.table import render_audit_table, strongest


def attacked(attack: str, score: float, own: float | None = None) -> list[Record]:
    """Learners of clean and of released images, and of the attacker's own."""
    clean, released = (
        record(kind, 0, {"left": each}, attack=attack) for kind, each in (("clean", 0.9), ("tap", score))
    )
    alone = [] if own is None else [replace(clean, condition="own", metrics={"left": {"accuracy": own}})]
    return [clean, released, *alone]


RECORDS = [
    *attacked("grey", 0.26),
    *attacked("dilution20", 0.74, own=0.78),
    *attacked("purifier", 0.58, own=0.42),
    *attacked("peak", 0.86),
]
KNOWN = [KnownAttack.of(find_attack(name)) for name in ("grey", "dilution20", "purifier", "peak")]
REPORT = AuditReport("d", "tap", 8.0, KNOWN, RECORDS, [], AuditCost(1.0, 1.0))


def test_what_adds_nothing_comes_after_what_does_and_oracles_last() -> None:
    assert [one.attack for one in strongest(REPORT)] == ["purifier", "grey", "dilution20", "peak"]


def test_the_table_says_who_is_an_oracle_and_what_own_images_teach_alone() -> None:
    console = Console(width=80)
    with console.capture() as shown:
        console.print(render_audit_table(REPORT))
    text = " ".join(shown.get().split())
    assert "peak (oracle) left (mtl) 0.950" in text
    assert "purifier: their own clean images teach 40 % alone: the release adds 20 %." in text
    assert "dilution20: their own clean images teach 85 % alone: the release adds nothing." in text


def test_every_row_is_one_line_of_80_columns_whatever_the_value() -> None:
    attacks = ("feature-adversarial4", "purifier-pretrained", "none")
    known = [KnownAttack.of(find_attack(name)) for name in attacks]
    records = [one for name in attacks for one in attacked(name, 0.05)]
    console = Console(width=80)
    with console.capture() as shown:
        console.print(render_audit_table(replace(REPORT, attacks=known, records=records)))
    lines = [line for line in shown.get().splitlines() if "left (mtl)" in line]
    assert [line.split()[0] for line in lines] == list(attacks)
    assert all("0*" in line for line in lines)
    assert "0*: worse than trivial." in shown.get()


def test_names_are_broken_at_hyphens_at_most_and_no_number_is_cut() -> None:
    long = "somebodys-plug-in-with-a-long-name"
    known = [KnownAttack.of(find_attack("pretrained-last-stage")), KnownAttack(long, long, "a large model")]
    task = "a task whose name is long, too"
    records = [record(kind, 0, {task: 0.5}, attack=each.name) for each in known for kind in ("clean", "tap")]
    console = Console(width=80)
    with console.capture() as shown:
        console.print(render_audit_table(replace(REPORT, attacks=known, records=records)))
    lines = shown.get().splitlines()
    assert any(line.split()[:1] == ["pretrained-last-stage"] for line in lines)
    assert {"somebodys-plug-in-", "with-a-long-name"} <= {line.split()[0] for line in lines if line.strip()}
    assert "…" not in shown.get()
    assert max(map(len, lines)) <= 80


def test_how_many_attacks_were_tried_stands_above_the_figures() -> None:
    console = Console(width=80)
    left = NotRun("half", NOT_ASKED)
    known = [*KNOWN, KnownAttack.of(find_attack("half"))]
    with console.capture() as shown:
        console.print(render_audit_table(replace(REPORT, attacks=known, not_run=[left])))
    assert shown.get().splitlines()[0].strip() == "4 of 5 attacks tried; the page names the others."
    with console.capture() as shown:
        console.print(render_audit_table(REPORT))
    assert shown.get().splitlines()[0].strip() == "All 4 attacks tried."


def test_a_long_name_is_broken_into_lines_in_a_terminal_too() -> None:
    name = "jpeg:quality=42+early-stopping+projection"
    report = replace(REPORT, records=attacked(name, 0.5), attacks=[KnownAttack.of(find_attack(name))])
    console = Terminal(width=80)
    with console.capture() as shown:
        console.print(render_audit_table(report))
    assert "\\n" not in shown.get()
    assert "projection" in shown.get()
