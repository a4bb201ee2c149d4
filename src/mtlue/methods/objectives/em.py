"""EM, error-minimising perturbations (Huang et al., ICLR 2021), as a base method.

Source: method.md, "Base methods".
"""

from typing import ClassVar

from torch import Tensor

from mtlue.methods.objectives.base import Objective
from mtlue.methods.plan import SurrogatePlan
from mtlue.tasks import Task


class ErrorMinimizing(Objective):
    """min over generator and surrogate of the task loss on (x + delta, y): nothing is left to learn."""

    plan: ClassVar[SurrogatePlan] = SurrogatePlan(joint=True)

    def target(self, task: Task, label: Tensor) -> Tensor:
        return label
