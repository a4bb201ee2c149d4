"""Which method is chosen, with which settings: one description for the command line, grids and Python.

Imports nothing heavy, so that a mistake is refused before torch is loaded.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any

from mtlue.bounds import DEFAULT_EPSILON, Strength, check_epsilon, chosen_epsilon, from_levels, to_levels
from mtlue.errors import InputError, param
from mtlue.faults import Faults
from mtlue.methods.joint_code.settings import JointCodeSettings
from mtlue.methods.registry import METHODS
from mtlue.methods.scope import Scope
from mtlue.methods.settings import MtlUeSettings
from mtlue.registry import Settings
from mtlue.registry.python_options import declared, names_of
from mtlue.suggestions import unknown

if TYPE_CHECKING:
    from mtlue.methods.base import Perturber
    from mtlue.tasks import Task

AUTO = "auto"
"""Means :func:`default_method` wherever a user names a method for data that are not read yet."""
_FOR_IMAGES, _FOR_PIXELS = "tap", "joint-code"


@dataclass(frozen=True)
class AutoSettings(JointCodeSettings, MtlUeSettings):
    """Settings of tap and of joint-code, one of which auto chooses."""


@dataclass(frozen=True)
class MethodOptions:
    """How the perturbation is found.

    Args:
        method: em, tap, sep (MTL-UE with that base method); joint-code (made for labels per pixel); em-samplewise,
            tap-samplewise, sep-samplewise, lsp-patch, lsp-average, ar-patch, ar-average (the paper's baselines); noise
            (the control); or auto: joint-code where a protected task has a label per pixel, else tap. Each has settings
            of its own: name the method, and help lists them.
        strength: how far a pixel may change: subtle (4 of 255 levels; hardest to see, but on faces
            half of what clean images teach came back), standard (8, as in the paper) or strong (16; easiest to see,
            most protection); standard by default.
        epsilon: largest change of a pixel as a number of levels (of 255), instead of strength.
        unprotected: tasks that are to stay learnable.
        fraction: share of the images to protect, above 0 and at most 1, chosen by their id and the secret; the others
            stay as they are.
    """

    method: str = AUTO
    strength: Strength | None = None
    epsilon: float | None = None
    unprotected: list[str] | None = None
    fraction: float = 1.0

    def chosen(self, settings: Settings | Mapping[str, Any]) -> MethodChoice:
        """The method with its settings.

        Raises:
            InputError: an unknown method, a setting that it does not have, or a value out of range.
        """
        faults = Faults()
        with faults.gathered():
            self.check()
        with faults.gathered():
            choice = MethodChoice(self.method, settings)
        faults.check()
        return replace(choice, epsilon=self._bound(), scope=self._scope())

    def check(self) -> None:
        """Refuse values that mean nothing, all of them at once.

        Raises:
            InputError: names the parameters.
        """
        faults = Faults()
        with faults.gathered():
            self._scope()
        with faults.gathered():
            self._bound()
        faults.check()

    def _bound(self) -> float:
        """Epsilon, 0..1."""
        return chosen_epsilon(None if self.epsilon is None else from_levels(self.epsilon), self.strength)

    def _scope(self) -> Scope:
        return Scope(tuple(self.unprotected or ()), self.fraction)


@dataclass(frozen=True)
class MethodChoice:
    """A method, what may be set of it, and what it protects.

    >>> MethodChoice("lsp-patch", {"square": 4}).settings_for(())
    LspSettings(square=4)

    Args:
        name: of :data:`METHODS`, or ``auto``.
        settings: of the method; a mapping says only those that are not defaults. For ``auto``, any setting
            of a method that it may resolve to; :meth:`settings_for` refuses those that the chosen one does not have.
        epsilon: largest change of a pixel, 0..1.
        scope: which tasks and which share of the images are protected; all by default.

    Raises:
        InputError: an unknown method, a setting that it does not have, or a value out of range.
    """

    name: str = AUTO
    settings: Settings | Mapping[str, Any] = field(default_factory=dict)
    epsilon: float = DEFAULT_EPSILON
    scope: Scope = field(default_factory=Scope)

    def __post_init__(self) -> None:
        check_epsilon(self.epsilon)
        if self.name == AUTO and isinstance(self.settings, (MtlUeSettings, JointCodeSettings)):
            return
        _settings(self.name, self.settings)

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> MethodChoice:
        """A choice out of one flat mapping, as grids and saved configurations hold it: :meth:`to_json` reversed.

        Args:
            values: ``method``, ``epsilon`` (in levels of 1/255) or ``strength``, ``unprotected``, ``fraction``; every
                other key is a setting of the method.

        Raises:
            InputError: as for the class, or a value of another type.
        """
        general = names_of(MethodOptions)
        given = {key: value for key, value in values.items() if key in general}
        options = MethodOptions(**declared(MethodOptions, given, numbers_as_text=True))
        settings = {key: value for key, value in values.items() if key not in general}
        allowed = [*general, *names_of(settings_of(options.method))]
        faults = Faults()
        faults.add(*(unknown("option", name, allowed) for name in settings if not _is_known(name, allowed)))
        with faults.told_together():
            choice = options.chosen({name: value for name, value in settings.items() if _is_known(name, allowed)})
        faults.check()
        return choice

    def name_for(self, tasks: Sequence[Task] = ()) -> str:
        """The method's name; with ``auto``, of the one that it resolves to for these tasks."""
        return default_method(tasks, self.scope) if self.name == AUTO else self.name

    def settings_for(self, tasks: Sequence[Task] = ()) -> Settings:
        """The method's settings, defaults included.

        Raises:
            InputError: ``auto`` resolves to a method that does not have one of them.
        """
        name = self.name_for(tasks)
        if self.name == AUTO and not tasks:
            return _settings(name, self._of(METHODS.settings(name)))
        return _settings(name, self.settings)

    def build(self, tasks: Sequence[Task] = ()) -> Perturber:
        """The method, not fitted yet.

        Args:
            tasks: of the dataset, which decide what ``auto`` resolves to; without them tap.
        """
        name = self.name_for(tasks)
        method: Perturber = METHODS.load(name)(
            self.settings_for(tasks), name=name, epsilon=self.epsilon, scope=self.scope
        )
        return method

    def choices(self, tasks: Sequence[Task] = ()) -> dict[str, Any]:
        """Everything that decides what the method finds besides images and seed, as JSON, presets filled in.

        It changes with a default of the method, so it tells results of one default from those of another.
        """
        return {
            "method": self.name_for(tasks),
            "epsilon": to_levels(self.epsilon),
            "scope": asdict(self.scope),
            "settings": self.build(tasks).hyperparameters(tasks),
        }

    def to_json(self, tasks: Sequence[Task] = ()) -> dict[str, Any]:
        """The flat mapping that :meth:`of` takes, every field of the settings in it."""
        return {
            "method": self.name_for(tasks),
            "epsilon": to_levels(self.epsilon),
            "unprotected": list(self.scope.unprotected),
            "fraction": self.scope.fraction,
            **self.settings_for(tasks).to_json(),
        }

    def _of(self, kind: type[Settings]) -> Settings | dict[str, Any]:
        """What was given, as far as it is of this kind."""
        if isinstance(self.settings, Settings):
            return self.settings if isinstance(self.settings, kind) else {}
        return {key: value for key, value in self.settings.items() if key in names_of(kind)}


def default_method(tasks: Sequence[Task], scope: Scope) -> str:
    """What ``auto`` resolves to: joint-code where a protected task has a label per pixel, else tap."""
    if not tasks:
        return _FOR_IMAGES
    from mtlue.tasks import by_level

    return _FOR_PIXELS if by_level(scope.protected(tasks))[1] else _FOR_IMAGES


def settings_of(method: str) -> type[Settings]:
    """What can be set of a method, or of ``auto``.

    Raises:
        InputError: no method has this name.
    """
    if method == AUTO:
        return AutoSettings
    if method not in METHODS:
        raise InputError(unknown("method", method, [AUTO, *METHODS]))
    return METHODS.settings(method)


def methods_with(setting: str) -> list[str]:
    """The methods that have a setting of this name."""
    return [name for name in METHODS if setting in names_of(METHODS.settings(name))]


def no_setting(method: str, setting: str) -> str:
    """The message for a setting that a method does not have and others do; it names settings as :func:`param`."""
    return (
        f"method {method} has no setting {param(setting)}, a setting of {', '.join(methods_with(setting))}: leave it "
        "out, or choose one of those methods"
    )


def _settings(method: str, given: Settings | Mapping[str, Any]) -> Settings:
    kind = settings_of(method)
    if isinstance(given, Settings):
        if not isinstance(given, kind):
            raise InputError(f"method {method} takes {kind.__name__}, not {type(given).__name__}")
        return given if type(given) is kind else kind(**{name: getattr(given, name) for name in names_of(kind)})
    others = [name for name in given if name not in names_of(kind) and methods_with(name)]
    faults = Faults()
    faults.add(*(no_setting(method, name) for name in others))
    with faults.told_together():
        settings = kind.of({name: value for name, value in given.items() if name not in others}, f"method {method}")
    faults.check()
    return settings


def _is_known(name: str, allowed: Sequence[str]) -> bool:
    """Whether a name is among an option's or is a setting of some method."""
    return name in allowed or bool(methods_with(name))
