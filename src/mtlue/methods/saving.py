"""A fitted method's folder, as it is read back."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

from msgspec import Meta
from torch import Tensor

from mtlue.methods.scope import Scope
from mtlue.methods.weights import read_weights
from mtlue.release.layout import GENERATOR_SETTINGS, GENERATOR_WEIGHTS
from mtlue.structured import read_json

WEIGHTS_FILE = GENERATOR_WEIGHTS
SETTINGS_FILE = GENERATOR_SETTINGS


@dataclass(frozen=True)
class SavedSettings:
    """What ``generator.json`` holds.

    Attributes:
        method: the method's row in the registry.
        epsilon: bound on every entry of delta, 0..1.
        channels: of the images that the method was fitted on.
        tasks: what :meth:`mtlue.tasks.Task.to_json` says of each.
        settings: what the method's ``_settings`` gave.
        fitted_ids: images of the fit, where the method can protect no others.
        key: what a draw by id is keyed with.
    """

    method: str
    epsilon: float
    channels: Annotated[int, Meta(ge=1)]
    tasks: list[dict[str, Any]]
    settings: dict[str, Any]
    scope: Scope = field(default_factory=Scope)
    fitted_ids: list[str] = field(default_factory=list)
    key: str = ""


@dataclass(frozen=True)
class SavedSeed:
    """The settings of a method whose only secret is a seed."""

    seed: int | str


@dataclass(frozen=True)
class SavedMethod:
    """What :meth:`mtlue.methods.Perturber.save` wrote."""

    settings: SavedSettings
    tensors: dict[str, Tensor]

    @classmethod
    def read(cls, folder: Path) -> "SavedMethod":
        """Read a folder.

        Raises:
            InputError: it holds no readable method.
        """
        remedy = "give the private/ that protect wrote, or run protect again"
        return cls(
            read_json(folder / SETTINGS_FILE, SavedSettings, remedy), read_weights(folder / WEIGHTS_FILE, remedy)
        )
