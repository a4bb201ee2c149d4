"""A linear readout: what a few numbers per image say of every task, by the task's own loss."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from mtlue.tasks import Labels, Task, task_losses

Readout = Callable[[Tensor], dict[str, Tensor]]
"""Features [N, F] -> {task name: predictions [N, channels]}."""
_STEPS = 30
_CONSTANT = 1e-6
"""Standard deviation of a feature that says nothing."""


def fit_readout(features: Tensor, labels: Labels, tasks: Sequence[Task]) -> Readout:
    """Fit linear models, with an intercept, of standardised features; nothing in it is drawn at random.

    The sum over tasks of loss + |W|² / 2N is minimised by L-BFGS. For classes that is logistic regression with
    scikit-learn's default strength (``C=1``), for numbers ridge regression.

    Args:
        features: float [N, F].
        labels: {task name: [N, ...]}; a missing one counts in no loss.
        tasks: with one label per image.
    """
    centre, scale = features.mean(0), features.std(0, unbiased=False)
    scale = scale.where(scale > _CONSTANT, torch.ones_like(scale))
    axes = _axes((features - centre) / scale)
    channels = [task.channels for task in tasks]
    along = torch.zeros(features.shape[1], sum(channels), requires_grad=True)
    bias = torch.zeros(sum(channels), requires_grad=True)

    def predict(of: Tensor) -> dict[str, Tensor]:
        outputs = ((of - centre) / scale @ (axes @ along) + bias).split(channels, 1)
        return {task.name: output for task, output in zip(tasks, outputs, strict=True)}

    optimizer = torch.optim.LBFGS([along, bias], max_iter=_STEPS, line_search_fn="strong_wolfe")

    def closure() -> float:
        optimizer.zero_grad()
        losses = task_losses(tasks, predict(features), labels)
        total = losses.sum() + (axes @ along).square().sum() / (2 * len(features))
        total.backward()
        return float(total.detach())

    optimizer.step(closure)
    return torch.no_grad()(predict)


def _axes(features: Tensor) -> Tensor:
    """Directions along which the loss is about equally curved, [F, F]: it takes a quarter of the steps.

    Args:
        features: standardised, [N, F].
    """
    count = len(features)
    spread, directions = torch.linalg.eigh(features.T @ features / count)
    return directions / (spread.clamp(min=0) + 4 / count).sqrt()
