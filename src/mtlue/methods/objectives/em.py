"""EM, error-minimising perturbations (Huang et al., ICLR 2021), as MTL-UE's base method (PAPER 4)."""

from typing import ClassVar

from torch import Tensor

from mtlue.methods.objectives.base import Objective, SurrogatePlan
from mtlue.tasks import Task


class ErrorMinimizing(Objective):
    """min over generator and surrogate of the task loss on (x + delta, y): nothing is left to learn."""

    plan: ClassVar[SurrogatePlan] = SurrogatePlan(joint=True)

    def target(self, task: Task, label: Tensor) -> Tensor:
        return label
