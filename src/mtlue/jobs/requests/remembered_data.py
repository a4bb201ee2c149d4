"""Where the clean images of a release are, as ``protect`` remembers it in the private folder. Imports nothing heavy."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from mtlue.data.files.folders import require_folder
from mtlue.data.files.zipped import given_zip
from mtlue.data.options import DataOptions
from mtlue.errors import InputError, param
from mtlue.jobs.requests.places import RULES, TABLES
from mtlue.release.layout import OutputFolder
from mtlue.structured import read_json_if_there
from mtlue.tables.given import as_given, given_table


@dataclass(frozen=True)
class _Remembered:
    """What is read here of the private folder's settings."""

    data: DataOptions


def wherever_started(data: DataOptions) -> DataOptions:
    """The same images for a command that is started in another folder: paths from the root.

    A table that lies in the data folder is named from there: it moves with the folder, and :func:`with_given` finds it.
    """
    paths = {name: path for name in ("data", "cache") if (path := getattr(data, name)) is not None}
    given = {name: path.absolute() for name, path in paths.items()}
    given |= {name: _table_from(require_folder(data), path, name) for name, path in _tables(data).items()}
    return replace(data, **given, tasks=data.tasks and [_rules_or_name(task) for task in data.tasks])


def with_given(kept: DataOptions, given: Mapping[str, Any]) -> DataOptions:
    """Remembered options, and in their place what a user says; a remembered table is the one of the data folder.

    Args:
        kept: what :func:`kept_data` found.
        given: field of :class:`DataOptions` -> its value, as far as the user says something.

    Raises:
        InputError: a zip file that holds such a table cannot be unpacked.
    """
    data = replace(kept, **given)
    tables = {name: path for name, path in _tables(kept).items() if name not in given and not path.is_absolute()}
    mistaken = {name: path for name, path in tables.items() if path.is_file()}
    if not mistaken or data.data is None:
        return data
    root = data.data if given_zip(data) is None else require_folder(data)
    own: dict[str, Any] = {name: as_given(root / path, root) for name, path in mistaken.items()}
    return replace(data, **own)


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
    return DataOptions(**given) if kept is None else with_given(kept, given)


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


def _tables(data: DataOptions) -> dict[str, Path]:
    return {name: path for name in TABLES if (path := getattr(data, name)) is not None}


def _table_from(root: Path, path: Path, option: str) -> Path:
    """A table by its path below the data folder where it lies there, else by its whole path."""
    table, folder = given_table(path, root, option).absolute(), root.absolute()
    return table.relative_to(folder) if table.is_relative_to(folder) else table


def _rules_or_name(task: str) -> str:
    """A tasks file by its whole path; the name of a task as it is."""
    path = Path(task)
    return str(path.absolute()) if path.suffix.lower() in RULES and path.is_file() else task
