"""What ``mtlue audit`` prints: its plan, its progress in numbers, the table of attacks and the verdict."""

from __future__ import annotations

import math

from rich import box
from rich.table import Table

from mtlue.cli.parsing.flags import flag
from mtlue.cli.telling.audit_next import explained
from mtlue.cli.telling.events import tell
from mtlue.cli.terminal.console import err, out
from mtlue.durations import duration
from mtlue.errors import spoken
from mtlue.evaluation.audits.records import AuditReport
from mtlue.evaluation.recoveries.texts import details, in_words
from mtlue.faults import listed
from mtlue.jobs.audits.events import AttackLeftOut, AttackTried, AuditPlanned, AuditTimed, SeedsAdded
from mtlue.report.audits.control import control_text
from mtlue.report.audits.table import render_audit_table
from mtlue.wording import counted

_SHORT = 5
"""Epochs of learners that still learn something."""
_NAMED = 8
"""Attacks of one reason that a line names."""


@tell.register
def _(event: AuditPlanned) -> None:
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for name in ("needs", "attacks", "learners", "done", "time"):
        table.add_column(name, justify="left" if name == "needs" else "right")
    for tier in dict.fromkeys(planned.tier for planned in event.attacks):
        of_tier = [planned for planned in event.attacks if planned.tier == tier]
        learners, done = (sum(getattr(one, name) for one in of_tier) for name in ("learners", "done"))
        seconds = sum(one.seconds for one in of_tier) / event.processes
        table.add_row(tier, f"{len(of_tier)}", f"{learners}", f"{done}", duration(seconds))
    if event.detection:
        table.add_row("detection", "", "", "", duration(event.detection))
    out.print(table)
    allowed = "" if event.budget is None else f" of the {duration(event.budget)} allowed"
    at_a_time = f", {event.processes} learners at a time" if event.processes > 1 else ""
    out.print(f"about {duration(event.seconds)}{allowed}{at_a_time} (counted; corrected after the first learners)")
    if event.concession is not None:
        out.print(event.concession.text)
    if event.budget is not None and event.seconds > event.budget:
        out.print(_too_small(event))
    if event.costly:
        named = ", ".join(f"{one.attack} (about {duration(one.seconds / event.processes)})" for one in event.costly)
        out.print(f"besides, only where {flag('only')} names them, as in their sources: {named}")


def _too_small(event: AuditPlanned) -> str:
    """What to say of a budget in which not even the plain learners fit."""
    said = "more than was allowed: plain learners are trained whatever the budget, as all is compared with them"
    if event.concession is not None and event.concession.share < 1:
        return f"{said}; learners shorter than these learn nothing that could be compared"
    fewer = f"{flag('settings')} mtl takes fewer of them" if event.single else ""
    shorter = f"{flag('learner_epochs')} {_SHORT} takes shorter ones, which say less" if event.epochs > _SHORT else ""
    return "; ".join(filter(None, [said, ", and ".join(filter(None, [fewer, shorter]))]))


@tell.register
def _(event: AuditTimed) -> None:
    left = "" if math.isinf(event.left) else f" of the {duration(event.left)} that are left of the budget"
    err.print(f"{counted(event.attacks, 'attack')} to try: about {duration(event.seconds)}{left}")


@tell.register
def _(event: AttackTried) -> None:
    found = "nothing to compare with" if event.worst is None else event.worst.undefined
    if event.worst is not None and event.worst.defined:
        known = f"{event.worst.setting.upper()}; {details(event.worst)}"
        found = f"{in_words(event.worst.value)} of '{event.worst.task}' comes back ({known})"
    left = f"; about {duration(event.seconds_left)} left" if event.seconds_left else ""
    err.print(f"{event.attack}: {found} [{event.done} of {event.total} learners{left}]")


@tell.register
def _(event: AttackLeftOut) -> None:
    err.print(f"{event.left.attack}: {event.left.fate}: {spoken(event.left.why, flag)}")


@tell.register
def _(event: SeedsAdded) -> None:
    err.print(f"one more seed for the strongest: {', '.join(event.attacks)}")


def print_report(report: AuditReport) -> None:
    """The table, what was not tried, and the verdict last: it is what stays on the screen."""
    table = render_audit_table(report)
    if table.row_count:
        out.print(table, width=80)
    else:  # a heading above nothing
        for line in (str(table.title), *str(table.caption).splitlines()):
            out.print(line)
    for why, attacks in report.failures.items():
        out.print(f"failed ({spoken(why, flag)}): {listed(attacks, _NAMED)}")
    for why, attacks in report.reasons.items():
        out.print(f"not tried ({spoken(why, flag)}): {listed(attacks, _NAMED)}")
    if report.cost.beyond_budget:
        out.print(report.cost.beyond_budget)
    out.print(f"{report.judgement.title}.")
    for step in report.verdict:
        out.print(spoken(step.text, flag))
    if control := control_text(report):
        out.print(control)
    for line in explained(report):
        out.print(line)


__all__ = ["print_report", "tell"]
