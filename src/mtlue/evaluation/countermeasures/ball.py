"""Projected gradient ascent within a ball around each image (Madry et al., ICLR 2018)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mtlue.bounds import LEVELS, clip, from_levels
from mtlue.errors import check_least, check_most
from mtlue.registry import Settings

if TYPE_CHECKING:
    from torch import Generator, Tensor


@dataclass(frozen=True)
class BallSettings(Settings):
    """The attack inside each training step.

    Args:
        epsilon: radius of the ball, in levels of 1/255; the paper's is 8.
        step: length of a step, in levels of 1/255; the paper's is 2.
        steps: the paper's are 10. A training step costs as many more passes.
    """

    epsilon: float = 8.0
    step: float = 2.0
    steps: int = 10

    def __post_init__(self) -> None:
        from_levels(self.epsilon)
        check_least(self, step=0, steps=1)
        check_most(self, step=255, steps=10_000)


def climbed(
    views: Tensor, objective: Callable[[Tensor], Tensor], settings: BallSettings, start: Generator | None
) -> Tensor:
    """Views near others that make an objective larger.

    Args:
        views: float 0..1 [B, C, h, w].
        objective: of such views, a scalar; it is climbed by the sign of its gradient.
        settings: radius and steps.
        start: draws where the climb begins, evenly in the ball; None begins at ``views``.

    Returns:
        float 0..1 [B, C, h, w], at most the radius from ``views`` in every entry.
    """
    import torch

    epsilon, step = from_levels(settings.epsilon), settings.step / LEVELS
    delta = torch.zeros_like(views)
    if start is not None:
        delta = clip(views, delta.uniform_(-epsilon, epsilon, generator=start), epsilon)
    for _ in range(settings.steps):
        delta.requires_grad_(True)
        (slope,) = torch.autograd.grad(objective(views + delta), delta)
        delta = clip(views, (delta + step * slope.sign()).detach(), epsilon)
    return (views + delta).detach()
