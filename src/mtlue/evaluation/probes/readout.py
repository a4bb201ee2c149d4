"""A linear readout: what a few numbers per image say of every task, by the task's own loss."""

import math
from collections.abc import Callable, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.optimize import minimize
from torch import Tensor

from mtlue.tasks import Labels, Task

Readout = Callable[[Tensor], dict[str, Tensor]]
"""Features [N, F] -> {task name: predictions [N, channels]}."""
Floats = NDArray[np.float64]
_STEPS = 30
_CONSTANT = 1e-6
"""Standard deviation of a feature that says nothing."""


def fit_readout(features: Tensor, labels: Labels, tasks: Sequence[Task]) -> Readout:
    """Fit a linear model of standardised features, with an intercept, to each task; nothing in it is drawn at random.

    L-BFGS minimises loss + |W|² / 2N. For classes that is logistic regression with scikit-learn's default strength
    (``C=1``), for numbers ridge regression; any kind has a loss.

    Args:
        features: float [N, F]; the model computes in double precision.
        labels: {task name: [N, ...]}; a missing one counts in no loss.
        tasks: with one label per image.
    """
    features = features.double()
    centre, scale = features.mean(0), features.std(0, unbiased=False)
    scale = scale.where(scale > _CONSTANT, torch.ones_like(scale))
    axes = _axes((features - centre) / scale)

    def coordinates(of: Tensor) -> Tensor:
        return (of.double() - centre) / scale @ axes

    along = coordinates(features)
    models = {task.name: _fitted(along, labels[task.name], task, axes) for task in tasks}

    def predict(of: Tensor) -> dict[str, Tensor]:
        seen = coordinates(of)
        return {name: seen @ weight + bias for name, (weight, bias) in models.items()}

    return predict


def _axes(features: Tensor) -> Tensor:
    """Directions along which a loss is about equally curved, [F, F]: a tenth of the steps are enough.

    Args:
        features: standardised, [N, F].
    """
    count = len(features)
    spread, directions = torch.linalg.eigh(features.T @ features / count)
    axes: Tensor = directions / (spread.clamp(min=0) + 4 / count).sqrt()
    return axes


def _fitted(coordinates: Tensor, labels: Tensor, task: Task, axes: Tensor) -> tuple[Tensor, Tensor]:
    """A task's weights along the axes, [F, channels], and its intercepts, [channels]."""
    shape = coordinates.shape[1] + 1, task.channels

    def loss_and_slope(flat: Floats) -> tuple[float, Floats]:
        model = torch.from_numpy(flat).reshape(shape).requires_grad_()
        penalty = (axes @ model[:-1]).square().sum() / (2 * len(coordinates))
        total = task.loss(coordinates @ model[:-1] + model[-1], labels) + penalty
        (slope,) = torch.autograd.grad(total, model)
        return float(total.detach()), slope.flatten().numpy()

    found = minimize(
        loss_and_slope, np.zeros(math.prod(shape)), jac=True, method="L-BFGS-B", options={"maxiter": _STEPS}
    )
    model = torch.from_numpy(found.x).reshape(shape)
    return model[:-1], model[-1]
