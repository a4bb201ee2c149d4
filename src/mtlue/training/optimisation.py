"""A recipe as PyTorch carries it out: its optimiser, its schedule, and how gradients are clipped."""

import math
from collections.abc import Sequence
from typing import Any

from torch import nn
from torch.optim import Adam, Optimizer
from torch.optim.lr_scheduler import ConstantLR, LRScheduler, MultiStepLR, OneCycleLR

from mtlue.runtime import Runtime
from mtlue.training.recipe import Recipe


def build_optimizer(recipe: Recipe, parameters: Sequence[nn.Parameter], runtime: Runtime) -> Adam:
    """Adam, as one kernel where ``runtime`` allows it."""
    return Adam(parameters, lr=recipe.learning_rate, weight_decay=recipe.weight_decay, fused=runtime.fuses_optimizers)


def build_scheduler(recipe: Recipe, optimizer: Optimizer, count: int) -> LRScheduler:
    """A scheduler to be stepped once per batch, for ``count`` images."""
    steps = recipe.steps_per_epoch(count)
    if recipe.schedule == "onecycle":
        return OneCycleLR(optimizer, recipe.learning_rate, total_steps=max(recipe.epochs * steps, 2))
    if recipe.schedule == "constant":
        return ConstantLR(optimizer, factor=1.0)
    marks = [max(1, round(share * recipe.epochs)) * steps for share in recipe.milestones]
    return MultiStepLR(optimizer, marks, gamma=0.1)


def clip_gradients(
    recipe: Recipe, model: nn.Module, optimizer: Any, runtime: Runtime, trains_others: bool = False
) -> None:
    """Clip the gradients of ``model``, in place, where the recipe says so.

    Args:
        model, optimizer: from :meth:`Runtime.setup`.
        trains_others: whether the optimiser trains more than the model: that counts in no norm and is not clipped.
    """
    if recipe.clip_norm is None:
        return
    runtime.clip_gradients(model, optimizer, math.inf if trains_others else recipe.clip_norm)
    if trains_others:
        nn.utils.clip_grad_norm_(model.parameters(), recipe.clip_norm)
