"""The table of ``mtlue audit``: every attack with the most that comes back of a task, the strongest first."""

import math
from collections.abc import Iterator, Sequence

from rich import box
from rich.table import Table

from mtlue.evaluation.audit_records import AuditReport
from mtlue.evaluation.recovery import Recovery, severity, shown
from mtlue.report.audit_texts import hardly_taught
from mtlue.report.table_cells import NO_VALUE
from mtlue.visible import visible

MOST_ROWS = 20
"""Attacks that a terminal shows; the page has them all."""
COLUMNS = ("attack", "needs", "task", "recovery", "95 %", "against plain", "seeds")
CAPTION = (
    "recovery = (score − trivial) / (clean − trivial), clean with the same attack; 1 is no protection. against plain: "
    "clean without an attack."
)


def render_audit_table(report: AuditReport, most: int = MOST_ROWS) -> Table:
    """A rich table of 80 columns: one row per attack, with the task and setting in which most comes back."""
    rows = strongest(report)
    caption = " ".join([CAPTION, *_notes(report, rows, most)])
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), caption=visible(caption), caption_justify="left")
    for index, name in enumerate(COLUMNS):
        table.add_column(name, justify="left" if index < 3 else "right", overflow="fold", no_wrap=not index)
    for one in rows[:most]:
        table.add_row(*map(visible, _cells(one, report)))
    return table


def strongest(report: AuditReport) -> list[Recovery]:
    """What counts most against the release of each attack, of a task that is to be protected; the strongest first.

    Oracles come after all others: nobody has them.
    """
    counted = [one for one in report.recoveries if not one.left_learnable and one.task not in report.holdout]
    best: dict[str, Recovery] = {}
    for one in sorted(counted, key=severity, reverse=True):
        best.setdefault(one.attack, one)
    return sorted(best.values(), key=lambda one: report.attack(one.attack).oracle)


def _notes(report: AuditReport, rows: Sequence[Recovery], most: int) -> Iterator[str]:
    """What the rows do not say of themselves."""
    yield from hardly_taught(report.records)
    undefined: dict[str, list[str]] = {}
    for one in rows:
        if one.undefined:
            undefined.setdefault(one.undefined, []).append(one.attack)
    yield from (f"{NO_VALUE}: {why} ({', '.join(attacks)})." for why, attacks in undefined.items())
    alone = [f"{one.attack} {max(one.control, 0):.3f}" for one in rows[:most] if one.control is not None]
    if alone:
        yield f"What their own clean images teach alone: {', '.join(alone)}."
    if len(rows) > most:
        yield f"{len(rows) - most} weaker attacks are on the page."


def _cells(one: Recovery, report: AuditReport) -> tuple[str, ...]:
    interval = NO_VALUE if math.isnan(one.low) else f"{one.low:.2f}–{one.high:.2f}"
    value = shown(one.value) if one.defined else NO_VALUE
    plain = NO_VALUE if math.isnan(one.against_plain) else f"{one.against_plain:.3f}"
    task = f"{one.task} ({one.setting})"
    attack = report.attack(one.attack)
    needs = "(an oracle)" if attack.oracle else attack.needs
    return one.attack, needs, task, value, interval, plain, f"{len(one.seeds)}"
