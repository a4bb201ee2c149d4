"""What the base methods EM, TAP and SEP ask of the generator method and of the sample-wise one."""

from mtlue.methods.objectives.base import Objective
from mtlue.methods.objectives.em import ErrorMinimizing
from mtlue.methods.objectives.sep import SelfEnsemble
from mtlue.methods.objectives.tap import TargetedAdversarial
from mtlue.methods.plan import SurrogatePlan

OBJECTIVES: dict[str, type[Objective]] = {
    "em": ErrorMinimizing,
    "tap": TargetedAdversarial,
    "sep": SelfEnsemble,
}

__all__ = ["OBJECTIVES", "Objective", "SurrogatePlan"]
