"""What ``mtlue protect`` prints of its own check: what it will take, why a fit is repeated, and the verdict."""

from __future__ import annotations

from collections.abc import Sequence

from mtlue.cli.console import err, out
from mtlue.cli.process import flag
from mtlue.cli.telling import tell
from mtlue.errors import spoken
from mtlue.evaluation.durations import duration
from mtlue.evaluation.recovery import Recovery, shown
from mtlue.jobs.events import FitRepeated, SelfChecked, SelfCheckStarted
from mtlue.jobs.fits import Verdict
from mtlue.jobs.self_check import SelfCheck

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
    out.print(f"self-check: {_finding(event.verdict)}", soft_wrap=True)


def _finding(verdict: Verdict) -> str:
    least, above = verdict.check.least_protected, verdict.left_learnable
    if least is None:
        return f"this release could not be checked: {spoken(verdict.check.why_not or '', flag)}"
    tried = len(verdict.checks)
    of_fits = f"; fit {verdict.released} of {tried}, the best, is released" if tried > 1 else ""
    judged = f"{of_fits}{_unjudged(verdict.check)}"
    if not above:
        return f"least protected task: {_recovered(least)}, by a small learner that does nothing against it{judged}"
    others = f", and more than {verdict.limit:g} of {_several(above[1:])}" if above[1:] else ""
    return (
        f"LEFT LEARNABLE: {_recovered(least)}, by a small learner{others}{judged}; more images, epochs or attempts may "
        "help, or another method; mtlue audit tells more"
    )


def _unjudged(check: SelfCheck) -> str:
    """Tasks of which nothing is known, while something is of others."""
    unknown = [one for one in check.found if not one.defined]
    return f"; nothing is known of {_several(unknown)}, which clean images did not teach" if unknown else ""


def _recovered(one: Recovery) -> str:
    interval = f" (95 % interval {one.low:.2f} to {one.high:.2f})" if one.wide else ""
    return f"'{one.task}', recovery {shown(one.value)}{interval}"


def _several(found: Sequence[Recovery]) -> str:
    more = len(found) - _NAMED
    return ", ".join(f"'{one.task}'" for one in found[:_NAMED]) + (f" and {more} more" if more > 0 else "")


__all__ = ["tell"]
