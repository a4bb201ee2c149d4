"""The gradient of a base method's loss at the perturbed views, one surrogate at a time."""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from mtlue.methods.objectives import Objective
from mtlue.methods.views import LabelledViews
from mtlue.models import MultiTaskModel
from mtlue.runtime import Runtime
from mtlue.training.parts import label_shares


def input_gradient(
    objective: Objective, surrogates: Sequence[MultiTaskModel], draws: Sequence[LabelledViews], runtime: Runtime
) -> tuple[Tensor, list[Tensor]]:
    """L_base, the mean over surrogates and draws of the objective's loss, and its gradient with respect to the views.

    Of several processes each has rows of the batch: their values and gradients then average to those of the batch.

    The gradients of SEP's checkpoints are summed at x + delta (method.md, "Cost"): the generator then needs one
    pass per batch, and one checkpoint's activations are alive at a time. Nothing is computed for the surrogates' own
    weights.

    Args:
        objective: the base method.
        surrogates: as its plan asks.
        draws: of x + delta: views, float 0..1 [B, C, h, w], whose own graph is left alone, and the labels there.
        runtime: for its precision and its profile.

    Returns:
        A scalar without a graph, and for each draw a tensor of its views' shape.
    """
    parts = len(surrogates) * len(draws)
    value, gradients = torch.zeros((), device=draws[0][0].device), []
    for views, labels in draws:
        loss, gradient = _over_surrogates(objective, surrogates, views, labels, runtime, parts)
        value += loss
        gradients.append(gradient)
    return value, gradients


def _over_surrogates(
    objective: Objective,
    surrogates: Sequence[MultiTaskModel],
    views: Tensor,
    labels: Mapping[str, Tensor],
    runtime: Runtime,
    parts: int,
) -> tuple[Tensor, Tensor]:
    """The sum of the surrogates' losses, each divided by ``parts``, and its gradient at ``views``."""
    targets, weights = objective.targets(surrogates[0].tasks, labels), objective.classes.weights(labels)
    shares = label_shares(surrogates[0].tasks, targets, runtime)
    leaf = views.detach().requires_grad_()
    value, summed = torch.zeros((), device=views.device), torch.zeros_like(views)
    for surrogate in surrogates:
        with runtime.stage("surrogate forward"), runtime.autocast():
            loss = objective.loss(surrogate, leaf, targets, shares, weights) / parts
        with runtime.stage("surrogate backward"):
            (gradient,) = torch.autograd.grad(loss, leaf)
        value += loss.detach()
        summed += gradient
    return value, summed
