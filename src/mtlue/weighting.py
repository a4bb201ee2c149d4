"""How the losses of several tasks become one step. Adding a weighting: one row in ``WEIGHTINGS``."""

from collections.abc import Callable, Mapping

import torch
from torch import Tensor, nn
from torchjd.scalarization import Mean

from mtlue.errors import InputError

WEIGHTINGS: dict[str, Callable[[], nn.Module]] = {
    "ls": Mean,  # linear scalarisation: equal weights
}


class Weighting(nn.Module):
    """Combines the losses of K tasks into one scalar."""

    def __init__(self, name: str) -> None:
        super().__init__()
        if name not in WEIGHTINGS:
            raise InputError(f"unknown weighting '{name}': choose one of {', '.join(WEIGHTINGS)}")
        self.combine = WEIGHTINGS[name]()

    def forward(self, losses: Mapping[str, Tensor]) -> Tensor:
        """``losses``: task name -> scalar. Returns a scalar."""
        combined: Tensor = self.combine(torch.stack(list(losses.values())))
        return combined
