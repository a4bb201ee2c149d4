"""What a method was fitted on, as the owner's private folder says, and whether new data are read as that was.

Imports nothing heavy.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from mtlue.data.files.folders import require_folder
from mtlue.data.options import DataOptions
from mtlue.data.sources import EMBEDDED, source_of
from mtlue.errors import InputError, param
from mtlue.methods.scope import Scope
from mtlue.release.again import coded_as_released
from mtlue.release.layout import PrivateFolder
from mtlue.structured import read_json_if_there, refusing, typed
from mtlue.tables.given import given_table

if TYPE_CHECKING:
    from mtlue.tasks import Task

_OF_PROTECT = "give the folder that protect wrote"


class _Fitted(Struct):
    """What is read here of a fitted method's settings."""

    tasks: list[dict[str, Any]]


class _Kept(Struct):
    """What is read here of a private folder's settings."""

    scope: Scope = Scope()
    rules: dict[str, dict[str, Any]] | None = None


def fitted_tasks(private: Path) -> tuple[Task, ...]:
    """The tasks that a method was fitted on, as the owner's private folder names them; none without that folder.

    Raises:
        InputError: they are damaged, or cannot be reached.
    """
    from mtlue.tasks import task_from_json  # not before the places are known to be right

    settings = PrivateFolder(private).generator_settings
    fitted = read_json_if_there(settings, _Fitted, _OF_PROTECT)
    with refusing(settings, _OF_PROTECT):
        return () if fitted is None else tuple(map(task_from_json, fitted.tasks))


def protected_tasks(private: Path) -> tuple[Task, ...]:
    """Those of the fitted tasks that do not stay learnable; none without the private folder.

    Raises:
        InputError: what the folder says of them is damaged, or cannot be reached.
    """
    saved = read_json_if_there(PrivateFolder(private).config, _Kept, _OF_PROTECT)
    return tuple((Scope() if saved is None else saved.scope).protected(fitted_tasks(private)))


def require_as_fitted(data: DataOptions, private: Path, fitted: Sequence[Task]) -> None:
    """Refuse a choice of some of the tasks that a method was fitted on, and labels from other cells than then.

    Args:
        data: what is to be read.
        private: the method's folder.
        fitted: its tasks.

    Raises:
        InputError: the data options leave out tasks, or a tasks file says another thing than the one then.
    """
    from mtlue.data.columns.known import refuse_other_sources  # not before the places are known to be right
    from mtlue.data.columns.rules import ColumnRule
    from mtlue.data.columns.rules_file import read_rules

    _require_all_tasks(data, fitted)
    rules = kept_rules(private)
    if rules is not None:
        with refusing(PrivateFolder(private).config, _OF_PROTECT):
            then = None if _is_released(data) else typed(rules, dict[str, ColumnRule])
        refuse_other_sources([task.name for task in fitted], read_rules(data.tasks), then)


def kept_rules(private: Path) -> dict[str, dict[str, Any]] | None:
    """How the labels that a method was fitted on were read, as the user said it; None where it was not kept.

    Raises:
        InputError: what the folder says of it is damaged, or cannot be reached.
    """
    saved = read_json_if_there(PrivateFolder(private).config, _Kept, _OF_PROTECT)
    return None if saved is None else saved.rules  # earlier versions did not keep them


def _require_all_tasks(data: DataOptions, fitted: Sequence[Task]) -> None:
    from mtlue.data.columns.rules import binary_name
    from mtlue.data.columns.rules_file import is_rules_file

    names = [task.name for task in fitted]
    chosen = {*(names if data.tasks is None else data.tasks)}
    if not is_rules_file(data.tasks) and any(binary_name(name, chosen)[0] not in chosen for name in names):
        raise InputError(
            f"{param('tasks')}: the generator needs labels of all its tasks ({', '.join(names)}): leave it out"
        )


def tasks_as_coded(data: DataOptions, fitted: Sequence[Task]) -> tuple[Task, ...]:
    """The tasks that a method was fitted on, by which label maps are read: those of a release have its own coding.

    Args:
        data: the images and labels to read, which may be a release, or images that were restored from one.
        fitted: as the owner's files are read.
    """
    released = _is_released(data)
    return tuple(task.as_released() if released else task for task in fitted)


def _is_released(data: DataOptions) -> bool:
    """Whether the labels are as a release has them: in columns that are called like the tasks, in its own coding."""
    if data.data is None and data.source not in EMBEDDED:
        from mtlue.data.sources.remote_shards import RemoteShards

        source = source_of(data.dataset)
        return isinstance(source, RemoteShards) and source.holds_release(data)
    if data.data is None:
        return False
    root = require_folder(data)
    return coded_as_released(root if data.labels is None else given_table(data.labels, root, "labels").parent)
