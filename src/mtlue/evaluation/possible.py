"""Which attacks can be tried with what there is. Imports nothing heavy."""

from __future__ import annotations

from mtlue.evaluation.attacks import Attack
from mtlue.evaluation.audit_plan import AuditPlan, needs_own

NO_CLEAN_IMAGES = "no clean images besides the release and the test"
NO_MODEL = "no large model was given"


def why_impossible(attack: Attack, plan: AuditPlan, own: bool) -> str | None:
    """Why an attack cannot be tried; None where it can.

    Args:
        own: whether there are clean images of the attacker's own.
    """
    if needs_own(attack) and not own:
        return NO_CLEAN_IMAGES
    if attack.needs == "a large model":
        return NO_MODEL
    return None
