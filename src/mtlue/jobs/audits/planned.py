"""What an audit trains, of what is asked for and can be tried; with a small budget, less of it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from mtlue.evaluation.audits.estimate import by_gain, within
from mtlue.evaluation.audits.offers import offers
from mtlue.evaluation.audits.plan import MOST_TELLING, AuditPlan, Trial, trials
from mtlue.evaluation.audits.possible import FEWEST_SHARED, NO_CLEAN_IMAGES, TOO_FEW_TO_SHARE, why_impossible
from mtlue.evaluation.audits.records import AuditReport
from mtlue.evaluation.learners.data import ComparisonData
from mtlue.evaluation.recoveries.recovery import PLAIN
from mtlue.evaluation.recoveries.verdict import NOT_ASKED
from mtlue.jobs.audits.time import Timing
from mtlue.wording import counted

SURE = 0.75
"""Of what is left of a budget: learners take longer than their steps, and other programs take their share."""


def planned_trials(plan: AuditPlan, data: ComparisonData) -> tuple[dict[str, list[Trial]], dict[str, str]]:
    """What is tried, and what is not.

    Args:
        plan: what is asked for.
        data: the images.

    Returns:
        Attack -> its trials, the plain one first; attack -> why it is not tried.
    """
    tasks, own, tested = data.clean.tasks, data.own is not None, data.released_test is not None
    planned, left_out = {PLAIN: trials(PLAIN, plan, tasks)}, dict[str, str]()
    for name in plan.known:
        if name == PLAIN:
            continue
        why: str | None = NOT_ASKED
        if name in plan.attacks:
            why = plan.withheld or why_impossible(plan.attack(name), plan, tasks, own, tested)
        if why == NO_CLEAN_IMAGES and len(data.test) < FEWEST_SHARED:
            why = TOO_FEW_TO_SHARE
        if why is None:
            planned[name] = trials(name, plan, tasks)
        else:
            left_out[name] = why
    return planned, left_out


def within_budget(plan: AuditPlan, data: ComparisonData, timing: Timing, earlier: AuditReport | None) -> AuditPlan:
    """The plan, without what has to be given up so that its budget is enough for some attacks (:func:`best`).

    The same command goes on with what it chose before: its learners so far are of that length. With another budget it
    is chosen anew; learners that are there already cost nothing.

    Args:
        plan: what is asked for.
        data: the images.
        timing: says what learners take, and what is left of the budget.
        earlier: what an earlier run of this audit found.
    """
    if timing.budget is None or not plan.yielding:
        return plan
    offered = offers(plan, data.clean.tasks, len(data.clean))
    if earlier is not None and earlier.cost.budget == timing.budget:
        for offer in offered:
            if (offer.concession and offer.concession.what) == (earlier.concession and earlier.concession.what):
                return offer if offer.concession is None else replace(offer, concession=earlier.concession)
    walls = [ordered_walls(offer, planned_trials(offer, data)[0], timing) for offer in offered]
    chosen = offered[best(walls, SURE * max(0.0, timing.left))]
    if chosen.concession is None:
        return chosen
    return replace(chosen, concession=replace(chosen.concession, whole=enough(walls[0]) / SURE))


def unused(plan: AuditPlan, earlier: AuditReport | None) -> str | None:
    """That learners of an earlier run are of no use to this plan, as they have another length; None where there are
    none."""
    if earlier is None or not earlier.records:
        return None
    then, now = ((one.share if one else 1.0) for one in (earlier.concession, plan.concession))
    if then == now:
        return None
    return (
        f"{counted(len(earlier.records), 'record')} of an earlier run with another budget stay where they are: its "
        "learners had another number of epochs, so this run trains its own"
    )


def ordered_walls(plan: AuditPlan, planned: Mapping[str, Sequence[Trial]], timing: Timing) -> dict[str, float]:
    """Attack -> seconds by the clock, in the order in which they are tried: the plain one first.

    With a budget those come first that tell most for their time (:func:`by_gain`), else the most telling ones.
    """
    works = zip(planned, timing.works(planned.values()), strict=True)
    walls = {name: work / timing.processes for name, work in works}
    others = {name: seconds for name, seconds in walls.items() if name != PLAIN}
    order = by_gain(others, {name: plan.attack(name).rank for name in others}) if plan.budget is not None else others
    return {name: walls[name] for name in (PLAIN, *order) if name in walls}


def enough(walls: Mapping[str, float]) -> float:
    """Seconds for the plain learners and as many attacks as should be compared with them at least.

    >>> enough({"none": 10, "jpeg10": 5, "grey": 5, "half": 7, "purifier": 100})
    27

    Args:
        walls: attack -> seconds by the clock, in the order in which they are tried.
    """
    others = [seconds for name, seconds in walls.items() if name != PLAIN]
    return walls[PLAIN] + sum(others[:MOST_TELLING])


def best(walls: Sequence[Mapping[str, float]], budget: float) -> int:
    """Which of several plans suits a budget: the first that has time for the plain learners and three attacks.

    Where none has, the first of those that have time for the most attacks; where all leave no time for the plain
    learners even, the last, which is the shortest.

    >>> whole, shorter = {"none": 60, "jpeg10": 40, "grey": 40}, {"none": 30, "jpeg10": 20, "grey": 20}
    >>> [best([whole, shorter], budget) for budget in (140, 100, 65, 40, 20)]
    [0, 1, 1, 1, 1]

    Args:
        walls: of each plan, attack -> seconds by the clock, in the order in which they are tried; the least loss first.
        budget: seconds.
    """
    wanted = min(MOST_TELLING, len(walls[0]) - 1)
    reached = [_reached(of, budget) for of in walls]
    for place, count in enumerate(reached):
        if count >= wanted:
            return place
    most = max(reached)
    return len(walls) - 1 if most < 0 else reached.index(most)


def _reached(walls: Mapping[str, float], budget: float) -> int:
    """How many attacks there is time for besides the plain learners; -1 where there is none for these."""
    left = budget - walls[PLAIN]
    return len(within({name: seconds for name, seconds in walls.items() if name != PLAIN}, left)) if left >= 0 else -1
