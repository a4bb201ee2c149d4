"""How an audit's page says a recovery and a cost, in words and in lengths of bars."""

import math
import re
from collections.abc import Sequence
from dataclasses import replace

from mtlue.durations import duration
from mtlue.evaluation.audits.records import AuditCost, AuditReport
from mtlue.evaluation.records import Record
from mtlue.evaluation.recoveries.recovery import PLAIN, Recovery
from mtlue.evaluation.recoveries.texts import between
from mtlue.report.tables.cells import NO_VALUE
from mtlue.report.tables.footnotes import small_margins
from mtlue.report.tables.precisions import audit_precision, precisions_counted
from mtlue.wording import percent as share
from mtlue.wording import sentence

AGAINST_PLAIN = "against a clean learner without the attack, which costs more than half of what clean learners know"

"""What is said of a recovery whose reference is the plain clean learner."""


_SETTINGS = {"MTL": "MTL, one model for all tasks", "STL": "STL, one model for each task"}


def identity_text(report: AuditReport) -> str:
    """Which release an audit is of, when it ended, and what was proved of its images; "" where nothing says so."""
    if report.release is None:
        return ""
    ended = f", ended on {report.ended} (UTC)" if report.ended else ""
    return (
        f"An audit of the release whose manifest.json has the SHA-256 {report.release}{ended}. Before any attack, each "
        "released image that it used was found to be as the manifest says, and no further from its clean image than "
        "the manifest allows."
    )


def what_would_tell(report: AuditReport) -> str:
    """What to do where an audit could say nothing of any task; "" where it could say something.

    It may hold a :func:`mtlue.errors.param`.
    """
    if any(one.defined for one in report.recoveries) or not report.recoveries:
        return ""
    if report.untold:
        return f"nothing is known of this release yet, good or bad. {report.untold}"
    given_up = report.concession
    budget = "" if given_up is None else f"a budget of about {duration(given_up.whole)}, in which nothing is given up; "
    return (
        "nothing is known of this release yet, good or bad: what comes back of a task can be told only where clean "
        f"learners learn it. What may help: {budget}learners that train longer; more test images"
    )


def explained(findings: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """The verdict's lines, each abbreviation of a setting explained where it comes first.

    >>> explained([("a", "10 % (MTL; 1 seed)"), ("b", "20 % (MTL; 1 seed)")])
    [('a', '10 % (MTL, one model for all tasks; 1 seed)'), ('b', '20 % (MTL; 1 seed)')]
    """
    left, lines = dict(_SETTINGS), []
    for name, finding in findings:
        found = re.search(r"\((MTL|STL)\b", finding)
        words = left.pop(found[1], None) if found else None
        lines.append(
            (name, finding[: found.start(1)] + words + finding[found.end(1) :] if found and words else finding)
        )
    return lines


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
    return between(one.low, one.high)


def seeds_text(one: Recovery) -> str:
    """``3 seeds, ± 0.04``: how many, and the standard deviation over them; nothing for one."""
    if len(one.seeds) < 2:
        return ""
    spread = "" if math.isnan(one.std) else f", ± {one.std:.2f}"
    return f"{len(one.seeds)} seeds{spread}"


def own_text(one: Recovery) -> str:
    """What the attacker's own clean images teach alone, and how many they are; nothing where an attack needs none."""
    if one.control is None and one.own_images is None:
        return ""
    count = "their own clean images" if one.own_images is None else f"{one.own_images} clean images of their own"
    wanted = f" ({one.own_wanted} wanted)" if (one.own_wanted or 0) > (one.own_images or 0) else ""
    if one.control is None:
        return f"with {count}{wanted}"
    added = "" if one.added is None else f": {one.added.text}"
    return f"{count}{wanted} teach {share(max(one.control, 0))} alone{added}"


def percent(value: float) -> str:
    """A share of a bar's length in CSS; what is beyond the clean learner's score ends there."""
    return f"{100 * min(max(value, 0.0), 1.0):.1f}%"


def why(one: Recovery | None) -> str:
    """What a cell says when pointed at."""
    if one is None:
        return "not tried"
    if not one.defined:
        return one.undefined or "undefined"
    side = "test images treated too" if one.treat_test else "test images as they are"
    below = f"worse than trivial ({one.value:.2f}); " if one.value < 0 else ""
    plain = NO_VALUE if math.isnan(one.against_plain) else f"{one.against_plain:.2f}"
    against = AGAINST_PLAIN if one.reference == "plain" else f"against the plain clean learner {plain}"
    texts = (
        f"{below}{one.metric} {one.score:.3f}, clean {one.clean:.3f}, trivial {one.trivial:.3f}",
        against,
        side,
        seeds_text(one) or "1 seed",
        own_text(one),
    )
    return "; ".join(text for text in texts if text)


def hardly_taught(records: Sequence[Record]) -> list[str]:
    """Of how many tasks recovery divides by next to nothing, as clean images hardly teach them."""
    return small_margins([record for record in records if record.attack == PLAIN], untaught=False)


def precision_text(records: Sequence[Record]) -> str:
    """In which precision learners were trained; nothing where all are float32."""
    return audit_precision(precisions_counted(records))


def cost_text(report: AuditReport) -> str:
    """What was planned, what it took, and what was given up to keep to the budget, for people."""
    cost = report.cost
    count, seconds = _trained(report.records)
    at_a_time = "one learner at a time" if cost.processes == 1 else f"{cost.processes} learners at a time"
    several, before = cost.earlier > 0, duration(cost.earlier)
    planned = f"Planned{' for this run' if several else ''}: about {duration(cost.planned)}, {_allowed(cost)}"
    taken = f"Taken: {duration(cost.taken - cost.earlier)}, {at_a_time}"
    together = f", after {before} in earlier runs, so {duration(cost.taken)} together" if several else ""
    given_up = "" if report.concession is None else f" {sentence(report.concession.text)}"
    learners = f"{count} learners, whose training alone is {duration(seconds)} one after another"
    beyond = f" {sentence(cost.beyond_budget)}" if cost.beyond_budget else ""
    return f"{planned}. {taken}{together}; {learners}.{beyond}{given_up}"


def _allowed(cost: AuditCost) -> str:
    """What the budget was, and whether the plan kept to it."""
    if cost.budget is None:
        return "without a budget"
    budget = duration(cost.budget)
    if cost.planned <= cost.budget or duration(cost.planned) == budget:
        return f"within a budget of {budget}"
    return f"more than the budget of {budget}, as plain learners are trained whatever the budget"


def _trained(records: Sequence[Record]) -> tuple[int, float]:
    """Learners and the seconds of their training: one that was tested on two sides has two records."""
    seconds = {
        (one.attack, one.condition, replace(one.learner, treat_test=True)): one.seconds for one in records
    }  # fmt: skip
    return len(seconds), sum(seconds.values())
