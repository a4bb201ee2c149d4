"""SEP, self-ensemble protection (Chen et al., ICLR 2023), as a base method.

Source: method.md, "Base methods".
"""

from typing import ClassVar

from mtlue.methods.objectives.tap import TargetedAdversarial
from mtlue.methods.plan import SurrogatePlan

CHECKPOINTS = 15


class SelfEnsemble(TargetedAdversarial):
    """TAP's loss, averaged over 15 checkpoints spread evenly over one clean training.

    Of 60 epochs, counted from 0, the paper names 0, 4, ..., 56.
    """

    plan: ClassVar[SurrogatePlan] = SurrogatePlan(checkpoints=tuple((4 * i + 1) / 60 for i in range(CHECKPOINTS)))
