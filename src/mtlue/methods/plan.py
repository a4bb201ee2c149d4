"""Which surrogates a base method needs. Imports nothing heavy."""

from dataclasses import dataclass


@dataclass(frozen=True)
class SurrogatePlan:
    """Which surrogates a base method needs, and how they are trained.

    Attributes:
        checkpoints: shares (0..1] of one clean training after which a frozen copy is kept, at the end of the epoch that
            they fall in; empty for none.
        joint: whether one surrogate learns on perturbed batches while the generator learns (min-min).
    """

    checkpoints: tuple[float, ...] = ()
    joint: bool = False
