"""Whether the files and folders that a request names can be used, checked before torch is loaded."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from mtlue.bounds import to_levels
from mtlue.data.files.folders import require_folder
from mtlue.data.options import AUTO, DataOptions
from mtlue.data.sources import EMBEDDED, FOLDERS, source_of
from mtlue.data.sources.placed import check_options
from mtlue.errors import InputError, VerificationError, param
from mtlue.files import check_writable
from mtlue.jobs.events import Listener, Note
from mtlue.methods.scope import Scope
from mtlue.release.again import coded_as_released, protected_again, release_around, restored_around
from mtlue.release.finding import find_release, unfinished
from mtlue.release.layout import SHARDS, PrivateFolder, ReleaseFolder
from mtlue.release.seal import changed_generator
from mtlue.release.shards.store import store_of
from mtlue.structured import is_there, read_json_if_there, refusing, typed
from mtlue.tables.given import given_table

if TYPE_CHECKING:
    from mtlue.data.rows.reading import Found
    from mtlue.tasks import Task

TABLES = ("labels", "test_labels", "split_table")
RULES = (".yaml", ".yml")
"""How the name of a tasks file ends."""


class _Fitted(Struct):
    """What is read here of a fitted method's settings."""

    tasks: list[dict[str, Any]]


_OF_PROTECT = "give the folder that protect wrote"


class _Kept(Struct):
    """What is read here of a private folder's settings."""

    scope: Scope = Scope()
    rules: dict[str, dict[str, Any]] | None = None


def check_data_places(data: DataOptions) -> None:
    """Refuse options that mean nothing, and files and folders that are not there; no table is opened.

    Raises:
        InputError: names the option.
    """
    check_options(data)
    if data.source in (AUTO, *FOLDERS):
        _check_files(data, require_folder(data))


def _check_files(data: DataOptions, root: Path) -> None:
    for name in TABLES:
        table: Path | None = getattr(data, name)
        if table is not None and not table.is_file() and not (root / table).is_file():
            raise InputError(f"{param(name)} {table} is not a file, nor is {root / table}: give a table of labels")
    tasks = data.tasks or []
    if len(tasks) == 1 and tasks[0].lower().endswith(RULES) and not Path(tasks[0]).is_file():
        raise InputError(f"{param('tasks')}: {tasks[0]} is missing: give a tasks file, or names of tasks")


def check_place(place: Path, data: DataOptions | None = None, name: str = "out") -> None:
    """Refuse to write among a dataset's images, into a release, or where nothing can be written.

    Every command that writes asks this first. What lies among the images would be taken for one of them the next time;
    what lies in a release would be published with it, and ``verify`` would call the release changed. Restored images
    are a dataset, too.

    Args:
        place: the file or folder to be written.
        data: the dataset that is read.
        name: of the option that says where.

    Raises:
        InputError: it lies in one of them; :class:`mtlue.errors.OutputError`: it cannot be written.
    """
    if data is not None and data.data is not None and place.resolve().is_relative_to(data.data.resolve()):
        lies = "is the folder of the images itself," if _is(place, data.data) else "lies inside"
        raise InputError(f"{param(name)} {place} {lies} {param('data')} {data.data}: choose a place outside it")
    if (release := release_around(place)) is not None:
        same = "is a release" if _is(place, release) else f"lies inside {release}, a release"
        raise InputError(f"{param(name)} {place} {same} that is to be published: choose a place outside it")
    if (restored := restored_around(place)) is not None:
        if _is(place, restored):
            raise InputError(
                f"{param(name)} {place} already holds images that mtlue restored: choose another folder, or empty it"
            )
        raise InputError(
            f"{param(name)} {place} lies inside {restored}, among images that mtlue restored: choose a place outside it"
        )
    check_writable(place)


def _is(place: Path, folder: Path) -> bool:
    return place.resolve() == folder.resolve()


def examine_data(data: DataOptions, tasks: "Sequence[Task] | None" = None) -> "Found | None":
    """Refuse everything that is wrong with the data's tables, at once.

    Args:
        data: the images and labels to read.
        tasks: tasks to read the labels by (none: no label is read); found from the data by default.

    Raises:
        InputError: names the rows.
    """
    from mtlue.data.checking import check_dataset  # needs pandas: not before the places are known to be right

    return check_dataset(data, tasks)


def check_splits(asked: Sequence[str] | None, names: Sequence[str]) -> None:
    """Refuse splits that a dataset does not have.

    Raises:
        InputError: names them, and those that there are.
    """
    unknown = sorted({*(asked or ())} - {*names})
    if unknown or (asked is not None and not asked):
        raise InputError(f"{param('splits')} {' '.join(unknown)}: name one or more of {', '.join(names)}")


def note_if_protected(data: DataOptions, epsilon: float, tell: Listener) -> None:
    """Tell of data that are themselves a release: it then protects less.

    Args:
        data: the images to protect.
        epsilon: of the new change, 0..1.
        tell: gets the note.
    """
    if data.data is not None and (note := protected_again(require_folder(data), to_levels(epsilon), str(data.data))):
        tell(Note(note))


def require_release(protected: Path) -> Path:
    """The release in a folder that a user names.

    Raises:
        InputError: there is no whole release, its shards are in a store, or the folder cannot be looked into.
    """
    try:
        release = find_release(protected)
    except VerificationError as error:
        raise InputError(error.text) from error
    require_shards_here(release)
    return release


def require_shards_here(release: Path) -> None:
    """Refuse a release whose shards were put into a store.

    Raises:
        InputError: says where they are.
    """
    if (store := store_of(ReleaseFolder(release))) is not None:
        raise InputError(
            f"{release} lacks its shards, which are in {store}: copy {store}/{SHARDS} to {release / SHARDS}"
        )


def require_there(place: Path, remedy: str) -> None:
    """Refuse a file or folder that does not exist.

    Raises:
        InputError: says what to give instead.
    """
    if not is_there(place, remedy):
        raise InputError(f"{place} does not exist: {remedy}")


def require_private(private: Path) -> None:
    """Refuse a folder that does not hold a fitted method, or not the one that was written with the rest of it.

    Raises:
        InputError: it is not there, cannot be reached, or was changed.
    """
    settings, remedy = PrivateFolder(private).generator_settings, "give the private/ that protect wrote"
    require_there(private, remedy)
    if not is_there(settings, remedy):
        with refusing(private, remedy):
            begun = next(filter(None, map(unfinished, (private, private.parent))), "")
        raise InputError(begun or f"{settings} is missing: {remedy}, or run protect again")
    folder = PrivateFolder(private)
    with refusing(folder.seal, remedy):
        changed = changed_generator(folder)
    if changed:
        raise InputError(
            f"{changed[0]} is not the file that was written with this folder: take it from a copy of the folder, or "
            "run protect again"
        )


def require_as_fitted(data: DataOptions, private: Path, fitted: "Sequence[Task]") -> None:
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


def _require_all_tasks(data: DataOptions, fitted: "Sequence[Task]") -> None:
    names = [task.name for task in fitted]
    if data.tasks is not None and {*data.tasks} < {*names}:
        raise InputError(
            f"{param('tasks')}: the generator needs labels of all its tasks ({', '.join(names)}): leave it out"
        )


def tasks_as_coded(data: DataOptions, fitted: "Sequence[Task]") -> "tuple[Task, ...]":
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


def fitted_tasks(private: Path) -> "tuple[Task, ...]":
    """The tasks that a method was fitted on, as the owner's private folder names them; none without that folder.

    Raises:
        InputError: they are damaged, or cannot be reached.
    """
    from mtlue.tasks import task_from_json  # not before the places are known to be right

    settings, remedy = PrivateFolder(private).generator_settings, "give the folder that protect wrote"
    fitted = read_json_if_there(settings, _Fitted, remedy)
    with refusing(settings, remedy):
        return () if fitted is None else tuple(map(task_from_json, fitted.tasks))


def protected_tasks(private: Path) -> "tuple[Task, ...]":
    """Those of the fitted tasks that do not stay learnable; none without the private folder.

    Raises:
        InputError: what the folder says of them is damaged, or cannot be reached.
    """
    remedy = "give the folder that protect wrote"
    saved = read_json_if_there(PrivateFolder(private).config, _Kept, remedy)
    return tuple((Scope() if saved is None else saved.scope).protected(fitted_tasks(private)))
