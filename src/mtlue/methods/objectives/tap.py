"""TAP, targeted adversarial perturbations (Fowl et al., NeurIPS 2021), as a base method.

Source: method.md, "Base methods".
"""

from typing import ClassVar

from torch import Tensor

from mtlue.methods.objectives.base import Objective
from mtlue.methods.plan import SurrogatePlan
from mtlue.tasks import Task


class TargetedAdversarial(Objective):
    """min over the generator of the loss towards a wrong label, for one surrogate trained on clean data.

    Deviation from the public code: on binary tasks it maximises the true label's loss; here the flipped label is
    the target, as on every other task.
    """

    plan: ClassVar[SurrogatePlan] = SurrogatePlan(checkpoints=(1.0,))

    def target(self, task: Task, label: Tensor) -> Tensor:
        return task.wrong_target(label)
