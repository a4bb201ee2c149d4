"""How a perturbation is found. Methods by name; adding one: its file, a row in ``METHODS`` and a row in its test."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from mtlue.errors import InputError
from mtlue.methods.base import FitRecord, Perturber
from mtlue.methods.baselines.autoregressive import Autoregressive
from mtlue.methods.baselines.lsp import LinearlySeparable
from mtlue.methods.baselines.random_noise import RandomNoise
from mtlue.methods.baselines.samplewise import SampleWise
from mtlue.methods.config import MethodConfig
from mtlue.methods.joint_code.method import JointCode
from mtlue.methods.mtl_ue import MtlUe
from mtlue.methods.objectives import OBJECTIVES
from mtlue.methods.saving import SETTINGS_FILE, SavedMethod
from mtlue.methods.scope import Scope
from mtlue.runtime import Runtime
from mtlue.structured import refusing
from mtlue.tasks import Task, by_level

Builder = Callable[[float, MethodConfig], Perturber]
"""(epsilon in 0..1, settings of the methods with surrogates) -> an unfitted method."""


def _mtl_ue(objective: str, epsilon: float, config: MethodConfig) -> Perturber:
    return MtlUe(objective, config=config, epsilon=epsilon)


def _samplewise(objective: str, epsilon: float, config: MethodConfig) -> Perturber:
    return SampleWise(objective, config=config, epsilon=epsilon)


def _without_surrogate(build: Callable[..., Perturber], *form: str) -> Builder:
    return lambda epsilon, config: build(*form, epsilon=epsilon)


METHODS: dict[str, Builder] = {
    **{name: partial(_mtl_ue, name) for name in OBJECTIVES},
    **{f"{name}-samplewise": partial(_samplewise, name) for name in OBJECTIVES},
    "lsp-patch": _without_surrogate(LinearlySeparable, "patch"),
    "lsp-average": _without_surrogate(LinearlySeparable, "average"),
    "ar-patch": _without_surrogate(Autoregressive, "patch"),
    "ar-average": _without_surrogate(Autoregressive, "average"),
    "joint-code": _without_surrogate(JointCode),
    "noise": _without_surrogate(RandomNoise),
}


AUTO = "auto"
"""Stands for :func:`default_method`, wherever a user names a method for data that are not read yet."""


def default_method(tasks: Sequence[Task], scope: Scope) -> str:
    """What ``auto`` stands for: joint-code where a protected task has a label a pixel, else tap."""
    return "joint-code" if by_level(scope.protected(tasks))[1] else "tap"


def build_method(
    name: str, epsilon: float, config: MethodConfig | None = None, scope: Scope | None = None
) -> Perturber:
    """An unfitted method by name.

    Args:
        name: a row of ``METHODS``.
        epsilon: bound on every entry of delta, 0..1.
        config: settings of the methods with surrogates.
        scope: which tasks and which share of the images are protected; all by default.

    Raises:
        InputError: no method is called so.
    """
    if name not in METHODS:
        raise InputError(f"unknown method '{name}': choose one of {', '.join([AUTO, *METHODS])}")
    method = METHODS[name](epsilon, config or MethodConfig.of(name))
    method.scope = scope or Scope()
    return method


def load_method(folder: Path, runtime: Runtime) -> tuple[str, Perturber]:
    """A fitted method and its name, as :meth:`Perturber.save` wrote it.

    Raises:
        InputError: the folder holds none, or a damaged one.
    """
    saved = SavedMethod.read(folder)
    with refusing(folder / SETTINGS_FILE, "run protect again"):
        name = saved.settings.method
        return name, build_method(name, saved.settings.epsilon).restore(saved, runtime)


__all__ = [
    "AUTO",
    "METHODS",
    "FitRecord",
    "MethodConfig",
    "Perturber",
    "Scope",
    "build_method",
    "default_method",
    "load_method",
]
