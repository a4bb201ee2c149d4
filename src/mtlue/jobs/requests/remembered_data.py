"""Where the clean images of a release are, as ``protect`` remembers it in the private folder. Imports nothing heavy."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from mtlue.data.options import DataOptions
from mtlue.errors import InputError, param
from mtlue.jobs.requests.places import RULES, TABLES
from mtlue.release.layout import OutputFolder
from mtlue.structured import read_json_if_there


@dataclass(frozen=True)
class _Remembered:
    """What is read here of the private folder's settings."""

    data: DataOptions


def wherever_started(data: DataOptions) -> DataOptions:
    """The same images for a command that is started in another folder: paths from the root.

    A table that lies in the data folder, and is named from there, stays so.
    """
    paths = {name: getattr(data, name) for name in ("data", "cache")}
    tables = {name: getattr(data, name) for name in TABLES}
    found = {name: path for name, path in tables.items() if path is not None and path.is_file()}
    given = {name: path.absolute() for name, path in {**paths, **found}.items() if path is not None}
    return replace(data, **given, tasks=data.tasks and [_rules_or_name(task) for task in data.tasks])


def remembered_data(out: Path, given: Mapping[str, Any]) -> DataOptions:
    """The data options that a release was made with, and in their place what a user says.

    Args:
        out: folder that ``protect`` wrote.
        given: field of :class:`DataOptions` -> its value, as far as the user says something.

    Raises:
        InputError: nothing is remembered, and no dataset is given.
    """
    kept = kept_data(out)
    if kept is None and not {"dataset", "data"} & given.keys():
        config = OutputFolder(out).private.config
        raise InputError(f"{config} is missing, which remembers where the clean images are: {_remedy()}")
    return DataOptions(**given) if kept is None else replace(kept, **given)


def kept_data(out: Path) -> DataOptions | None:
    """The data options that a release was made with; None where no private folder remembers them.

    Args:
        out: folder that ``protect`` or ``apply`` wrote.

    Raises:
        InputError: they are damaged, or cannot be reached.
    """
    kept = read_json_if_there(OutputFolder(out).private.config, _Remembered, _remedy())
    return None if kept is None else kept.data


def _remedy() -> str:
    return f"give {param('data')} (and {param('dataset')}) as they were given to protect"


def _rules_or_name(task: str) -> str:
    """A tasks file by its whole path; the name of a task as it is."""
    path = Path(task)
    return str(path.absolute()) if path.suffix.lower() in RULES and path.is_file() else task
