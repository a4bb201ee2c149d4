"""Which attacks can be tried with what there is. Imports nothing heavy unless a task must be looked at."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from mtlue.errors import InputError
from mtlue.evaluation.attacks import Attack
from mtlue.evaluation.audits.plan import DIFFUSION, AuditPlan, needs_own
from mtlue.evaluation.learners.plan import check_learnable, check_learner

if TYPE_CHECKING:
    from mtlue.tasks import Task

NO_CLEAN_IMAGES = "no clean images besides the release and the test"
FEWEST_SHARED = 100
"""Test images of which an audit gives an attacker half, at least: half of fewer would hardly test anything."""
TOO_FEW_TO_SHARE = f"{NO_CLEAN_IMAGES}, which has fewer than {FEWEST_SHARED} images and keeps them all"
NO_MODEL = "no large model was given"
NO_RELEASED_TEST = "the release holds no protected test images"


def why_impossible(
    attack: Attack, plan: AuditPlan, tasks: Sequence[Task], own: bool, released_test: bool = False
) -> str | None:
    """Why an attack cannot be tried; None where it can.

    Args:
        tasks: what it would have to learn.
        own: whether there are clean images of the attacker's own.
        released_test: whether the test images are there as the release holds them.
    """
    if needs_own(attack) and not own:
        return NO_CLEAN_IMAGES
    if attack.countermeasure == DIFFUSION and plan.model is None:
        return NO_MODEL
    learner = attack.learner_of(plan.learner)
    if learner.tested_on == "released" and not released_test:
        return NO_RELEASED_TEST
    try:
        check_learner(learner)
        check_learnable(learner, tasks)
    except InputError as error:
        return error.text
    return None
