"""Weightings that names stand for: our rows, and every class of torchjd.

Adding one: a function or class of the number of tasks, and a row in
:data:`mtlue.training.weighting_names.WEIGHTINGS`. A class of torchjd is found by its own name; one whose constructor
needs more than the number of tasks also needs a row in ``_DEFAULTS``.
"""

import inspect
from collections.abc import Callable
from functools import partial
from typing import Any, cast

import torch
import torchjd.aggregation
import torchjd.scalarization
from torch import Tensor, nn
from torchjd.aggregation import Aggregator, AlignedMTL, FairGrad, GramianWeightedAggregator, WeightedAggregator
from torchjd.scalarization import UW, Random, Scalarizer

from mtlue.errors import InputError
from mtlue.runtime import Runtime
from mtlue.training.weighting import ByGradients, ByLosses, Weighting
from mtlue.training.weighting_names import WEIGHTINGS, plain, unknown_weighting


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
    with runtime.isolated_randomness("weighting"), runtime.device:
        weighting = _made(name, count)
    if weighting.by_gradients and runtime.precision == "16-mixed":
        raise InputError(f"weighting '{name}' does not work with 16-mixed precision: use bf16-mixed or 32-true")
    return weighting


def weighs_gradients(name: str, count: int) -> bool:
    """Whether a weighting looks at the gradients of ``count`` tasks one by one.

    Raises:
        InputError: as :func:`build_weighting`.
    """
    return _made(name, count).by_gradients


def _made(name: str, count: int) -> Weighting:
    build = find_weighting(name)
    if count == 1:
        return Weighting()
    try:
        weighting = build(count)
    except ImportError as error:
        raise InputError(f"weighting '{name}' needs packages that are not installed: {error}") from error
    except (TypeError, ValueError) as error:
        raise InputError(f"weighting '{name}' cannot be used for {count} tasks, choose another: {error}") from error
    if not isinstance(weighting, Weighting):
        raise InputError(f"weighting '{name}' makes a {type(weighting).__name__}, not a Weighting: choose another")
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
