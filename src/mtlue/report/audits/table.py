"""The table of ``mtlue audit``: every attack with the most that comes back of a task, the strongest first."""

import math
from collections.abc import Iterator, Sequence
from textwrap import wrap

from rich import box
from rich.table import Table
from rich.text import Text

from mtlue.evaluation.audits.records import AuditReport
from mtlue.evaluation.recoveries.recovery import UNCERTAIN, UNLEARNED, WITHIN_CHANCE, Recovery
from mtlue.evaluation.recoveries.texts import between, is_below, shown
from mtlue.evaluation.recoveries.worst import counting
from mtlue.faults import listed
from mtlue.report.audits.texts import AGAINST_PLAIN, hardly_taught, own_text, precision_text
from mtlue.report.audits.without_recovery import NAMED, without_recovery
from mtlue.report.tables.cells import BELOW, BELOW_NOTE, NO_VALUE
from mtlue.report.tables.footnotes import few_tested
from mtlue.visible import visible

MOST_ROWS = 20
"""Attacks that a terminal shows; the page has them all."""
COLUMNS = ("attack", "needs", "task", "recovery", "95 %", "plain", "seeds")
_WIDEST = 22
"""Characters of an attack's name in a line."""
CAPTION = (
    "recovery = (score − trivial) / (clean − trivial), clean with the same attack; 1 is no protection. plain: against "
    "clean without an attack."
)

_SAY_NOTHING = (UNLEARNED, WITHIN_CHANCE, UNCERTAIN)
"""Reasons for which no quotient says anything."""


def render_audit_table(report: AuditReport, most: int = MOST_ROWS) -> Table:
    """A rich table of 80 columns: one row per attack, with the task and setting in which most comes back.

    An attack of which nothing is known has no row: the notes below say why.
    """
    rows = [one for one in strongest(report) if one.defined or not _plain_unknown(one)]
    caption = Text("\n".join(map(visible, [CAPTION, *_notes(report, rows, most)])))
    title = Text(visible(report.coverage.above_a_page))
    table = Table(
        box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), title=title, title_justify="left", caption=caption,
        caption_justify="left",
    )  # fmt: skip
    lines = [line for one in rows[:most] for line in _at_hyphens(visible(one.attack)).splitlines()]
    table.add_column(COLUMNS[0], overflow="fold", min_width=min(max(map(len, lines), default=0), _WIDEST))
    table.add_column(COLUMNS[1], no_wrap=True)
    table.add_column(COLUMNS[2], overflow="fold")
    for name in COLUMNS[3:]:
        table.add_column(name, justify="right", no_wrap=True)
    for one in rows[:most]:
        attack, *others = map(visible, _cells(one, report))
        table.add_row(Text(_at_hyphens(attack)), *others)  # a string is one line (mtlue.cli.terminal.console)
    return table


def strongest(report: AuditReport) -> list[Recovery]:
    """What counts most against the release of each attack, of a task that is to be protected; the strongest first.

    Oracles come after all others: nobody has them.
    """
    best: dict[str, Recovery] = {}
    for one in counting(report.recoveries, report.holdout):
        best.setdefault(one.attack, one)
    return sorted(best.values(), key=lambda one: report.attack(one.attack).oracle)


def _notes(report: AuditReport, rows: Sequence[Recovery], most: int) -> Iterator[str]:
    """What the rows do not say of themselves."""
    yield from few_tested(report.records)
    yield from hardly_taught(report.records)
    if precision := precision_text(report.records):
        yield precision
    if any(is_below(value) for one in rows[:most] for value in (one.value, one.against_plain)):
        yield BELOW_NOTE
    yield from without_recovery(report)
    if missing := [one.attack for one in strongest(report) if one not in rows]:
        yield f"Left out, as nothing is known: {listed(missing, NAMED)}."
    plain = dict.fromkeys(one.attack for one in rows[:most] if one.defined and one.reference == "plain")
    if plain:
        yield f"{AGAINST_PLAIN} ({', '.join(plain)})."
    yield from (f"{one.attack}: {own_text(one)}." for one in rows[:most] if one.control is not None)
    if len(rows) > most:
        yield f"{len(rows) - most} weaker attacks are on the page."


def _cells(one: Recovery, report: AuditReport) -> tuple[str, ...]:
    interval = NO_VALUE if math.isnan(one.low) else between(one.low, one.high, "–")
    plain = NO_VALUE if _plain_unknown(one) else _short(one.against_plain)
    task = f"{one.task} ({one.setting})"
    attack = report.attack(one.attack)
    needs = "(oracle)" if attack.oracle else attack.tier
    return one.attack, needs, task, _short(one.value), interval, plain, f"{len(one.seeds) or NO_VALUE}"


def _plain_unknown(one: Recovery) -> bool:
    return math.isnan(one.against_plain) or one.undefined in _SAY_NOTHING


def _at_hyphens(name: str) -> str:
    """A name in as many lines as it takes, none broken but at a hyphen."""
    return "\n".join(wrap(name, _WIDEST, break_long_words=False))


def _short(value: float) -> str:
    """A recovery as narrow as the terminal's columns; a dash where there is none."""
    if math.isnan(value):
        return NO_VALUE
    return BELOW if is_below(value) else shown(value)
