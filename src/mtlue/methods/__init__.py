"""How a perturbation is found. Methods by name; adding one: its file, a row in ``METHODS`` and a row in its test."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from mtlue.errors import InputError
from mtlue.methods.base import FitRecord, Perturber, SavedMethod
from mtlue.methods.baselines.random_noise import RandomNoise
from mtlue.methods.fitting import MtlUeConfig
from mtlue.methods.mtl_ue import MtlUe
from mtlue.methods.objectives import OBJECTIVES
from mtlue.runtime import Runtime

Builder = Callable[[float, MtlUeConfig], Perturber]
"""(epsilon in 0..1, settings of the generator methods) -> an unfitted method."""


def _mtl_ue(objective: str, epsilon: float, config: MtlUeConfig) -> Perturber:
    return MtlUe(objective, config=config, epsilon=epsilon)


def _noise(epsilon: float, config: MtlUeConfig) -> Perturber:
    return RandomNoise(epsilon=epsilon)


METHODS: dict[str, Builder] = {
    **{name: partial(_mtl_ue, name) for name in OBJECTIVES},
    "noise": _noise,
}


def build_method(name: str, epsilon: float, config: MtlUeConfig | None = None) -> Perturber:
    """An unfitted method by name.

    Raises:
        InputError: no method is called so.
    """
    if name not in METHODS:
        raise InputError(f"unknown method '{name}': choose one of {', '.join(METHODS)}")
    return METHODS[name](epsilon, config or MtlUeConfig())


def load_method(folder: Path, runtime: Runtime) -> tuple[str, Perturber]:
    """A fitted method and its name, as :meth:`Perturber.save` wrote it.

    Raises:
        InputError: the folder holds none, or a damaged one.
    """
    saved = SavedMethod.read(folder)
    try:
        name = saved.settings["method"]
        return name, build_method(name, saved.settings["epsilon"]).restore(saved, runtime)
    except (KeyError, TypeError, ValueError, AttributeError, RuntimeError) as error:
        raise InputError(
            f"{folder} holds a method that this version cannot read ({error}): run protect again"
        ) from error


__all__ = ["METHODS", "FitRecord", "MtlUeConfig", "Perturber", "build_method", "load_method"]
