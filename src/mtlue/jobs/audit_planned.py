"""What an audit trains, of what is asked for and can be tried; with a small budget, less of it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from mtlue.evaluation.audit_data import AuditData
from mtlue.evaluation.audit_plan import MOST_TELLING, AuditPlan, Trial, trials
from mtlue.evaluation.audit_records import AuditReport
from mtlue.evaluation.concessions import offers
from mtlue.evaluation.possible import why_impossible
from mtlue.evaluation.recovery import PLAIN
from mtlue.evaluation.verdict import NOT_ASKED
from mtlue.jobs.audit_time import Timing

SURE = 0.75
"""Of what is left of a budget: learners take longer than their steps, and other programs take their share."""


def planned_trials(plan: AuditPlan, data: AuditData) -> tuple[dict[str, list[Trial]], dict[str, str]]:
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
            why = why_impossible(plan.attack(name), plan, tasks, own, tested)
        if why is None:
            planned[name] = trials(name, plan, tasks)
        else:
            left_out[name] = why
    return planned, left_out


def within_budget(plan: AuditPlan, data: AuditData, timing: Timing, earlier: AuditReport | None) -> AuditPlan:
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
    walls = [_walls(offer, data, timing) for offer in offered]
    chosen = offered[best(walls, SURE * max(0.0, timing.left))]
    if chosen.concession is None:
        return chosen
    return replace(chosen, concession=replace(chosen.concession, whole=enough(walls[0]) / SURE))


def _walls(plan: AuditPlan, data: AuditData, timing: Timing) -> dict[str, float]:
    planned, _ = planned_trials(plan, data)
    return {name: one / timing.processes for name, one in zip(planned, timing.works(planned.values()), strict=True)}


def enough(walls: Mapping[str, float]) -> float:
    """Seconds for the plain learners and as many attacks as should be compared with them at least.

    >>> enough({"none": 10, "purifier": 100, "jpeg10": 5, "grey": 5, "half": 7})
    27
    """
    others = sorted(seconds for name, seconds in walls.items() if name != PLAIN)
    return walls[PLAIN] + sum(others[:MOST_TELLING])


def best(walls: Sequence[Mapping[str, float]], budget: float) -> int:
    """Which of several plans suits a budget: the first that has time for the plain learners and three attacks.

    Where none has, the first of those that have time for the most attacks; where all leave no time for the plain
    learners even, the last, which is the shortest.

    >>> whole, shorter = {"none": 60, "jpeg10": 40, "grey": 40}, {"none": 30, "jpeg10": 20, "grey": 20}
    >>> [best([whole, shorter], budget) for budget in (140, 100, 65, 40, 20)]
    [0, 1, 1, 1, 1]

    Args:
        walls: of each plan, attack -> seconds by the clock; the least loss first.
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
    left, count = budget - walls[PLAIN], 0
    if left < 0:
        return -1
    for seconds in sorted(seconds for name, seconds in walls.items() if name != PLAIN):
        left -= seconds
        count += left >= 0
    return count
