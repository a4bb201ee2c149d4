"""The control of an audit: what learners get back of images with noise of the same size, which protects nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from mtlue.evaluation.audits.records import AuditReport
from mtlue.evaluation.recoveries.recovery import PLAIN, recoveries
from mtlue.evaluation.recoveries.texts import ends, in_words
from mtlue.evaluation.recoveries.worst import counting
from mtlue.wording import percent_between


def control_text(report: AuditReport) -> str:
    """What plain learners of noised images get back, over settings and the tasks that the release protects.

    "" where none were trained, or none of these tasks is learned.
    """
    plain = [one for one in report.records if one.attack == PLAIN]
    clean = [one for one in plain if one.condition == "clean"]
    noise = [replace(one, condition="protected") for one in plain if one.condition == "noise"]
    others = [*report.holdout, *report.left_learnable]
    found = [one.value for one in counting(recoveries([*clean, *noise]), others) if one.defined]
    if not found:
        return ""
    of = "of what clean images teach" if len(found) == 1 else "of what clean images teach of each task"
    return f"Control: noise of the same size in place of the protection leaves learners {_known(found)} {of}."


def _known(found: Sequence[float]) -> str:
    """The least and the most of several recoveries."""
    low, high = ends(min(found), max(found))
    one_figure = round(low, 2) == round(high, 2)
    return in_words(max(found)) if one_figure else percent_between(low, high)
