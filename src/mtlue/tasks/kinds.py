"""The kinds of task by name, open to other packages."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import Any, TypeVar

from mtlue.errors import InputError
from mtlue.plugins import entry_paths, import_plugins, load_object
from mtlue.structured import reason, typed
from mtlue.suggestions import unknown
from mtlue.tasks.base import Task
from mtlue.tasks.categorical import Categorical
from mtlue.tasks.depth import Depth
from mtlue.tasks.normals import Normals
from mtlue.tasks.regression import Regression
from mtlue.tasks.segmentation import Segmentation

K = TypeVar("K", bound=type[Task])


class Kinds(Mapping[str, type[Task]]):
    """Kinds of task by name.

    Other packages add one with an entry point in their ``pyproject.toml``, ``[project.entry-points."mtlue.tasks"]``
    ``ordinal = "my_package:Ordinal"``, or with the decorator ``@KINDS.register`` in a module that is imported; the
    command line imports those that the environment variable ``MTLUE_PLUGINS`` names.

    Args:
        kinds: those of this package.
        group: of the entry points.
    """

    def __init__(self, kinds: Iterable[type[Task]], group: str) -> None:
        self._kinds = {kind.kind: kind for kind in kinds}
        self._group = group

    def register(self, kind: K) -> K:
        """A decorator that adds a kind under its ``kind``.

        Raises:
            InputError: another one has this name.
        """
        if self._kinds.get(kind.kind, kind) is not kind:
            raise InputError(f"there is already a kind of task '{kind.kind}': choose another name")
        self._kinds[kind.kind] = kind
        return kind

    def __getitem__(self, name: str) -> type[Task]:
        if name in self._kinds:
            return self._kinds[name]
        import_plugins()
        if name in self._kinds:
            return self._kinds[name]
        kind: type[Task] = load_object(self._entries[name], f"the kind of task '{name}'")
        return kind

    def __iter__(self) -> Iterator[str]:
        import_plugins()
        return iter(dict.fromkeys([*self._kinds, *self._entries]))

    def __len__(self) -> int:
        return len(list(iter(self)))

    @cached_property
    def _entries(self) -> dict[str, str]:
        return entry_paths(self._group)


KINDS = Kinds((Categorical, Regression, Segmentation, Depth, Normals), "mtlue.tasks")


def task_from_json(description: dict[str, Any]) -> Task:
    """Build the task that :meth:`Task.to_json` described.

    Raises:
        InputError: no kind has this name, or it has no such options.
    """
    kind, options = description.get("kind"), {name: value for name, value in description.items() if name != "kind"}
    if not isinstance(kind, str) or kind not in KINDS:
        raise InputError(unknown("kind of task", f"{kind}", list(KINDS)))
    try:
        return typed(options, KINDS[kind])
    except ValueError as error:
        raise InputError(f"task {description.get('name')!r} of kind {kind}: {reason(error)}") from error
