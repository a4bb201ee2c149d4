"""The control of an audit: what learners get back of images with noise of the same size, which protects nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from mtlue.evaluation.records import Record
from mtlue.evaluation.recoveries.recovery import PLAIN, recoveries
from mtlue.wording import percent, percent_between


def control_text(records: Sequence[Record]) -> str:
    """What plain learners of noised images get back, over tasks and settings; "" where none were trained.

    Args:
        records: of an audit; those of noise and of clean images are compared.
    """
    plain = [one for one in records if one.attack == PLAIN]
    clean = [one for one in plain if one.condition == "clean"]
    noise = [replace(one, condition="protected") for one in plain if one.condition == "noise"]
    found = [one.value for one in recoveries([*clean, *noise]) if one.defined] if clean and noise else []
    if not found:
        return ""
    low, high = min(found), max(found)
    known = percent(low) if round(low, 2) == round(high, 2) else percent_between(low, high)
    of = "of what clean images teach" if len(found) == 1 else "of what clean images teach of each task"
    return f"Control: noise of the same size in place of the protection leaves learners {known} {of}."
