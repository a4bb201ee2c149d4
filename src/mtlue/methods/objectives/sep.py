"""SEP, self-ensemble protection (Chen et al., ICLR 2023), as a base method.

Source: method.md, "Base methods".
"""

from typing import ClassVar

from mtlue.methods.objectives.tap import TargetedAdversarial
from mtlue.methods.plan import SurrogatePlan

CHECKPOINTS = 15


class SelfEnsemble(TargetedAdversarial):
    """TAP's loss, averaged over 15 checkpoints spread evenly over one clean training."""

    plan: ClassVar[SurrogatePlan] = SurrogatePlan(checkpoints=tuple((i + 1) / CHECKPOINTS for i in range(CHECKPOINTS)))
