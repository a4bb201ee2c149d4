"""The plans among which an audit chooses for its budget: as it is asked for, and with less."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from mtlue.evaluation.audits.concessions import SHARES, Concession
from mtlue.evaluation.audits.plan import AuditPlan

if TYPE_CHECKING:
    from mtlue.tasks import Task


def offers(plan: AuditPlan, tasks: Sequence[Task], images: int) -> list[AuditPlan]:
    """The plan as it is asked for, and with less of what it may do without: the least loss first.

    Learners of single tasks go first: those of all but the first task, then all of them, since one learner of all tasks
    says something of each. Then epochs, as learners that are too short say little of anybody else.

    Args:
        tasks: of the images.
        images: that are trained on.
    """
    single: list[tuple[str, ...]] = []
    if "single-task learners" in plan.yielding and "stl" in plan.settings and "mtl" in plan.settings:
        single = [(tasks[0].name,), ()] if len(tasks) > 1 else [()]
    shares = SHARES if "epochs" in plan.yielding else ()
    last = single[-1] if single else None
    usual = plan.learner.recipe

    def conceding(stl_tasks: tuple[str, ...] | None, share: float) -> AuditPlan:
        epochs = usual.shortened(share).for_images(images).epochs
        given = Concession(len(tasks), stl_tasks, share, epochs, usual.for_images(images).epochs)
        return plan.conceding(given)

    return [plan, *(conceding(one, 1.0) for one in single), *(conceding(last, share) for share in shares)]
