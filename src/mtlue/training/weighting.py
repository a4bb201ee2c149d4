"""How the losses of several tasks become one step, by torchjd's scalarizers and aggregators.

Which there are by name: :mod:`mtlue.training.weightings`.
"""

from collections.abc import Callable
from typing import Any, ClassVar, cast

import numpy as np
import torch
from torch import Tensor, nn
from torchjd import Stateful
from torchjd.aggregation import Aggregator, GramianWeightedAggregator
from torchjd.autojac import backward, jac_to_grad
from torchjd.scalarization import DWA, FAMO, Scalarizer

from mtlue.models import MultiTaskModel
from mtlue.runtime import Runtime
from mtlue.training.parts import average, take_first

CHUNK: int | None = 1
"""Tasks whose gradients are taken in one pass; None takes all at once (``benchmarks/weightings.py``)."""


class Weighting(nn.Module):
    """Equal weights: ``ls``, and what every other weighting falls back to in a step that it gives no finite result for.

    The parameters of a weighting are trained with the model's.
    """

    by_gradients: ClassVar[bool] = False
    """Whether tasks' gradients are looked at one by one: the losses are then differentiated more than once."""

    def backward(self, losses: Tensor, model: MultiTaskModel, runtime: Runtime) -> None:
        """Write one step's gradients into the parameters, which have none yet.

        Args:
            losses: [K], one per task in the model's order, with a graph; 0 where a task has no label in the batch.
            model: the losses' model, not wrapped.
            runtime: of its :meth:`Runtime.setup`.
        """
        runtime.backward(losses.mean())

    def after_step(self, losses: Callable[[], Tensor]) -> None:
        """The optimiser has stepped; ``losses`` computes the batch's losses again."""

    def after_epoch(self) -> None:
        """All batches of an epoch have been seen."""


class ByLosses(Weighting):
    """A function of the losses (a torchjd scalarizer), differentiated in one pass.

    A task without a label in the batch is given the mean of the others' losses, and no gradient.
    """

    def __init__(self, scalarizer: Scalarizer) -> None:
        super().__init__()
        self.scalarizer = scalarizer

    def backward(self, losses: Tensor, model: MultiTaskModel, runtime: Runtime) -> None:
        values = _without_gaps(losses)
        combined = self.scalarizer(values)
        (weights,) = torch.autograd.grad(combined, values, retain_graph=True)
        if bool(combined.isfinite() & weights.isfinite().all()):
            runtime.backward(combined)
        else:
            super().backward(losses, model, runtime)

    def after_step(self, losses: Callable[[], Tensor]) -> None:
        if isinstance(self.scalarizer, FAMO):
            with torch.no_grad():
                self.scalarizer.update(_without_gaps(losses()))

    def after_epoch(self) -> None:
        if isinstance(self.scalarizer, DWA):
            self.scalarizer.step()


class ByGradients(Weighting):
    """Balances the tasks' gradients with respect to the shared parameters (a torchjd aggregator).

    A task without a label in the batch is left out of it, unless the aggregator has a memory of all tasks. With fewer
    than two tasks left or nothing shared that is trained (a linear probe), or where the aggregator fails or gives no
    finite gradient, the step has equal weights.

    Args:
        build: number of tasks -> aggregator.
        count: K.
        weigh_heads: heads get their task's gradient times its weight, as if the weighted losses had been
            differentiated; otherwise they get it as it is.

    Raises:
        ValueError: the aggregator cannot be used with K tasks.
    """

    by_gradients: ClassVar[bool] = True

    def __init__(self, build: Callable[[int], Aggregator], count: int, weigh_heads: bool = False) -> None:
        super().__init__()
        self._build = build
        self._weigh_heads = weigh_heads
        self.aggregator = build(count)
        build(count)(torch.eye(count))

    def backward(self, losses: Tensor, model: MultiTaskModel, runtime: Runtime) -> None:
        if not self._balance(losses, model, runtime):
            model.zero_grad()
            super().backward(losses, model, runtime)
            average([parameter.grad for parameter in model.parameters() if parameter.grad is not None], runtime)

    def _balance(self, losses: Tensor, model: MultiTaskModel, runtime: Runtime) -> bool:
        """Write balanced gradients; False where there are none that are finite. Keeps the graph.

        Of several processes each has its part of every task's gradient. They are averaged before they are balanced, so
        that all processes see those of the whole batch; what an aggregator draws or rounds is the first one's.
        """
        remembers = isinstance(self.aggregator, Stateful)
        values = losses.tolist()
        counted = [loss for loss, value in zip(losses.unbind(), values, strict=True) if remembers or value != 0]
        if len(counted) < 2:
            return False
        with losses.device:
            aggregator = self.aggregator if remembers else self._build(len(counted))
        shared = [parameter for parameter in model.shared_parameters() if parameter.requires_grad]
        if not shared:
            return False
        backward(counted, inputs=shared, retain_graph=True, parallel_chunk_size=CHUNK)
        average([cast(Any, parameter).jac for parameter in shared], runtime)
        weights = _aggregate(shared, aggregator, len(counted))
        if not runtime.all_agree(weights is not None) or weights is None:
            return False
        take_first([weights, *(cast(Tensor, parameter.grad) for parameter in shared)], runtime)
        weighed = weights if self._weigh_heads else torch.ones_like(weights)
        average(_write_head_gradients(torch.stack(counted) @ weighed.to(losses), model), runtime)
        _lay_out_as_parameters(model)
        gradients = [parameter.grad for parameter in model.parameters() if parameter.grad is not None]
        return bool(nn.utils.get_total_norm(gradients).isfinite())


def _without_gaps(losses: Tensor) -> Tensor:
    """``losses`` [K] with the mean of the others, without a gradient, where a loss is exactly 0."""
    present = losses.detach() != 0
    if bool(present.all()) or not bool(present.any()):
        return losses
    return torch.where(present, losses, losses.detach()[present].mean())


def _aggregate(shared: list[nn.Parameter], aggregator: Aggregator, count: int) -> Tensor | None:
    """Turn the Jacobians of ``shared`` into gradients.

    Returns:
        The tasks' weights, [K], 1 if the aggregator has none; None where it fails.
    """
    gramian = {"optimize_gramian_computation": True} if isinstance(aggregator, GramianWeightedAggregator) else {}
    try:
        with np.errstate(invalid="ignore"):  # whoever asked looks whether the result is finite
            weights = jac_to_grad(shared, aggregator, **gramian)
    except (ValueError, torch.linalg.LinAlgError):  # type: ignore[attr-defined]
        return None
    return torch.ones(count, device=shared[0].device, dtype=shared[0].dtype) if weights is None else weights


def _write_head_gradients(loss: Tensor, model: MultiTaskModel) -> list[Tensor]:
    """Write the gradients of ``loss``, a sum over tasks, into the heads: each depends on its own task alone."""
    heads = [p for task in model.tasks for p in model.task_parameters(task) if p.requires_grad]
    gradients = torch.autograd.grad(loss, heads, retain_graph=True, materialize_grads=True)
    for parameter, gradient in zip(heads, gradients, strict=True):
        parameter.grad = gradient
    return list(gradients)


def _lay_out_as_parameters(model: nn.Module) -> None:
    """Give every gradient its parameter's order in memory.

    A backward pass does so itself. What is written past it may come in another order, unseen by fused optimisers.
    """
    for parameter in model.parameters():
        if parameter.grad is not None and parameter.grad.stride() != parameter.stride():
            parameter.grad = torch.empty_like(parameter).copy_(parameter.grad)
