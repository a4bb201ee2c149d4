"""Base methods by name. Adding one: a file beside these, a row in ``OBJECTIVES`` and a row in its test."""

from mtlue.methods.objectives.base import Objective, SurrogatePlan
from mtlue.methods.objectives.em import ErrorMinimizing
from mtlue.methods.objectives.sep import SelfEnsemble
from mtlue.methods.objectives.tap import TargetedAdversarial

OBJECTIVES: dict[str, type[Objective]] = {
    "em": ErrorMinimizing,
    "tap": TargetedAdversarial,
    "sep": SelfEnsemble,
}

__all__ = ["OBJECTIVES", "Objective", "SurrogatePlan"]
