"""The gradient of a base method's loss at the perturbed views, one surrogate at a time."""

from collections.abc import Sequence

import torch
from torch import Tensor

from mtlue.methods.objectives import Objective
from mtlue.models import MultiTaskModel
from mtlue.runtime import Runtime
from mtlue.tasks import Labels


def slope(
    objective: Objective, surrogates: Sequence[MultiTaskModel], views: Tensor, labels: Labels, runtime: Runtime
) -> tuple[Tensor, Tensor]:
    """L_base, the mean over surrogates of the objective's loss, and its gradient with respect to ``views``.

    The gradients of SEP's checkpoints are summed at x + delta (PAPER 12): the generator then needs one pass a batch,
    and one checkpoint's activations are alive at a time. Nothing is computed for the surrogates' own weights.

    Args:
        objective: the base method.
        surrogates: as its plan asks.
        views: of x + delta, float 0..1 [B, C, h, w]; their own graph is left alone.
        labels: as they hold for the views.
        runtime: for its precision and its profile.

    Returns:
        A scalar without a graph, and a tensor of the views' shape.
    """
    targets = objective.targets(surrogates[0].tasks, labels)
    leaf = views.detach().requires_grad_()
    value, summed = torch.zeros((), device=views.device), torch.zeros_like(views)
    for surrogate in surrogates:
        with runtime.stage("surrogate forward"), runtime.autocast():
            loss = objective.loss(surrogate, leaf, targets) / len(surrogates)
        with runtime.stage("surrogate backward"):
            (gradient,) = torch.autograd.grad(loss, leaf)
        value += loss.detach()
        summed += gradient
    return value, summed
