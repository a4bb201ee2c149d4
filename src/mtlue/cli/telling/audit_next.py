"""What to do after an audit, and what its verdict's words mean. Imports nothing heavy."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from mtlue.bounds import STRENGTHS
from mtlue.cli.parsing.flags import flag
from mtlue.cli.terminal.console import typed
from mtlue.evaluation.recoveries.coverage import NO_TIME
from mtlue.evaluation.recoveries.recovery import PLAIN

if TYPE_CHECKING:
    from mtlue.evaluation.audits.records import AuditReport

_STRONGEST = max(STRENGTHS.values())


def next_step(report: AuditReport, page: Path, failed: bool) -> str:
    """What to do after an audit that could say something.

    Args:
        report: what it found.
        page: that shows it.
        failed: whether more comes back than the user allows.
    """
    if failed:
        stronger = f"with {flag('strength')} strong, or " if report.epsilon < _STRONGEST else ""
        return (
            f"do not publish this release as it is; protect again, {stronger}with {flag('against')} for what changes "
            "the images (see mtlue protect --help), and audit that"
        )
    opened = f"open {typed(page)} in a browser"
    if NO_TIME in report.reasons:
        return f"{opened}; the same command with a larger {flag('budget')} tries what there was no time for"
    return opened


def explained(report: AuditReport) -> Iterator[str]:
    """Lines on the attacks that the verdict names, and on shares beyond all that clean images teach."""
    worst = [step.worst.recovery.attack for step in report.verdict if step.worst is not None]
    sure = [step.sure.attack for step in report.verdict if step.sure is not None]
    means = [step.mean.attack for step in report.verdict if step.mean is not None]
    for name in dict.fromkeys([*worst, *sure, *means]):
        title = report.attack(name).title
        if name not in (PLAIN, title):
            yield f"  {name}: {title}"
    if any(step.value > 1 for step in report.verdict if not math.isnan(step.value)):
        yield (
            "  more than 100 %: the attacker's learner scored higher than the one of clean images, by chance, or "
            "because the attack takes more from clean images"
        )
