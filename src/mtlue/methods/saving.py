"""What a fitted method's folder holds."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Annotated, Any

from msgspec import Meta
from torch import Tensor

from mtlue.files import named_errors, write_json
from mtlue.methods.scope import Scope
from mtlue.methods.weights import read_weights, write_weights
from mtlue.release.layout import PrivateFolder
from mtlue.structured import read_json
from mtlue.tasks import Task, task_from_json


@dataclass(frozen=True)
class SavedSettings:
    """What ``generator.json`` holds.

    Attributes:
        method: the method's row in the registry.
        epsilon: bound on every entry of delta, 0..1.
        channels: of the images that the method was fitted on.
        tasks: what :meth:`mtlue.tasks.Task.to_json` says of each.
        settings: what the method's ``_state`` gave.
        scope: what was protected.
        options: the method's :class:`mtlue.registry.Settings`; folders of before have none, and mean the defaults.
        fitted_ids: images of the fit, where the method can protect no others.
        key: what a draw by id is keyed with.
    """

    method: str
    epsilon: float
    channels: Annotated[int, Meta(ge=1)]
    tasks: list[dict[str, Any]]
    settings: dict[str, Any]
    scope: Scope = field(default_factory=Scope)
    options: dict[str, Any] = field(default_factory=dict)
    fitted_ids: list[str] = field(default_factory=list)
    key: str = ""

    def named_tasks(self) -> tuple[Task, ...]:
        """The tasks, made of what was saved.

        Raises:
            InputError, ValueError: there is none, one is there twice, or one contradicts itself.
        """
        tasks = tuple(task_from_json(task) for task in self.tasks)
        if not tasks or len({task.name for task in tasks}) < len(tasks):
            raise ValueError("it names no task, or a task twice")
        return tasks


@dataclass(frozen=True)
class SavedSeed:
    """The settings of a method whose only secret is a seed."""

    seed: int | str


@dataclass(frozen=True)
class SavedMethod:
    """A fitted method as a folder holds it.

    Attributes:
        settings: everything but tensors.
        tensors: the weights, by name.
    """

    settings: SavedSettings
    tensors: Mapping[str, Tensor]

    def write(self, folder: Path) -> None:
        """Write weights (safetensors) and settings (JSON), each whole.

        The folder is made where it is missing, for the user of this process alone: who reads it undoes the protection.
        """
        with named_errors(folder):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_weights(PrivateFolder(folder).generator_weights, self.tensors)
        write_json(PrivateFolder(folder).generator_settings, asdict(self.settings))

    @classmethod
    def read(cls, folder: Path) -> "SavedMethod":
        """Read a folder.

        Raises:
            InputError: it holds no readable method.
        """
        remedy = "give the private/ that protect wrote, or run protect again"
        return cls(
            read_json(PrivateFolder(folder).generator_settings, SavedSettings, remedy),
            read_weights(PrivateFolder(folder).generator_weights, remedy),
        )
