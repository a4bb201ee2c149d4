"""What ``mtlue protect`` prints of its own check: what it will take, why a fit is repeated, and the verdict."""

from __future__ import annotations

import math
from collections.abc import Sequence

from mtlue.cli.parsing.flags import flag
from mtlue.cli.telling.events import tell
from mtlue.cli.terminal.console import err, out
from mtlue.durations import duration
from mtlue.errors import spoken
from mtlue.evaluation.recoveries.recovery import Recovery
from mtlue.evaluation.recoveries.texts import between, measured_with, shown
from mtlue.faults import listed
from mtlue.jobs.checked import SelfCheck, Verdict
from mtlue.jobs.events import FewTested, FitRepeated, SelfChecked, SelfCheckStarted

_NAMED = 5
"""Tasks that a line names."""


@tell.register
def _(event: SelfCheckStarted) -> None:
    small = "two small learners train" if event.learners > 1 else "a small learner trains"
    images = f"{event.training} images, tested on {event.testing} clean ones"
    err.print(f"self-check: {small} on {images}: about {duration(event.seconds)} (--self-check false leaves it out)")


@tell.register
def _(event: FitRepeated) -> None:
    least = event.check.least_protected
    found = "" if least is None else f"a task is left learnable, {_recovered(least)}: "
    err.print(f"self-check: {found}fitting again with another secret ({event.number} of {event.attempts} at most)")


@tell.register
def _(event: SelfChecked) -> None:
    """What was found, what was done about it, and what to do next: a line each, the second where there is something."""
    verdict = event.verdict
    then = _next(verdict, event.few_tested)
    lines = [f"self-check: {_found(verdict)}", _done(verdict), f"  next: {then}" if then else ""]
    for line in filter(None, lines):
        out.print(line)


def _found(verdict: Verdict) -> str:
    least, above = verdict.check.least_protected, verdict.left_learnable
    if least is None:
        return f"this release could not be checked: {spoken(verdict.check.why_not or '', flag)}"
    named = f"least protected task: {_recovered(least)}"
    if not above:
        return f"{named}; {verdict.none_left_learnable}{_unjudged(verdict.check)}"
    others = f", and so {'is' if len(above) == 2 else 'are'} {_several(above[1:])}" if above[1:] else ""
    return f"{named}: LEFT LEARNABLE (above {verdict.limit:g}){others}{_unjudged(verdict.check)}"


def _done(verdict: Verdict) -> str:
    if len(verdict.checks) == 1:
        return ""
    found = [(number, check.least_protected) for number, check in verdict.checks.items()]
    each = ", ".join(f"fit {number} {shown(least.value)}{_within(least)}" for number, least in found if least)
    return f"  done: fitted {len(verdict.checks)} times (highest recovery: {each}); fit {verdict.released} is released"


def _next(verdict: Verdict, few: FewTested | None) -> str:
    """What to do before an audit, or why there is none to make; nothing where an audit is next."""
    no_audit = spoken(few.no_audit, flag) if few is not None and not few.audited else ""
    if verdict.check.least_protected is None:
        return f"nothing is known of its protection: {no_audit}" if no_audit else ""
    if not verdict.left_learnable:
        return no_audit
    if verdict.fraction < 1:
        return (
            f"--fraction {verdict.fraction:g} leaves the other images clean, and they teach it whatever the fit: "
            "protect more of them"
        )
    longer = "before you publish, fit longer, on more images or more often (--attempts), or try another --method"
    return f"{longer}; {no_audit}" if no_audit else longer


def _unjudged(check: SelfCheck) -> str:
    """Tasks of which nothing is known, while something is of others."""
    unknown = [one for one in check.found if not one.defined]
    return f"; nothing is known of {_several(unknown)}, not learned from clean images either" if unknown else ""


def _recovered(one: Recovery) -> str:
    interval = "" if math.isnan(one.low) else f"95 % interval {between(one.low, one.high)}; "
    return f"'{one.task}', recovery {shown(one.value)} ({interval}{measured_with(one.test_images, len(one.seeds))})"


def _within(one: Recovery) -> str:
    return "" if math.isnan(one.low) else f" [{between(one.low, one.high, ', ')}]"


def _several(found: Sequence[Recovery]) -> str:
    return listed([f"'{one.task}'" for one in found], _NAMED)


__all__ = ["tell"]
