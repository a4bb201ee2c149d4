"""How the losses of several tasks become one step: torchjd's scalarizers and aggregators by name.

Adding a weighting: a function or class of the number of tasks, and a row in
:data:`mtlue.training.weighting_names.WEIGHTINGS`. A class of torchjd is found by its own name; one whose constructor
needs more than the number of tasks also needs a row in ``_DEFAULTS``.
"""

import inspect
from collections.abc import Callable
from functools import partial
from typing import Any, ClassVar, cast

import numpy as np
import torch
import torchjd.aggregation
import torchjd.scalarization
from torch import Tensor, nn
from torchjd import Stateful
from torchjd.aggregation import Aggregator, AlignedMTL, FairGrad, GramianWeightedAggregator, WeightedAggregator
from torchjd.autojac import backward, jac_to_grad
from torchjd.scalarization import DWA, FAMO, UW, Random, Scalarizer

from mtlue.errors import InputError
from mtlue.models import MultiTaskModel
from mtlue.runtime import Runtime
from mtlue.training.parts import average, take_first
from mtlue.training.weighting_names import WEIGHTINGS, plain, unknown_weighting

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


class RandomWeights(Random):
    """RLW: the softmax of K normal draws, times K, drawn in each step (Lin et al., TMLR 2022)."""

    def forward(self, values: Tensor, /) -> Tensor:
        return values.numel() * super().forward(values)


def equal(count: int) -> Weighting:
    """LS: the mean of the losses."""
    return Weighting()


def uncertainty(count: int) -> Weighting:
    """UW: weights that are learned with the model (Kendall et al., CVPR 2018)."""
    weighting = UW(count)
    nn.init.constant_(weighting.log_var, -0.5)
    return ByLosses(weighting)


def random(count: int) -> Weighting:
    """RLW, as :class:`RandomWeights`."""
    return ByLosses(RandomWeights())


def aligned_mtl(count: int) -> Weighting:
    """Aligned-MTL (Senushkin et al., CVPR 2023)."""
    return ByGradients(lambda k: AlignedMTL(torch.ones(k), scale_mode="min"), count)


def fairgrad(count: int) -> Weighting:
    """FairGrad (Ban and Ji, ICML 2024), whose weights count for the heads, too."""
    return ByGradients(lambda k: FairGrad(alpha=1.0), count, weigh_heads=True)


def build_weighting(name: str, count: int, runtime: Runtime) -> Weighting:
    """The weighting called ``name`` for ``count`` tasks; equal weights for one task.

    Args:
        name: a row of ``WEIGHTINGS`` or a class of torchjd; case, hyphens and underscores do not matter.
        count: K.
        runtime: device, precision and processes.

    Raises:
        InputError: an unknown name, or the weighting needs a package that is missing, another number of tasks or
            another precision.
    """
    build = find_weighting(name)
    if count == 1:
        return Weighting()
    try:
        with runtime.isolated_randomness("weighting"), runtime.device:
            weighting = build(count)
    except ImportError as error:
        raise InputError(f"weighting '{name}' needs packages that are not installed: {error}") from error
    except (TypeError, ValueError) as error:
        raise InputError(f"weighting '{name}' cannot be used for {count} tasks, choose another: {error}") from error
    if weighting.by_gradients and runtime.precision == "16-mixed":
        raise InputError(f"weighting '{name}' does not work with 16-mixed precision: use bf16-mixed or 32-true")
    return weighting


def find_weighting(name: str) -> Callable[[int], Weighting]:
    """What builds the weighting called ``name`` from a number of tasks; case, hyphens and underscores do not matter.

    Raises:
        InputError: an unknown name.
    """
    for short in WEIGHTINGS:
        if plain(short) == plain(name):
            return cast(Callable[[int], Weighting], WEIGHTINGS.load(short))
    torchjds = {plain(cls.__name__): cls for cls in torchjd_classes()}
    if plain(name) not in torchjds:
        names = sorted({cls.__name__ for cls in torchjds.values()}, key=str.lower)
        raise InputError(unknown_weighting(name, names))
    return partial(_from_torchjd, torchjds[plain(name)])


def torchjd_classes() -> list[type[Aggregator] | type[Scalarizer]]:
    """Where an aggregator and a scalarizer share a name, the scalarizer, which is cheaper, comes last."""
    bases = (Aggregator, GramianWeightedAggregator, Scalarizer, WeightedAggregator)
    exported = [
        getattr(module, name) for module in (torchjd.aggregation, torchjd.scalarization) for name in module.__all__
    ]
    return [cls for cls in exported if issubclass(cls, (Aggregator, Scalarizer)) and cls not in bases]


def _from_torchjd(cls: type[Aggregator] | type[Scalarizer], count: int) -> Weighting:
    if issubclass(cls, Scalarizer):
        return ByLosses(cls(**_required(cls, count)))
    return ByGradients(lambda k: cls(**_required(cls, k)), count)


_DEFAULTS: dict[str, dict[str, float]] = {
    "CAGrad": {"c": 0.4},
    "COSMOS": {"lambda_": 1.0},  # its paper uses 0.01 to 8
    "FairGrad": {"alpha": 1.0},
    "Krum": {"n_byzantine": 1},
    "PBI": {"theta": 5.0},
    "STCH": {"mu": 0.1},  # its paper tries 0.01 to 1
    "TrimmedMean": {"trim_number": 1},
}
"""torchjd's class -> values for arguments that it has no default for: its paper's, where that names one."""


def _required(cls: type, count: int) -> dict[str, Any]:
    """Values for the arguments that ``cls`` has no default for.

    Raises:
        ValueError: there is no value for one of them.
    """
    of_any_class = {"shape": count, "n_tasks": count, "weights": torch.full((count,), 1 / count)}
    values = {**of_any_class, **_DEFAULTS.get(cls.__name__, {})}
    arguments = inspect.signature(cls).parameters.values()
    needed = [argument.name for argument in arguments if argument.default is argument.empty]
    unknown = [name for name in needed if name not in values]
    if unknown:
        raise ValueError(f"no value is known for its {', '.join(unknown)}")
    return {name: values[name] for name in needed}


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
