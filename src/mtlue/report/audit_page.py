"""The page of an audit: the verdict, every attack, attacks by tasks, what attackers see, and what was not tried."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from torch import Tensor

from mtlue._version import __version__
from mtlue.errors import InputError
from mtlue.evaluation.records import Record
from mtlue.evaluation.recovery import Recovery, recoveries
from mtlue.files import write_text
from mtlue.report.audit_rows import attack_rows, matrix_columns
from mtlue.report.figures import strips
from mtlue.report.page import templates
from mtlue.report.table_cells import NO_VALUE

MOST_COLUMNS = 24
"""Tasks of the matrix; those that come back most."""


@dataclass(frozen=True)
class AuditPage:
    """What the page shows.

    Args:
        title: what was audited, in a line.
        records: of all its learners; at least one.
        verdict: lines, the first the worst.
        not_run: a reason -> the attacks that were not tried because of it.
        detection: what a detector finds, in sentences.
        pictures: what an attacker sees -> images uint8 [N, C, H, W], as many of each.
    """

    title: str
    records: Sequence[Record]
    verdict: Sequence[str]
    not_run: Mapping[str, Sequence[str]] = field(default_factory=dict)
    detection: Sequence[str] = ()
    pictures: Mapping[str, Tensor] = field(default_factory=dict)


def write_audit_page(path: Path, page: AuditPage) -> None:
    """Write the page of an audit, whole.

    Args:
        path: of the HTML file.
        page: what it shows.

    Raises:
        InputError: there is no record.
        OutputError: the file cannot be written.
    """
    if not page.records:
        raise InputError("there is no record to make a page of: let the audit finish a learner first")
    found = recoveries(page.records)
    environment = templates()
    shown_as = {"text": recovery_text, "value": value_text, "interval": interval_text, "percent": _percent, "why": _why}
    environment.globals |= shown_as
    columns = matrix_columns(found)
    text = environment.get_template("audit.html").render(
        page=page,
        rows=attack_rows(found),
        columns=columns[:MOST_COLUMNS],
        left_out=len(columns[MOST_COLUMNS:]),
        facts=_facts(page.records),
        pictures=strips(page.pictures) if page.pictures else None,
        seconds=sum(record.seconds for record in page.records),
        versions=page.records[0].versions,
        version=__version__,
    )
    write_text(path, text)


def recovery_text(one: Recovery | None) -> str:
    """``0.62 (0.55 to 0.70)``: a recovery, with its interval where that is wide."""
    value = value_text(one)
    return f"{value} ({interval_text(one)})" if one and one.defined and one.wide else value


def value_text(one: Recovery | None) -> str:
    """``0.62``; 0 where a learner is worse than trivial, a dash where there is no value."""
    if one is None or not one.defined:
        return NO_VALUE
    return f"{one.value:.2f}" if one.value >= 0 else "0"


def interval_text(one: Recovery) -> str:
    """``0.55 to 0.70``."""
    return f"{max(one.low, 0):.2f} to {max(one.high, 0):.2f}"


def _percent(value: float) -> str:
    """A share of a bar's length in CSS; what is beyond the clean learner's score ends there."""
    return f"{100 * min(max(value, 0.0), 1.0):.1f}%"


def _why(one: Recovery | None) -> str:
    """What a cell says when pointed at."""
    if one is None:
        return "not tried"
    if not one.defined:
        return one.undefined or "undefined"
    side = "test images treated too" if one.treat_test else "test images as they are"
    below = f"worse than trivial ({one.value:.2f}); " if one.value < 0 else ""
    return (
        f"{below}{one.metric} {one.score:.3f}, clean {one.clean:.3f}, trivial {one.trivial:.3f}; against the plain "
        f"clean learner {one.against_plain:.2f}; {side}; {len(one.seeds)} seed{'' if len(one.seeds) == 1 else 's'}"
    )


def _facts(records: Sequence[Record]) -> dict[str, Any]:
    """What was compared, for the line below the title."""
    protected = next((record for record in records if record.condition == "protected"), records[0])
    return {
        "dataset": protected.dataset,
        "method": protected.label or protected.method,
        "epsilon": protected.epsilon,
        "train": protected.train_images,
        "test": protected.test_images,
        "learners": len(records),
        "seeds": len({record.learner.seed for record in records}),
    }
